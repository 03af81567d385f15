// Which button is Stop: one that shows while an answer is written, and neither before nor after.

import type { Locator } from '../generated/protocol';
import { isVisible } from '../runner/locate';
import { foundFirst } from './look';
import { propose } from './propose';

const BUTTONS = 'button,[role=button],input[type=submit],input[type=button]';
const WORDS = /stop|cancel|abort|halt|interrupt|停|中止|стоп|anhalten|abbrechen|arr[eê]ter|detener/i;

/** How near to what sends a button must be that says nothing, in pixels. */
const NEAR = 80;

/** A button as it looked when it was first seen. */
interface Seen {
  element: Element;
  locators: Locator[];
  /** How far from what was clicked to send. */
  distance: number;
}

export class Buttons {
  private readonly before: Set<string>;
  private readonly during = new Map<string, Seen>();
  private readonly from: { x: number; y: number };

  /** Looks at the page before the prompt is sent; `sender` is what sends it. */
  constructor(private readonly sender: Element) {
    this.from = middleOf(sender);
    this.before = new Set(shown().map(lookOf));
  }

  /** Looks at the page while an answer is written. */
  look(): void {
    for (const element of shown()) {
      const look = lookOf(element);
      if (this.before.has(look) || this.during.has(look)) continue;
      const { x, y } = middleOf(element);
      const distance = Math.hypot(x - this.from.x, y - this.from.y);
      this.during.set(look, { element, locators: propose(element), distance });
    }
  }

  /** Stop, by locators that find nothing visible now that the answer is complete. */
  stop(): Locator[] {
    const after = new Set(shown().map(lookOf));
    const passed = [...this.during].filter(
      // Others come and go, too: Stop says so, or takes the place of what sends.
      ([look, { distance }]) => !after.has(look) && (WORDS.test(look) || distance < NEAR),
    );
    passed.sort(([a, one], [b, other]) => rank(a, one) - rank(b, other));
    const best = passed[0]?.[1];
    if (!best) return [];
    return best.locators.filter((locator) => {
      const now = foundFirst([locator]);
      return !now || !isVisible(now);
    });
  }

  /** Of the locators of what sends, those that mean it and not Stop in the same place. */
  sends(locators: Locator[]): Locator[] {
    const other = [...this.during.values()].find(({ element }) => element === this.sender);
    if (!other) return locators;
    const apart = locators.filter(
      (locator) => !other.locators.some((one) => JSON.stringify(one) === JSON.stringify(locator)),
    );
    return apart.length > 0 ? apart : locators;
  }
}

function rank(look: string, { distance }: Seen): number {
  return distance - (WORDS.test(look) ? 10_000 : 0);
}

function shown(): Element[] {
  const found: Element[] = [];
  const walk = (root: ParentNode) => {
    found.push(...root.querySelectorAll(BUTTONS));
    for (const element of root.querySelectorAll('*')) {
      if (element.shadowRoot) walk(element.shadowRoot);
    }
  };
  walk(document);
  return found.filter(isVisible);
}

/** What a button looks like: two that look alike are one. */
function lookOf(element: Element): string {
  const names = ['id', 'data-testid', 'aria-label', 'title', 'name', 'class'];
  const said = names.map((name) => element.getAttribute(name) ?? '');
  const icon = element.querySelector('svg path')?.getAttribute('d') ?? '';
  return [element.localName, ...said, (element.textContent ?? '').trim(), icon].join('|');
}

function middleOf(element: Element): { x: number; y: number } {
  const { left, top, width, height } = element.getBoundingClientRect();
  return { x: left + width / 2, y: top + height / 2 };
}
