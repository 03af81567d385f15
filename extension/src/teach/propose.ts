// Locators for what a person clicked: several, the steadiest first, each tried on the spot.

import type { Locator } from '../generated/protocol';
import { isVisible } from '../runner/locate';
import { found as matching, type Plain } from './look';
import { idOf, parentOf, selectorsOf } from './features';

/** How many a role gets. */
const ENOUGH = 4;
/** How far up a selector may begin. */
const LEVELS = 8;

/** Locators that find this element and no other. */
export function propose(element: Element): Locator[] {
  const found: Locator[] = [];
  const take = (wanted: Plain) => {
    if (found.length >= ENOUGH) return;
    const hits = matching(wanted);
    if (hits.length === 1 && hits[0] === element) found.push(whole(wanted));
    else if (hits.includes(element) && isVisible(element)) {
      const seen = matching({ ...wanted, visible: true });
      if (seen.length === 1 && seen[0] === element) found.push(whole({ ...wanted, visible: true }));
    }
  };
  const own = selectorsOf(element);
  for (const selector of own) take(asLocator(selector));
  // Below something that is steady itself.
  for (const selector of below(element, own)) take({ css: selector });
  const label = element.getAttribute('aria-label')?.trim();
  if (label && label.length < 60) take({ label: [label] });
  const placeholder = element.getAttribute('placeholder')?.trim();
  if (placeholder && placeholder.length < 80) take({ placeholder: [placeholder] });
  const text = (element.textContent ?? '').replace(/\s+/g, ' ').trim();
  if (text && text.length < 40 && element.matches('button,a,[role=button]')) take({ text: [text] });
  if (found.length === 0) take({ css: pathOf(element) });
  return found;
}

/** `ancestor element`, for each steady ancestor and each way to name the element. */
function* below(element: Element, own: string[]): Generator<string> {
  const names = [...own, element.localName];
  let above = parentOf(element);
  // A selector does not reach into a shadow root.
  const root = element.getRootNode();
  for (let level = 0; above && level < LEVELS; level++, above = parentOf(above)) {
    if (above.getRootNode() !== root) return;
    for (const steady of selectorsOf(above)) {
      for (const name of names) yield `${steady} ${name}`;
    }
  }
}

/** The last resort: steps from the nearest ancestor with an id, by tag and place. */
function pathOf(element: Element): string {
  const steps: string[] = [];
  for (let at: Element | null = element; at; at = at.parentElement) {
    const id = idOf(at);
    if (id) {
      steps.unshift(id);
      break;
    }
    const same = [...(at.parentElement?.children ?? [at])].filter(
      ({ localName }) => localName === at?.localName,
    );
    const place = same.length > 1 ? `:nth-of-type(${same.indexOf(at) + 1})` : '';
    steps.unshift(`${at.localName}${place}`);
  }
  return steps.join(' > ');
}

function asLocator(selector: string): Plain {
  const testId = /^\[data-testid=("[^"\\]*")\]$/.exec(selector);
  return testId ? { test_id: JSON.parse(testId[1] ?? '""') as string } : { css: selector };
}

/** As it travels. */
export function whole(wanted: Plain): Locator {
  return { name: [], text: [], placeholder: [], label: [], last: false, ...wanted };
}
