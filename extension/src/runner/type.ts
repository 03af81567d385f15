// The prompt into the composer, and out of it again.

import type { Act } from './act';
import { clear, holds, methodsFor } from './compose';
import { Fault } from './fault';
import { byRole } from './locate';
import { failure } from './signals';

/** How long a way of typing may take to show in the composer. */
const VERIFY_MS = 1_500;

/** Types the prompt: one way after the other, until the composer holds it. */
export async function typePrompt(act: Act, composer: HTMLElement): Promise<void> {
  const { adapter, job, stage } = act;
  let target = composer;
  for (const method of methodsFor(adapter.composer.kind)) {
    act.signal.throwIfAborted();
    stage.human.notHuman(() => method(target, job.prompt));
    // Editors answer in their own time, and some put a new element in the old one's place.
    const took = await act.until(
      () => {
        const now = byRole(adapter, 'composer');
        return now && holds(now, job.prompt);
      },
      Math.min(VERIFY_MS, act.left()),
    );
    if (took) return;
    target = (byRole(adapter, 'composer') as HTMLElement | null) ?? target;
  }
  const words = 'The composer did not take the text.';
  throw new Fault(failure('page_changed', words, { locator: 'composer' }));
}

/** Clears the composer if it holds what we typed and nothing else. */
export function takeBack({ adapter, job, stage }: Act): boolean {
  const composer = byRole(adapter, 'composer') as HTMLElement | null;
  if (!composer || !holds(composer, job.prompt)) return false;
  stage.human.notHuman(() => clear(composer));
  return true;
}
