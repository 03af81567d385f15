// Whether the page's standing socket is open. A page that was just opened, or was told to begin a new
// chat or to take another model, may be without one for a moment: it takes a file all the same, and
// loses it, or sends the prompt by the socket of the model before.

import type { Act } from './act';

/** A page opens another socket only a moment after it has closed the last: open for so long, it stays. */
const STEADY_MS = 400;
/** A page without one for this long is used as it is: it may know another way. */
const MOST_MS = 8_000;

/** Waits until a standing socket of the adapter's taps is open, and stays so. */
export async function connected(act: Act): Promise<void> {
  const { adapter, stage } = act;
  const standing = (adapter.tap ?? []).filter(
    ({ standing, transport }) => standing && transport === 'websocket',
  );
  if (standing.length === 0) return;
  const open = new Set<number>();
  let since = performance.now();
  await stage.tapped.arm(standing, '', (message) => {
    if (message.k === 'open') open.add(message.stream);
    else if (message.k === 'close') open.delete(message.stream);
    else return;
    since = performance.now();
    stage.changes.notify();
  });
  const steady = () => open.size > 0 && performance.now() - since >= STEADY_MS;
  await act.until(steady, Math.min(MOST_MS, act.left()));
  await stage.tapped.disarm();
}
