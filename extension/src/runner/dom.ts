// The answer as the page shows it: its blocks, sent anew whenever they change.

import type { Adapter } from '../generated/protocol';
import type { PageRecord } from '../shared/frame';
import { every, first } from './locate';

/** While this much waits for the gateway, only the newest state of a block is worth sending. */
const ENOUGH_UNACKED = 1 << 20;

const BLOCKS =
  /^(P|DIV|UL|OL|DL|PRE|H[1-6]|TABLE|BLOCKQUOTE|HR|SECTION|ARTICLE|DETAILS|FIGURE|HEADER|FOOTER)$/;

interface Sink {
  push(record: PageRecord): void;
  readonly unacked: number;
}

/** Every answer on the page. */
export function answers(adapter: Adapter): Element[] {
  return every(adapter, adapter.locators.answer ?? []);
}

export class AnswerWatcher {
  private readonly observer = new MutationObserver(() => this.guard(() => this.read(false)));
  private readonly before: Element | undefined;
  private readonly countBefore: number;
  private readonly strip: string;
  /** What was sent of each block. */
  private sent: { html: string; closed: boolean }[] = [];
  private stale = false;
  /** When something was last sent, by `performance.now`. */
  changedAt = performance.now();

  /** Watches for the answer after those that the page shows now. */
  constructor(
    private readonly adapter: Adapter,
    private readonly sink: Sink,
    private readonly failed: (error: unknown) => void,
  ) {
    const shown = answers(adapter);
    this.before = shown.at(-1);
    this.countBefore = shown.length;
    this.strip = adapter.answer.kind === 'dom' ? (adapter.answer.strip ?? []).join(',') : '';
  }

  start(): void {
    this.observer.observe(document, { subtree: true, childList: true, characterData: true });
    this.guard(() => this.read(false));
  }

  stop(): void {
    this.observer.disconnect();
  }

  /** Whether an answer is there that was not there before. */
  get began(): boolean {
    return this.answer() !== null;
  }

  /** The gateway took something: what was held back may go. */
  acked(): void {
    if (this.stale) this.guard(() => this.read(false));
  }

  /** The answer is complete: every block is closed. */
  finish(): void {
    this.read(true);
    this.stop();
  }

  private answer(): Element | null {
    const shown = answers(this.adapter);
    const last = shown.at(-1);
    if (!last) return null;
    return last !== this.before || shown.length > this.countBefore ? last : null;
  }

  private read(last: boolean): void {
    this.stale = !last && this.sink.unacked > ENOUGH_UNACKED;
    if (this.stale) return;
    const answer = this.answer();
    if (!answer) return;
    const blocks = this.blocksOf(answer);
    blocks.forEach((html, block) => {
      // A block is taken for finished once another follows; if it changes still, it is sent again.
      const closed = last || block < blocks.length - 1;
      const known = this.sent[block];
      if (known && known.html === html && known.closed === closed) return;
      this.sent[block] = { html, closed };
      this.changedAt = performance.now();
      this.sink.push({ kind: 'dom', block, html, closed, thought: false, choice: 0 });
    });
  }

  private blocksOf(answer: Element): string[] {
    const bodies = this.adapter.locators.answer_body ?? [];
    const body = bodies.length > 0 ? first(this.adapter, bodies, answer) : answer;
    if (!body) return [];
    const blocky = [...body.childNodes].every(
      (node) =>
        (node instanceof Element && BLOCKS.test(node.tagName)) ||
        node instanceof Comment ||
        node.textContent?.trim() === '',
    );
    if (!blocky) return [this.htmlOf(body, true)];
    return [...body.children].map((child) => this.htmlOf(child, false));
  }

  private htmlOf(element: Element, inner: boolean): string {
    let shown = element;
    if (this.strip && element.querySelector(this.strip)) {
      shown = element.cloneNode(true) as Element;
      for (const one of shown.querySelectorAll(this.strip)) one.remove();
    }
    return inner ? shown.innerHTML : shown.outerHTML;
  }

  private guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.failed(error);
    }
  }
}
