// The page's human comes first: whoever types or clicks into the composer has the tab.

import { holdsDeep, isElement } from './roots';

/** What a person does in a composer. Our own doings are either untrusted or marked as ours. */
const DOINGS = [
  'keydown',
  'beforeinput',
  'input',
  'paste',
  'drop',
  'pointerdown',
  'mousedown',
  'compositionstart',
];
const MODIFIERS = new Set(['Shift', 'Control', 'Alt', 'Meta', 'CapsLock']);

/** Not `instanceof`: a frame has classes of its own. */
const isModifier = (event: Event) => MODIFIERS.has((event as Partial<KeyboardEvent>).key ?? '');

export class Human {
  /** When its last doing was, by `performance.now`. */
  lastTouch = -Infinity;
  private ours = 0;

  constructor(
    private readonly composers: () => Element[],
    private readonly touched: () => void,
    /** Ends the watch. */
    private readonly signal: AbortSignal,
    /** Somebody did something anywhere in the page. */
    private readonly stirred: () => void,
  ) {}

  /** Watches a document of the page: its own, or that of a frame. */
  watch(document: Document): void {
    const { signal } = this;
    for (const type of DOINGS) {
      // At the window, before any listener of the page.
      const target = document.defaultView ?? document;
      target.addEventListener(type, (event) => this.see(event), { capture: true, signal });
    }
  }

  /** Runs what types for us: an editing command makes trusted events like a person's. */
  notHuman<T>(action: () => T): T {
    this.ours++;
    try {
      return action();
    } finally {
      this.ours--;
    }
  }

  /** What was done so far was not done to take the tab. */
  forget(): void {
    this.lastTouch = -Infinity;
  }

  private see(event: Event): void {
    if (!event.isTrusted || this.ours > 0) return;
    if (isModifier(event)) return;
    this.stirred();
    const target = event.composedPath()[0];
    if (!isElement(target)) return;
    if (!this.composers().some((composer) => holdsDeep(composer, target))) return;
    this.lastTouch = performance.now();
    this.touched();
  }
}
