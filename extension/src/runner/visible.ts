// Whether a person could see and press an element.

import { holdsDeep, ownerOf, type Root } from './roots';

/** Whether a person could see it, were the tab in front. */
export function isVisible(element: Element): boolean {
  if (!element.isConnected) return false;
  if (!element.checkVisibility({ visibilityProperty: true })) return false;
  const box = element.getBoundingClientRect();
  if (box.width <= 0 || box.height <= 0) return false;
  const frame = element.ownerDocument.defaultView?.frameElement;
  return !frame || isVisible(frame);
}

export function isEnabled(element: Element): boolean {
  if (element.matches(':disabled')) return false;
  for (let one: Element | null = element; one; one = one.parentElement) {
    if (one.getAttribute('aria-disabled') === 'true' || one.hasAttribute('inert')) return false;
  }
  return true;
}

/** Whether a press on it would reach something else: what covers it is not ours to press through. */
export function isCovered(element: Element): boolean {
  if (!inView(element)) element.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  const { left, top, width, height } = element.getBoundingClientRect();
  const points = [0.5, 0.25, 0.75].map((part) => [left + width * part, top + height * part] as const);
  let known = false;
  for (const [x, y] of points) {
    const hit = hitAt(element.ownerDocument, x, y);
    if (!hit) continue;
    known = true;
    if (holdsDeep(element, hit)) return false;
  }
  // A point outside of what the window shows is covered by nothing.
  return known;
}

function inView(element: Element): boolean {
  const { left, top, right, bottom } = element.getBoundingClientRect();
  const { clientWidth, clientHeight } = element.ownerDocument.documentElement;
  return left >= 0 && top >= 0 && right <= clientWidth && bottom <= clientHeight;
}

/** The innermost element at a point of a document's window, through open shadow roots. */
function hitAt(document: Document, x: number, y: number): Element | null {
  let root: Root = document;
  for (;;) {
    const hit: Element | null = root.elementFromPoint(x, y);
    if (!hit || hit === ownerOf(root)) return hit;
    if (!hit.shadowRoot || hit.shadowRoot === root) return hit;
    root = hit.shadowRoot;
  }
}
