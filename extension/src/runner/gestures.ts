// What a person's hand does to a page: a click with all of a mouse's events, a key.

/** A press and release of the mouse: menus in portals open on the press, and choose on the release. */
export function pressOn(element: Element): void {
  const box = element.getBoundingClientRect();
  const at = {
    bubbles: true,
    cancelable: true,
    composed: true,
    clientX: box.x + box.width / 2,
    clientY: box.y + box.height / 2,
    button: 0,
  };
  const pointer = { ...at, pointerId: 1, pointerType: 'mouse', isPrimary: true };
  element.dispatchEvent(new PointerEvent('pointerover', pointer));
  element.dispatchEvent(new PointerEvent('pointermove', pointer));
  element.dispatchEvent(new PointerEvent('pointerdown', { ...pointer, buttons: 1 }));
  element.dispatchEvent(new MouseEvent('mousedown', { ...at, buttons: 1, detail: 1 }));
  (element as HTMLElement).focus?.({ preventScroll: true });
  element.dispatchEvent(new PointerEvent('pointerup', pointer));
  element.dispatchEvent(new MouseEvent('mouseup', { ...at, detail: 1 }));
  // The page may have taken it away on the press.
  if (element.isConnected) (element as HTMLElement).click?.();
}

const CODES: Record<string, number> = {
  Enter: 13,
  Escape: 27,
  Backspace: 8,
  ArrowLeft: 37,
  ArrowRight: 39,
};

/** A key, pressed and released. */
export function pressKey(element: Element, key: string): void {
  // Old handlers read the numbers, which the constructor of newer browsers still takes.
  const keyed = { key, code: key, keyCode: CODES[key] ?? 0, which: CODES[key] ?? 0 };
  const init = { ...keyed, bubbles: true, cancelable: true, composed: true };
  for (const type of ['keydown', 'keyup']) element.dispatchEvent(new KeyboardEvent(type, init));
}

/** Closes what lies over the page, if the element is in such a thing: its focus would be kept there. */
export function leaveOverlay(element: Element | null): void {
  const over = element?.closest('[role=dialog],[role=menu],[role=listbox],[popover],dialog');
  if (over) pressKey(over.contains(document.activeElement) ? document.activeElement! : over, 'Escape');
}
