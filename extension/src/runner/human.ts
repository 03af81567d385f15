// The page's human comes first: whoever types or clicks into the composer has the tab.

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

export class Human {
  /** When its last doing was, by `performance.now`. */
  lastTouch = -Infinity;
  private ours = 0;

  constructor(
    private readonly composers: () => Element[],
    private readonly touched: () => void,
  ) {}

  start(signal: AbortSignal): void {
    for (const type of DOINGS) {
      window.addEventListener(type, (event) => this.see(event), { capture: true, signal });
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

  private see(event: Event): void {
    if (!event.isTrusted || this.ours > 0) return;
    if (event instanceof KeyboardEvent && MODIFIERS.has(event.key)) return;
    const target = event.composedPath()[0];
    if (!(target instanceof Node)) return;
    if (!this.composers().some((composer) => composer.contains(target))) return;
    this.lastTouch = performance.now();
    this.touched();
  }
}
