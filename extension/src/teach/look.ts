// Elements by locators that belong to no adapter yet.

import type { Locator } from '../generated/protocol';
import { all, first } from '../runner/locate';

const NO_BOOK = { locators: {} };

/** A locator that names no role. */
export type Plain = Partial<Omit<Locator, 'within'>>;

/** Every element that it means. */
export function found(locator: Plain): Element[] {
  return all(NO_BOOK, locator);
}

/** The element that the first of them to resolve means. */
export function foundFirst(locators: Locator[]): Element | null {
  return first(NO_BOOK, locators);
}
