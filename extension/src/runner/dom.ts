// The answer as the page shows it: its blocks, sent anew whenever they change.

import type { Adapter } from '../generated/protocol';
import type { PageRecord } from '../shared/frame';
import { FreshAnswers } from './answers';
import { blocksOf, htmlOf, type Block, type Cut } from './blocks';
import { byRole, every } from './locate';
import { holdsDeep, isElement, ownerOf, rootsOf, type Root } from './roots';

export { answers } from './answers';

/** While this much waits for the gateway, only the newest state of a block is worth sending. */
const ENOUGH_UNACKED = 1 << 20;
/** A block longer than this is sent again only once it has grown by a sixteenth. */
const LONG_BLOCK = 1 << 15;

/** Attributes that say something of the text; pages that draw it anew change them in place. */
const TELLING = ['href', 'src', 'alt', 'title', 'class', 'start', 'checked', 'data-math', 'hidden'];

const NOTHING: ReadonlySet<Element> = new Set();

interface Sink {
  push(record: PageRecord): void;
  readonly unacked: number;
}

interface Sent {
  html: string;
  closed: boolean;
}

export class AnswerWatcher {
  private readonly observer = new MutationObserver((changes) =>
    this.guard(() => {
      this.forget(changes);
      this.read(false);
    }),
  );
  private readonly watched = new WeakSet<Root>();
  private readonly fresh: FreshAnswers;
  private readonly cut: Cut;
  private readonly parts: string;
  /** What was sent, for each choice of its text and of its reasoning. */
  private readonly sent = new Map<string, Sent[]>();
  /** HTML of elements in which nothing has changed since. */
  private html = new WeakMap<Node, string>();
  private readonly unfolded = new WeakSet<Element>();
  private stale = false;
  /** When something last changed, by `performance.now`. */
  changedAt = performance.now();

  /** Watches for the answers after those that the page shows now; `sides` of them at once. */
  constructor(
    private readonly adapter: Adapter,
    private readonly sink: Sink,
    private readonly failed: (error: unknown) => void,
    private readonly sides = 1,
    /** Those before, where others are shown already; nothing is unfolded then. */
    private readonly before?: Element[],
  ) {
    this.fresh = new FreshAnswers(adapter, before);
    const spec = adapter.answer.kind === 'dom' ? adapter.answer : null;
    const strip = [...(spec?.strip ?? []), ...(spec?.icons ?? [])].join(',');
    this.cut = { strip, label: spec?.code_label ?? '' };
    this.parts = spec?.blocks ?? '';
  }

  start(): void {
    this.guard(() => this.read(false));
  }

  stop(): void {
    this.observer.disconnect();
  }

  /** Whether an answer is there that was not there before. */
  get began(): boolean {
    return this.fresh.now().length > 0;
  }

  /** Whether anything of an answer was there to be sent. */
  get hasSent(): boolean {
    return [...this.sent.values()].some((blocks) => blocks.length > 0);
  }

  /** The gateway took something: what was held back may go. */
  acked(): void {
    if (this.stale) this.guard(() => this.read(false));
  }

  /** The answer is complete: every block is closed. */
  finish(): void {
    // Not every attribute is watched.
    this.html = new WeakMap();
    this.read(true);
    this.stop();
  }

  private read(last: boolean): void {
    this.watchRoots(document);
    this.toTheEnd();
    this.stale = !last && this.sink.unacked > ENOUGH_UNACKED;
    if (this.stale) return;
    const fresh = this.fresh.now();
    const shown = this.sides > 1 ? fresh.slice(0, this.sides) : fresh.slice(-1);
    shown.forEach((answer, choice) => this.readAnswer(answer, choice, last));
  }

  private readAnswer(answer: Element, choice: number, last: boolean): void {
    if (answer.ownerDocument !== document) this.watchRoots(answer.ownerDocument);
    this.unfold(answer);
    const { locators } = this.adapter;
    const bodies = locators.answer_body ?? [];
    const body = bodies.length > 0 ? every(this.adapter, bodies, answer).at(-1) : answer;
    const inside = every(this.adapter, locators.thought ?? [], answer);
    const thoughts = inside.filter((thought) => !body || !holdsDeep(thought, body));
    if (thoughts.length > 0) {
      const blocks = thoughts.flatMap((thought) => blocksOf(thought, this.cut, NOTHING));
      this.send(blocks, NOTHING, choice, true, last);
    }
    if (!body) return;
    const without = new Set(thoughts);
    const parts = this.parts ? every(this.adapter, [{ css: this.parts }], body) : [];
    const texts = parts.length > 0 ? parts : [body];
    const blocks = texts.flatMap((text) => blocksOf(text, this.cut, without));
    this.send(blocks, without, choice, false, last);
  }

  private send(
    blocks: Block[],
    without: ReadonlySet<Element>,
    choice: number,
    thought: boolean,
    last: boolean,
  ): void {
    const key = `${choice} ${thought}`;
    const sent = this.sent.get(key) ?? [];
    this.sent.set(key, sent);
    if (blocks.length < sent.length) {
      sent.length = blocks.length;
      const end = sent.at(-1);
      // The decoder lets go of what was below once the last block is open again.
      if (end) this.push({ ...end, closed: false }, sent.length - 1, choice, thought);
      if (end) end.closed = false;
    }
    blocks.forEach((nodes, block) => {
      const html = this.htmlOf(nodes, without);
      // A block is taken for finished once another follows; if it changes still, it is sent again.
      const closed = last || block < blocks.length - 1;
      const known = sent[block];
      if (known?.html === html && known.closed === closed) return;
      this.changedAt = performance.now();
      const little = known && html.length > LONG_BLOCK && html.length * 16 < known.html.length * 17;
      if (little && !closed && !known.closed && html.length >= known.html.length) return;
      sent[block] = { html, closed };
      this.push({ html, closed }, block, choice, thought);
    });
  }

  private push({ html, closed }: Sent, block: number, choice: number, thought: boolean): void {
    this.sink.push({ kind: 'dom', block, html, closed, thought, choice });
  }

  private htmlOf(block: Block, without: ReadonlySet<Element>): string {
    const [only] = block;
    if (block.length > 1 || !only || !isElement(only)) return htmlOf(block, this.cut, without);
    const known = this.html.get(only);
    if (known !== undefined) return known;
    const html = htmlOf(block, this.cut, without);
    this.html.set(only, html);
    return html;
  }

  /** Elements in which something changed are written anew. */
  private forget(changes: MutationRecord[]): void {
    const seen = new Set<Node>();
    for (const { target } of changes) {
      let node: Node | null = target;
      while (node && !seen.has(node)) {
        seen.add(node);
        this.html.delete(node);
        node = node.parentNode ?? ownerOf(node);
      }
    }
  }

  private watchRoots(document: Document): void {
    for (const root of rootsOf(document)) {
      if (this.watched.has(root)) continue;
      this.watched.add(root);
      this.observer.observe(root, {
        subtree: true,
        childList: true,
        characterData: true,
        attributeFilter: TELLING,
      });
    }
  }

  /** A list that keeps only what is in view shows its end only there. */
  private toTheEnd(): void {
    const scroller = byRole(this.adapter, 'scroller');
    if (!scroller) return;
    const end = scroller.scrollHeight - scroller.clientHeight;
    if (end - scroller.scrollTop > 1) scroller.scrollTop = end;
  }

  /** Reasoning that is folded away is not in the page. */
  private unfold(answer: Element): void {
    if (this.before) return;
    const [toggle] = every(this.adapter, this.adapter.locators.thought_toggle ?? [], answer);
    if (!toggle || this.unfolded.has(answer)) return;
    this.unfolded.add(answer);
    if (toggle.getAttribute('aria-expanded') !== 'true') (toggle as HTMLElement).click();
  }

  private guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.failed(error);
    }
  }
}
