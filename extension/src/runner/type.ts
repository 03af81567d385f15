// The prompt into the composer, and out of it again.

import type { Act } from './act';
import { Astray, clearing, mirror, takesPrompts, waysFor, type Step } from './compose';
import { Fault } from './fault';
import { byRole } from './locate';
import { failure } from './signals';
import { turnOfLoop } from './tasks';
import { holds, isEmpty, nearlyHolds, textOf } from './text';

/** How long a way of typing may take to show in the composer. */
const VERIFY_MS = 1_500;
/** A composer that holds something else for this long will not become right by itself. */
const SETTLED_MS = 300;
/** How long a composer may take to show that it is empty, and how often it is emptied. */
const CLEARED_MS = 500;
const CLEAR_TRIES = 3;

/**
 * Types the prompt: one way after the other, until the composer holds it exactly; where no way gets
 * there, one that loses nothing but the width of spaces.
 */
export async function typePrompt(act: Act): Promise<void> {
  const { adapter, job } = act;
  const prompt = job.prompt.replace(/\r\n?/g, '\n');
  for (const check of [holds, nearlyHolds]) {
    for (const way of waysFor(adapter.composer.kind)) {
      await emptied(act);
      await perform(act, way(prompt));
      if (await took(act, check)) return;
    }
  }
  throw refusal('The composer did not take the text.');
}

/** Clears the composer if it holds what we typed and nothing else. */
export async function takeBack(act: Act): Promise<boolean> {
  const composer = composerOf(act);
  if (!composer) return false;
  const held = textOf(composer);
  const ours = nearlyHolds(composer, act.job.prompt) || act.job.prompt.startsWith(held);
  if (held === '' || !ours) return false;
  try {
    await run(act, composer, clearing(act.adapter.composer.kind));
    mirrored(act, composer, '');
  } catch {
    // A page that does not let go of it keeps it: its human sees the tab.
    return false;
  }
  return true;
}

/** Editors that compare old and new text must see each way begin anew. */
async function emptied(act: Act): Promise<void> {
  const composer = composerOf(act);
  if (!composer) throw act.missing('composer');
  const empty = () => {
    const now = composerOf(act);
    return now !== null && isEmpty(now);
  };
  // Some editors take the first deletion as the wish to undo what they made of the text.
  for (let tries = 0; !empty(); tries += 1) {
    if (tries === CLEAR_TRIES) throw refusal('The composer keeps a text.');
    await perform(act, clearing(act.adapter.composer.kind));
    await act.until(empty, Math.min(CLEARED_MS, act.left()));
  }
  mirrored(act, composer, '');
}

async function perform(act: Act, steps: Step[]): Promise<void> {
  const composer = composerOf(act);
  if (!composer) throw act.missing('composer');
  try {
    const heedful = steps.map((step) => (element: HTMLElement) => {
      act.signal.throwIfAborted();
      step(element);
    });
    await run(act, composer, heedful);
  } catch (error) {
    if (!(error instanceof Astray)) throw error;
    act.signal.throwIfAborted();
    throw refusal('The page took the composer away while the prompt was typed.');
  }
}

/** Each step goes into the composer that the first one went into, or nowhere. */
async function run(act: Act, composer: HTMLElement, steps: Step[]): Promise<void> {
  for (const step of steps) {
    if (composerOf(act) !== composer || !takesPrompts(composer)) throw new Astray();
    act.stage.human.notHuman(() => step(composer));
    await turnOfLoop();
  }
}

/** Whether the composer comes to hold the prompt: editors answer in their own time. */
async function took(act: Act, check: typeof holds): Promise<boolean> {
  const { prompt } = act.job;
  let seen = '';
  let since = performance.now();
  const look = () => {
    const composer = composerOf(act);
    if (!composer) return null;
    if (check(composer, prompt)) {
      mirrored(act, composer, prompt);
      return 'taken';
    }
    const held = textOf(composer);
    const now = performance.now();
    if (held !== seen) [seen, since] = [held, now];
    return held !== '' && now - since > SETTLED_MS ? 'other' : null;
  };
  return (await act.until(look, Math.min(VERIFY_MS, act.left()))) === 'taken';
}

function mirrored({ adapter }: Act, composer: Element, text: string): void {
  const attribute = adapter.composer.mirror_attribute;
  if (attribute) mirror(composer, attribute, text);
}

function composerOf({ adapter }: Act): HTMLElement | null {
  return byRole(adapter, 'composer') as HTMLElement | null;
}

function refusal(words: string): Fault {
  return new Fault(failure('page_changed', words, { locator: 'composer' }));
}
