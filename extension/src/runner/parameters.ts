// The settings of a turn, in the page's own controls. What a request does not name gets the value
// that the page had before we first touched it: nothing of one client's request is left for the next.

import type { Control, Parameter } from '../generated/protocol';
import type { Act } from './act';
import { writeChips } from './chips';
import { CONTROLS, Unfit } from './controls';
import { Fault } from './fault';
import { leaveOverlay, pressOn } from './gestures';
import { first, isEnabled, isVisible } from './locate';
import { failure } from './signals';

/** How long a control may take to show, once what hides it was opened. */
const OPEN_MS = 3_000;

/** Sets what the job asks for, and puts back what an earlier one set. */
export async function setParameters(act: Act): Promise<void> {
  const { adapter, job, stage } = act;
  for (const [name, control] of Object.entries(adapter.parameters ?? {})) {
    const parameter = name as Parameter;
    const asked = (job.settings as Partial<Record<Parameter, string[]>>)[parameter];
    const before = stage.memory.get(parameter);
    if (!asked && before === undefined) continue;
    const element = await reach(act, control);
    if (!element) {
      // A control that the page does not show now has no say in this turn; it is put back later.
      if (!asked) continue;
      throw refused(parameter, first(adapter, control.at) ? 'cannot be used now' : 'is not on the page');
    }
    try {
      await put(act, parameter, control, element, asked, before);
    } catch (error) {
      throw error instanceof Unfit ? refused(parameter, error.message) : error;
    }
    leaveOverlay(element);
  }
}

async function put(
  act: Act,
  parameter: Parameter,
  control: Control,
  element: HTMLElement,
  asked: string[] | undefined,
  before: string | undefined,
): Promise<void> {
  const { memory } = act.stage;
  const until = <T>(check: () => T | null | false, ms: number) =>
    act.until(check, Math.min(ms, act.left()));
  if (control.kind === 'chips') {
    // A page's own chips stay; ours are remembered, for they are what is to be taken away.
    const ours = before === undefined ? [] : (JSON.parse(before) as string[]);
    await writeChips(element, [], ours, until);
    memory.forget(parameter);
    if (!asked) return;
    memory.keep(parameter, JSON.stringify(asked));
    return writeChips(element, asked, [], until);
  }
  const { read, write } = CONTROLS[control.kind];
  if (asked) {
    memory.keep(parameter, read(element));
    return write(element, wordFor(control, asked), until);
  }
  await write(element, before ?? '', until);
  memory.forget(parameter);
}

/** The page's word for what is asked. */
function wordFor(control: Control, asked: string[]): string {
  const value = asked.join('\n');
  return (control.values as Record<string, string> | undefined)?.[value] ?? value;
}

/** The control, opened first where the page hides it. */
async function reach(act: Act, control: Control): Promise<HTMLElement | null> {
  const shown = () => {
    const found = first(act.adapter, control.at);
    return found && isVisible(found) && isEnabled(found) ? (found as HTMLElement) : null;
  };
  const there = shown();
  if (there) return there;
  const opener = control.open?.length ? first(act.adapter, control.open) : null;
  if (opener) pressOn(opener);
  return act.until(shown, Math.min(OPEN_MS, act.left()));
}

function refused(parameter: Parameter, why: string): Fault {
  const words = `The page’s control for ${parameter} ${why}.`;
  return new Fault(failure('choice_refused', words, { locator: `parameters.${parameter}` }));
}
