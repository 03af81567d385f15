// Which of the page's answers are of this turn.

import type { Adapter } from '../generated/protocol';
import { every } from './locate';

/** Attributes that tell one message from another. */
const KEYS = ['id', 'data-message-id', 'data-turn-id', 'data-id'];

/** Every answer on the page. */
export function answers(adapter: Adapter): Element[] {
  return every(adapter, adapter.locators.answer ?? []);
}

/**
 * The answers after those that the page showed before the turn. Lists that keep only what is in view
 * take answers away and make them anew, so an answer is known by its element, by its key, and by its
 * text; and nothing above a known one is new.
 */
export class FreshAnswers {
  private readonly known = new WeakSet<Element>();
  private readonly keys = new Set<string>();
  private readonly texts = new Set<string>();
  private readonly count: number;
  /** What an element was taken for when it was first seen. */
  private readonly fresh = new WeakMap<Element, boolean>();

  constructor(
    private readonly adapter: Adapter,
    shown = answers(adapter),
  ) {
    this.count = shown.length;
    for (const answer of shown) {
      this.known.add(answer);
      const key = keyOf(answer);
      if (key) this.keys.add(key);
      this.texts.add(textOf(answer));
    }
  }

  /** Those of this turn, in the page's order. */
  now(): Element[] {
    const shown = answers(this.adapter);
    const lastOld = shown.findLastIndex((answer) => !this.isFresh(answer, shown.length));
    return shown.slice(lastOld + 1);
  }

  private isFresh(answer: Element, count: number): boolean {
    if (this.known.has(answer)) return false;
    const judged = this.fresh.get(answer);
    if (judged !== undefined) return judged;
    const key = keyOf(answer);
    const text = textOf(answer);
    const fresh = key
      ? !this.keys.has(key)
      : count > this.count || text === '' || !this.texts.has(text);
    // Without a key, an element that is still empty may turn out to be an old answer.
    if (key || text !== '') this.fresh.set(answer, fresh);
    return fresh;
  }
}

function keyOf(answer: Element): string {
  for (const name of KEYS) {
    const value = answer.getAttribute(name);
    if (value) return `${name}=${value}`;
  }
  return '';
}

function textOf(answer: Element): string {
  return answer.textContent?.replace(/\s+/g, ' ').trim() ?? '';
}
