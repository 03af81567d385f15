// Stop, pressed for a client that left.

import { click, type Act } from './act';
import type { Progress } from './done';
import { byRole, isEnabled } from './locate';
import { closeOverlays } from './overlays';
import { stopShows } from './signals';

/** How long to look for Stop after a cancel, and between two presses. */
const STOP_MS = 1_000;
/** How long a stopped page may take to come to rest. */
const REST_MS = 10_000;

/**
 * Presses Stop, as often as the page shows it, until it rests. A page without Stop is opened anew: that
 * ends its streams, and nothing of the answer is in the way of the next turn.
 */
export async function pressStop({ adapter, stage }: Act, progress: Progress): Promise<void> {
  if (!adapter.locators.stop) return stage.reopen();
  const { changes } = stage;
  const done = progress.doneCheck();
  const deadline = performance.now() + REST_MS;
  const stop = () => {
    const element = byRole(adapter, 'stop');
    return element && stopShows(adapter) && isEnabled(element) ? element : null;
  };
  while (performance.now() < deadline) {
    await closeOverlays(adapter, (check, ms) => changes.until(check, ms));
    const shown = await changes.until(() => stop() ?? done(), STOP_MS);
    progress.started ||= shown instanceof Element;
    if (shown instanceof Element) click(shown);
    else if (shown === true) return;
    if (await changes.until(done, STOP_MS)) return;
  }
}
