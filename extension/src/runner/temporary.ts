// A chat that the site does not keep: the page's switch for it, pressed and seen to be on.

import { click, type Act } from './act';
import { isOn, tellsState } from './controls';
import { Fault } from './fault';
import { byRole, isEnabled, isVisible } from './locate';
import { failure } from './signals';

/** How long a page may take to show that its switch is on. */
const SHOWN_MS = 3_000;
/** How long a switch without a state must be gone: a page that draws it anew lacks it for a moment. */
const GONE_MS = 300;

/** The switch, as a person would find it. */
export function temporarySwitch({ adapter }: Pick<Act, 'adapter'>): HTMLElement | null {
  const found = byRole(adapter, 'temporary_chat');
  return found && isVisible(found) && isEnabled(found) ? (found as HTMLElement) : null;
}

/** Makes the new chat a temporary one, where the adapter asks for it; throws where it does not become one. */
export async function makeTemporary(act: Act): Promise<void> {
  if (!act.adapter.temporary_chat) return;
  const toggle = await act.until(() => temporarySwitch(act));
  if (!toggle) throw act.missing('temporary_chat');
  if (isOn(toggle)) return;
  const told = tellsState(toggle);
  click(toggle);
  // One without a state gives way to what shows that it is on: if it stays it may have gone either way.
  const on = () => {
    const now = temporarySwitch(act);
    return now ? isOn(now) : !told && byRole(act.adapter, 'composer') !== null;
  };
  const shown = await act.until(on, Math.min(SHOWN_MS, act.left()));
  if (shown && (told || !(await act.until(() => !on(), GONE_MS)))) return;
  const words = 'The page does not show that its chat became a temporary one.';
  throw new Fault(failure('choice_refused', words, { locator: 'temporary_chat' }));
}
