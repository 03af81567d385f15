// The send ladder: one step after the other until the page has taken the prompt, and never a step
// more once it has.

import type { AcceptedProof, Adapter, SendStep } from '../generated/protocol';
import type { Changes } from './changes';
import { answers } from './dom';
import { pressOn } from './gestures';
import { byRole } from './locate';
import { stopShows } from './signals';
import { isEmpty, nearlyHolds } from './text';
import { isCovered, isEnabled, isVisible } from './visible';

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
  const isAccepted = acceptance(ladder);
  let missing = '';
  for (const step of adapter.send.by) {
    if (step === 'click' || step === 'pointer') {
      const isLast = step === adapter.send.by.at(-1);
      if (!(await readyButton(ladder, isAccepted, isLast))) {
        missing = 'send';
        continue;
      }
    }
    signal.throwIfAborted();
    if (isAccepted()) return null;
    // A page that no longer holds the text as it was has taken it, or is somebody else's.
    const composer = byRole(adapter, 'composer');
    if (!composer || !nearlyHolds(composer, prompt)) break;
    perform(step, composer as HTMLElement, adapter);
    missing = '';
    const proofMs = Math.min(adapter.send.proof_ms, ladder.left());
    if (await changes.until(isAccepted, proofMs, signal)) return null;
  }
  const last = await changes.until(isAccepted, Math.min(250, ladder.left()), signal);
  return last ? null : missing;
}

/**
 * The button appears, or becomes enabled, once the page has seen the text. A page that is not yet
 * connected may hold it back for longer; that is waited for where nothing else is left to try.
 */
async function readyButton(
  { adapter, changes, signal, left }: Ladder,
  isAccepted: () => boolean,
  isLast: boolean,
): Promise<boolean | null> {
  const ready = () => isAccepted() || sendButton(adapter) !== null;
  if (await changes.until(ready, Math.min(adapter.send.proof_ms, left()), signal)) return true;
  const button = byRole(adapter, 'send');
  return isLast && button && !isEnabled(button) ? changes.until(ready, left(), signal) : null;
}

/** The button, if a person could press it: what lies over it would get the press of a mouse. */
function sendButton(adapter: Adapter): HTMLElement | null {
  const button = byRole(adapter, 'send');
  if (!button || !isEnabled(button)) return null;
  return isVisible(button) && isCovered(button) ? null : (button as HTMLElement);
}

function perform(step: SendStep, composer: HTMLElement, adapter: Adapter): void {
  if (step === 'click') return sendButton(adapter)?.click();
  if (step === 'pointer') {
    const button = sendButton(adapter);
    return button ? pressOn(button) : undefined;
  }
  composer.focus({ preventScroll: true });
  const init: KeyboardEventInit = {
    key: 'Enter',
    code: 'Enter',
    bubbles: true,
    cancelable: true,
    composed: true,
    ctrlKey: step === 'ctrl_enter',
    metaKey: step === 'meta_enter',
  };
  // Old handlers read the numbers, which the constructor of newer browsers still takes.
  const keyed = { ...init, keyCode: 13, which: 13 };
  for (const type of ['keydown', 'keypress', 'keyup']) {
    composer.dispatchEvent(new KeyboardEvent(type, keyed));
  }
}

/** Whether one of the adapter's proofs holds, against what the page shows now. */
function acceptance({ adapter, tapAccepted }: Ladder): () => boolean {
  const path = location.pathname;
  const before = new Set(answers(adapter));
  const proofs: Record<AcceptedProof, () => boolean> = {
    tap_opened: tapAccepted,
    stop_visible: () => stopShows(adapter),
    composer_empty: () => {
      const composer = byRole(adapter, 'composer');
      return composer !== null && isEmpty(composer);
    },
    url_changed: () => location.pathname !== path,
    answer_appeared: () => {
      const now = answers(adapter);
      return now.length > before.size && now.some((answer) => !before.has(answer));
    },
  };
  return () => adapter.send.accepted.some((proof) => proofs[proof]());
}
