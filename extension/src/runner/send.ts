// The send ladder: one step after the other until the page has taken the prompt, and never a step
// more once it has.

import type { Adapter, SendStep } from '../generated/protocol';
import type { Changes } from './changes';
import { byRole, isEnabled } from './locate';
import { stopShows } from './signals';
import { isEmpty, nearlyHolds } from './text';

export interface Ladder {
  adapter: Adapter;
  changes: Changes;
  signal: AbortSignal;
  prompt: string;
  /** Whether a tapped stream shows that the page has sent it. */
  tapAccepted: () => boolean;
  /** Milliseconds left for the page to take it. */
  left: () => number;
}

/**
 * Sends what is in the composer. Null once the page has taken it, else the locator that failed:
 * `send` where no button could be pressed, or an empty text.
 */
export async function sendLadder(ladder: Ladder): Promise<string | null> {
  const { adapter, changes, signal, prompt } = ladder;
  let missing = '';
  for (const step of adapter.send.by) {
    // A page that no longer holds the text as it was has taken it, or is somebody else's.
    const composer = byRole(adapter, 'composer');
    if (!composer || !nearlyHolds(composer, prompt)) break;
    const target = step === 'click' ? await sendButton(ladder) : composer;
    if (!target) {
      missing = 'send';
      continue;
    }
    signal.throwIfAborted();
    perform(step, target as HTMLElement);
    missing = '';
    const proofMs = Math.min(adapter.send.proof_ms, ladder.left());
    if (await changes.until(() => isAccepted(ladder), proofMs, signal)) return null;
  }
  const last = await changes.until(() => isAccepted(ladder), Math.min(250, ladder.left()), signal);
  return last ? null : missing;
}

/** The button appears, or becomes enabled, once the page has seen the text. */
function sendButton({ adapter, changes, signal, left }: Ladder): Promise<Element | null> {
  const ready = () => {
    const button = byRole(adapter, 'send');
    return button && isEnabled(button) ? button : null;
  };
  return changes.until(ready, Math.min(adapter.send.proof_ms, left()), signal);
}

function perform(step: SendStep, target: HTMLElement): void {
  if (step === 'click') return target.click();
  target.focus({ preventScroll: true });
  const init: KeyboardEventInit = {
    key: 'Enter',
    code: 'Enter',
    bubbles: true,
    cancelable: true,
    composed: true,
    ctrlKey: step === 'ctrl_enter',
  };
  // Old handlers read the numbers, which the constructor of newer browsers still takes.
  const keyed = { ...init, keyCode: 13, which: 13 };
  for (const type of ['keydown', 'keypress', 'keyup']) {
    target.dispatchEvent(new KeyboardEvent(type, keyed));
  }
}

/** Whether one of the adapter's proofs holds. */
export function isAccepted({
  adapter,
  tapAccepted,
}: Pick<Ladder, 'adapter' | 'tapAccepted'>): boolean {
  return adapter.send.accepted.some((proof) => {
    if (proof === 'tap_opened') return tapAccepted();
    if (proof === 'stop_visible') return stopShows(adapter);
    const composer = byRole(adapter, 'composer');
    return composer !== null && isEmpty(composer);
  });
}
