// Fields that take texts one by one, each ended by Enter, and show them beside the field.

import { fill, Unfit, type Until } from './controls';
import { pressKey, pressOn } from './gestures';

const SHOWN_MS = 2_000;

/** Adds each text; none stays of those that an earlier request added. */
export async function writeChips(
  field: HTMLElement,
  texts: string[],
  earlier: string[],
  until: Until,
): Promise<void> {
  for (const text of earlier.toReversed()) await takeOut(field, text, until);
  for (const text of texts) {
    const before = chipsOf(field, text).length;
    fill(field, text);
    pressKey(field, 'Enter');
    const added = () => chipsOf(field, text).length > before;
    if (!(await until(added, SHOWN_MS))) throw new Unfit(`did not take ${text}`);
  }
}

/** A chip shows its text and little else: a cross, a word for those who hear the page. */
const ORNAMENT = 8;

/** The innermost elements beside the field that show this text. */
function chipsOf(field: HTMLElement, text: string): Element[] {
  const area = field.parentElement?.parentElement ?? field.parentElement;
  const shows = (element: Element) => {
    const shown = (element.textContent ?? '').trim();
    return shown.includes(text) && shown.length <= text.length + ORNAMENT;
  };
  const all = [...(area?.querySelectorAll('*') ?? [])];
  const fits = all.filter((one) => !one.contains(field) && shows(one));
  return fits.filter((one) => ![...one.children].some(shows));
}

/** Removes a chip by its button, or, being the last, by Backspace. */
async function takeOut(field: HTMLElement, text: string, until: Until): Promise<void> {
  const before = chipsOf(field, text);
  const chip = before.at(-1);
  if (!chip) return;
  const within = [chip, chip.parentElement].find((one) => one && !one.contains(field));
  const button = within?.querySelector('button,[role=button]');
  if (button) pressOn(button);
  else {
    field.focus({ preventScroll: true });
    pressKey(field, 'Backspace');
  }
  const gone = () => chipsOf(field, text).length < before.length;
  if (!(await until(gone, SHOWN_MS))) throw new Unfit(`still holds ${text}`);
}
