// The model of a turn: chosen in the page's menu, and seen to be chosen.

import type { Act } from './act';
import { Fault } from './fault';
import { pressOn } from './gestures';
import { byRole, isVisible } from './locate';
import { closeMenu, openMenu, type Labels } from './models';
import { failure } from './signals';
import { labelOf, plain, shows, stateOf } from './words';

const MEMORY = 'model';
/** How long the page may take to show another model. */
const SHOWN_MS = 5_000;

/** Chooses the job's model, the page's own where the job names none; whether the page had to be told. */
export async function chooseModel(act: Act, labels: Labels): Promise<boolean> {
  const { adapter, job, stage } = act;
  const select = adapter.models.select;
  if (!select) return false;
  if (select.kind === 'query') {
    // The page was opened with it.
    if (job.model !== undefined) await verify(act, labels, job.model);
    return false;
  }
  const { memory } = stage;
  const before = memory.get(MEMORY);
  const wanted = job.model ?? before;
  if (wanted === undefined) return false;
  const own = current(act);
  if (job.model !== undefined && own) memory.keep(MEMORY, own);
  const chose = !isCurrent(act, labels, wanted);
  if (chose) await pick(act, labels, wanted);
  if (job.model === undefined || plain(memory.get(MEMORY) ?? '') === plain(labelFor(labels, wanted)))
    memory.forget(MEMORY);
  return chose;
}

async function pick(act: Act, labels: Labels, wanted: string): Promise<void> {
  const { adapter, stage, signal } = act;
  // A page that was opened for the turn may still be building itself.
  await act.until(() => byRole(adapter, 'model_menu'), Math.min(SHOWN_MS, act.left()));
  const items = await openMenu(adapter, stage.changes, signal);
  signal.throwIfAborted();
  if (items.length === 0) throw act.missing(byRole(adapter, 'model_menu') ? 'model_item' : 'model_menu');
  const label = labelFor(labels, wanted);
  const item = items.find((one) => shows(one, label)) ?? items.find((one) => shows(one, wanted));
  if (!item) {
    closeMenu(adapter);
    throw refused(wanted, 'is not in the page’s menu');
  }
  pressOn(item);
  if (adapter.locators.model_current) await verify(act, labels, wanted);
  const open = () => items.some((one) => one.isConnected && isVisible(one));
  if (!(await act.until(() => !open(), 500))) closeMenu(adapter);
}

async function verify(act: Act, labels: Labels, wanted: string): Promise<void> {
  if (!act.adapter.locators.model_current) return;
  const shown = await act.until(() => isCurrent(act, labels, wanted), Math.min(SHOWN_MS, act.left()));
  if (!shown) {
    closeMenu(act.adapter);
    throw refused(wanted, 'was chosen, and the page does not show it');
  }
}

/** What the page shows as chosen. */
function current({ adapter }: Act): string {
  const element = byRole(adapter, 'model_current');
  if (element instanceof HTMLInputElement) return element.value;
  return element ? labelOf(element) : '';
}

/** The longest known label that the page shows is the chosen one: `4o mini` shows `4o`, too. */
function isCurrent({ adapter }: Act, labels: Labels, wanted: string): boolean {
  const element = byRole(adapter, 'model_current');
  if (!element) return false;
  const label = plain(labelFor(labels, wanted));
  const text = plain(stateOf(element));
  const shown = [label, ...[...labels.values()].map(plain)].filter((one) => text.includes(one));
  return shown.sort((a, b) => b.length - a.length)[0] === label;
}

function labelFor(labels: Labels, name: string): string {
  return labels.get(name) ?? name;
}

function refused(model: string, why: string): Fault {
  return new Fault(failure('choice_refused', `The model \`${model}\` ${why}.`));
}

