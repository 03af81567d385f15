// Which of the page's streams belong to the turn, and their way to the runner.

import type { Tap, Transport } from '../generated/protocol';
import type { FromTap, ToTap } from '../shared/channel';
import { globMatches } from '../shared/glob';
import { decode, post } from './natives';

interface Turn {
  turn: number;
  taps: Tap[];
  /** What the page must send for its socket to have sent the prompt. */
  needle: string;
  length: number;
}

/** A stream number is one byte; 0 is the page's blocks. */
const MAX_STREAM = 255;

export class Hub {
  private turn: Turn | null = null;
  private watched: Tap[] | null = null;
  private readonly live = new Set<Live>();
  private readonly taken = new Set<number>();
  private last = 0;

  constructor(private readonly port: MessagePort) {}

  hear(message: ToTap): void {
    if (message.k === 'watch') {
      this.watched = message.taps;
    } else if (message.k === 'disarm') {
      this.turn = null;
      this.say({ k: 'ready', turn: message.turn, armed: false });
    } else if (message.k === 'arm') {
      const { turn, taps, prompt } = message;
      this.turn = { turn, taps, needle: needleOf(prompt), length: prompt.length };
      this.taken.clear();
      this.last = 0;
      this.say({ k: 'ready', turn, armed: true });
      for (const live of this.live) live.bind();
    }
  }

  /** The page asks for a stream; kept until it is closed. */
  begin(transport: Transport, address: string, method: string): Live {
    const live = new Live(
      this,
      transport,
      pathOf(address),
      method.toUpperCase(),
      this.turn?.turn ?? 0,
    );
    this.live.add(live);
    const tap = this.tapOf(live);
    if (this.turn && tap >= 0 && this.isOwn(live, tap)) {
      this.say({ k: 'request', turn: this.turn.turn, tap });
    }
    return live;
  }

  /** Whether a body is worth reading: it is of this turn, or may outlive turns. */
  wants(live: Live, looksLikeStream: boolean): boolean {
    if (this.turn && this.tapOf(live) >= 0) return true;
    // Before the runner has said what to watch, a stream may turn out to be a standing one.
    if (!this.watched) return looksLikeStream;
    return this.watched.some((tap) => fits(tap, live));
  }

  /** The turn's number for a live stream, where it belongs to the turn. */
  bind(live: Live): { turn: number; stream: number } | null {
    const turn = this.turn;
    if (!turn) return null;
    if (live.bound?.turn === turn.turn) return live.bound;
    const tap = live.status === null ? -1 : this.tapOf(live);
    const stream = tap < 0 ? 0 : this.number();
    if (stream === 0) return null;
    live.bound = { turn: turn.turn, stream };
    const own = this.isOwn(live, tap);
    this.say({ k: 'open', ...live.bound, tap, status: live.status ?? 0, own });
    return live.bound;
  }

  /** Whether what a standing socket sends is the turn's prompt. */
  sent(live: Live, data: unknown): void {
    const turn = this.turn;
    const tap = turn ? this.tapOf(live) : -1;
    if (!turn || tap < 0) return;
    const text = typeof data === 'string' ? data : data instanceof ArrayBuffer ? decode(data) : '';
    if (turn.needle ? text.includes(turn.needle) : text.length >= turn.length) {
      this.say({ k: 'sent', turn: turn.turn, tap });
    }
  }

  drop(live: Live): void {
    this.live.delete(live);
    if (live.bound && live.bound.turn === this.turn?.turn) this.taken.delete(live.bound.stream);
  }

  say(message: FromTap): void {
    post(this.port, message);
  }

  private tapOf(live: Live): number {
    const turn = this.turn;
    if (!turn) return -1;
    return turn.taps.findIndex(
      (tap) => (tap.standing || live.begun === turn.turn) && fits(tap, live),
    );
  }

  /** Whether the turn opened it: what outlives turns is opened again whenever the page likes. */
  private isOwn(live: Live, tap: number): boolean {
    return live.begun === this.turn?.turn && this.turn.taps[tap]?.standing !== true;
  }

  /** The next free number; long polling opens more streams than there are numbers. */
  private number(): number {
    for (let tries = 0; tries < MAX_STREAM; tries++) {
      this.last = (this.last % MAX_STREAM) + 1;
      if (!this.taken.has(this.last)) {
        this.taken.add(this.last);
        return this.last;
      }
    }
    return 0;
  }
}

/** One stream that the page holds. */
export class Live {
  bound: { turn: number; stream: number } | null = null;
  /** HTTP status, 0 where there is none, null until it is open. */
  status: number | null = null;

  constructor(
    private readonly hub: Hub,
    readonly transport: Transport,
    readonly path: string,
    readonly method: string,
    /** The turn in which the page asked for it; 0 for none. */
    readonly begun: number,
  ) {}

  bind(): void {
    this.hub.bind(this);
  }

  opened(status: number): void {
    this.status = status;
    this.hub.bind(this);
  }

  bytes(bytes: Uint8Array): void {
    const bound = this.hub.bind(this);
    if (bound && bytes.length > 0) this.hub.say({ k: 'bytes', ...bound, bytes });
  }

  text(text: string): void {
    const bound = this.hub.bind(this);
    if (bound) this.hub.say({ k: 'text', ...bound, text });
  }

  sent(data: unknown): void {
    this.hub.sent(this, data);
  }

  closed(failed: boolean): void {
    const bound = this.hub.bind(this);
    if (bound) this.hub.say({ k: 'close', ...bound, failed });
    this.hub.drop(this);
  }
}

function fits(tap: Tap, live: Live): boolean {
  return (
    tap.transport === live.transport &&
    (!tap.method || tap.method.toUpperCase() === live.method) &&
    globMatches(tap.path, live.path)
  );
}

function pathOf(address: string): string {
  try {
    return new URL(address, document.baseURI).pathname;
  } catch {
    return '';
  }
}

/** The prompt's first characters that no encoding changes. */
function needleOf(prompt: string): string {
  return /[ !#-[\]-~]{1,24}/.exec(prompt)?.[0] ?? '';
}
