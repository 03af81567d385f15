// Elements by an adapter's locators: an ordered list, the first that resolves is taken.
//
// A locator is looked for in the document and in every open shadow root of it, and its matches are
// taken in the order in which the page has them, whichever root they are in: an adapter does not have
// to know where a page's components end. Frames are searched where the locator says so.

import type { Adapter, Locator, Role, Target } from '../generated/protocol';
import { isOneOf, nameOf, selectorOfRole, shownText } from './names';
import { documentOf, holdsDeep, inOrder, rootsOf } from './roots';
import { isEnabled, isVisible } from './visible';

export { isEnabled, isVisible } from './visible';

/** As it travels: empty lists are left out. */
export interface Wanted extends Omit<Partial<Locator>, 'within'> {
  within?: Role | Wanted;
}

const TEXT_BEARERS =
  'button,a,summary,label,h1,h2,h3,h4,h5,h6,[role=button],[role=link],[role=heading],[role=menuitem],[role=menuitemradio],[role=option],[role=tab]';
const PLACEHOLDERS = ['placeholder', 'data-placeholder', 'aria-placeholder'];
/** Locators that lie within each other: more than this is a circle. */
const MAX_DEPTH = 8;

/** What `within` may name. */
export type Book = Pick<Adapter, 'locators'>;

/** The element for a role of the adapter, or null. */
export function byRole(adapter: Book, role: Role): Element | null {
  return first(adapter, adapter.locators[role] ?? []);
}

/** The element for a probe's target, or null. */
export function byTarget(adapter: Book, target: Target): Element | null {
  return typeof target === 'string' ? byRole(adapter, target) : first(adapter, [target]);
}

/** Every element for a probe's target. */
export function everyTarget(adapter: Book, target: Target): Element[] {
  const isRole = typeof target === 'string';
  return every(adapter, isRole ? (adapter.locators[target] ?? []) : [target]);
}

/** The first element that any locator of the list resolves to; within `scope` where there is one. */
export function first(adapter: Book, locators: Wanted[], scope?: Element): Element | null {
  return firstOf(adapter, locators, scope, 0);
}

/** Every element of the first locator that resolves; within `scope` where there is one. */
export function every(adapter: Book, locators: Wanted[], scope?: Element): Element[] {
  for (const locator of locators) {
    const found = all(adapter, locator, scope);
    if (found.length > 0) return found;
  }
  return [];
}

/** Every element that one locator means, in the page's order; within `scope` where there is one. */
export function all(adapter: Book, locator: Wanted, scope?: Element): Element[] {
  return matches(adapter, locator, scope, 0);
}

function firstOf(book: Book, locators: Wanted[], scope: Element | undefined, depth: number) {
  for (const locator of locators) {
    const found = matches(book, locator, scope, depth);
    const element = locator.last ? found.at(-1) : found[0];
    if (element) return element;
  }
  return null;
}

function matches(book: Book, locator: Wanted, scope: Element | undefined, depth: number): Element[] {
  const selector = selectorOf(locator);
  if (!selector || depth > MAX_DEPTH) return [];
  let inside: Element | undefined;
  if (locator.within !== undefined) {
    const { within } = locator;
    const outer = typeof within === 'string' ? (book.locators[within] ?? []) : [within];
    inside = firstOf(book, outer, scope, depth + 1) ?? undefined;
    if (!inside) return [];
  }
  return search(documentsFor(locator), selector).filter(
    (element) =>
      (!inside || (element !== inside && holdsDeep(inside, element))) &&
      (!scope || (element !== scope && holdsDeep(scope, element))) &&
      fits(element, locator),
  );
}

/** The documents in which a locator is looked for. */
function documentsFor(locator: Wanted): Document[] {
  if (!locator.frame) return [document];
  const frames = search([document], locator.frame);
  return frames.map(documentOf).filter((inner) => inner !== null);
}

function search(documents: Document[], selector: string): Element[] {
  const found: Element[] = [];
  let rootsWithMatches = 0;
  for (const root of documents.flatMap((one) => [...rootsOf(one)])) {
    let here: NodeListOf<Element>;
    try {
      here = root.querySelectorAll(selector);
    } catch {
      // A selector that this browser does not know finds nothing.
      return [];
    }
    if (here.length === 0 || !root.isConnected) continue;
    rootsWithMatches += 1;
    found.push(...here);
  }
  return rootsWithMatches > 1 ? inOrder(found) : found;
}

function selectorOf(locator: Wanted): string {
  if (locator.css) return locator.css;
  if (locator.test_id) return `[data-testid=${JSON.stringify(locator.test_id)}]`;
  if (locator.role) return selectorOfRole(locator.role);
  if (locator.text?.length) return TEXT_BEARERS;
  if (locator.placeholder?.length) return PLACEHOLDERS.map((name) => `[${name}]`).join(',');
  if (locator.label?.length) return '[aria-label]';
  return '';
}

function fits(element: Element, locator: Wanted): boolean {
  const { name, text, label, placeholder } = locator;
  if (name?.length && !isOneOf(nameOf(element), name)) return false;
  if (text?.length && !showsText(element, text)) return false;
  if (label?.length && !isOneOf(element.getAttribute('aria-label') ?? '', label)) return false;
  if (placeholder?.length) {
    const shown = PLACEHOLDERS.map((attribute) => element.getAttribute(attribute) ?? '');
    if (!shown.some((words) => isOneOf(words, placeholder))) return false;
  }
  if (locator.visible !== undefined && isVisible(element) !== locator.visible) return false;
  return locator.enabled === undefined || isEnabled(element) === locator.enabled;
}

function showsText(element: Element, wanted: string[]): boolean {
  return isOneOf(element.textContent ?? '', wanted) || isOneOf(shownText(element), wanted);
}
