// One request or socket of the page, from its first moment to its end.

import type { Tap, Transport } from '../generated/protocol';
import { globMatches } from '../shared/glob';
import { passes } from '../shared/pointer';
import type { Hub } from './hub';
import { decode } from './natives';

/** A longer body is not looked into: conditions on it do not hold then. */
const MAX_BODY = 1 << 20;

/** One stream that the page holds. */
export class Live {
  /** Its number in a turn. */
  bound: { turn: number; stream: number } | null = null;
  /** HTTP status, 0 where there is none, null until it is open. */
  status: number | null = null;
  /** What came so far, where somebody wants the whole of it. */
  kept: Uint8Array[] | null = null;
  private body: unknown;
  private document: { value: unknown } | null = null;
  /** What happened while the page's own words were still being read; null where they are known. */
  private held: (() => void)[] | null = null;

  constructor(
    private readonly hub: Hub,
    readonly transport: Transport,
    readonly path: string,
    readonly method: string,
    /** The turn in which the page asked for it; 0 for none. */
    readonly begun: number,
  ) {}

  /** What the page sends is yet to be read: all that happens waits for it. */
  hold(): void {
    this.held = [];
  }

  /** The page asks, with these words. */
  asked(body: unknown): void {
    this.body = body;
    const held = this.held ?? [];
    this.held = null;
    this.hub.asked(this);
    this.hub.sent(this, textOf(body));
    for (const one of held) one();
  }

  /** The page sends something on an open socket. */
  sent(data: unknown): void {
    this.hub.sent(this, textOf(data));
  }

  opened(status: number): void {
    this.inOrder(() => {
      this.status = status;
      this.hub.opened(this);
    });
  }

  bytes(bytes: Uint8Array): void {
    if (bytes.length > 0) this.inOrder(() => this.hub.bytes(this, bytes));
  }

  text(text: string): void {
    this.inOrder(() => this.hub.text(this, text));
  }

  closed(failed: boolean): void {
    this.inOrder(() => this.hub.closed(this, failed));
  }

  private inOrder(step: () => void): void {
    if (this.held) this.held.push(step);
    else step();
  }

  /** Whether it is what the tap describes. While its body is being read every condition may hold. */
  fits(tap: Tap): boolean {
    return (
      tap.transport === this.transport &&
      (!tap.method || tap.method.toUpperCase() === this.method) &&
      globMatches(tap.path, this.path) &&
      (!tap.body?.length || this.held !== null || passes(this.sentDocument(), tap.body))
    );
  }

  /** The page's own words as JSON; undefined where they are none. */
  private sentDocument(): unknown {
    this.document ??= { value: parsed(textOf(this.body)) };
    return this.document.value;
  }
}

function parsed(text: string): unknown {
  try {
    return text.length > MAX_BODY ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function textOf(data: unknown): string {
  if (typeof data === 'string') return data;
  if (data instanceof ArrayBuffer || ArrayBuffer.isView(data)) return decode(data);
  return '';
}
