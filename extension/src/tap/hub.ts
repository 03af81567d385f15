// Which of the page's streams belong to the turn, and their way to the runner.

import type { Tap, TapPurpose, Transport } from '../generated/protocol';
import type { FromTap, ToTap } from '../shared/channel';
import { SAID } from '../shared/handshake';
import { Live } from './live';
import { Noticed } from './noticed';
import { say } from './natives';
import { holdPickers } from './pickers';

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
  private readonly noticed = new Noticed((message) => this.say(message));
  private readonly live = new Set<Live>();
  private readonly taken = new Set<number>();
  private last = 0;

  /** `ear` is heard by the runner alone. */
  constructor(private readonly ear: EventTarget) {}

  hear(message: ToTap): void {
    if (message.k === 'watch') {
      this.noticed.watch(message.list, message.taps);
    } else if (message.k === 'disarm') {
      this.turn = null;
      this.say({ k: 'ready', turn: message.turn, armed: false });
    } else if (message.k === 'pickers') {
      holdPickers(message.held);
      this.say({ k: 'ready', turn: message.turn, armed: this.turn !== null });
    } else if (message.k === 'arm') {
      const { turn, taps, prompt } = message;
      this.turn = { turn, taps, needle: needleOf(prompt), length: prompt.length };
      this.taken.clear();
      this.last = 0;
      this.say({ k: 'ready', turn, armed: true });
      for (const live of this.live) this.bind(live);
    }
  }

  /** The page asks for a stream; kept until it is closed. It says next what it asks with. */
  begin(transport: Transport, address: string, method: string): Live {
    const turn = this.turn?.turn ?? 0;
    const live = new Live(this, transport, pathOf(address), method.toUpperCase(), turn);
    this.live.add(live);
    return live;
  }

  /** Whether a tap looks into what the page sends there. */
  asksForBody(live: Live): boolean {
    const taps = [...(this.turn?.taps ?? []), ...this.noticed.taps];
    return taps.some((tap) => tap.body?.length && live.fits({ ...tap, body: [] }));
  }

  /** Whether a body is worth reading: it is of this turn, may outlive turns, or is a list. */
  wants(live: Live, type: string): boolean {
    return (this.turn !== null && this.tapOf(live) >= 0) || this.noticed.wants(live, type);
  }

  asked(live: Live): void {
    const { turn } = this;
    const tap = this.tapOf(live);
    if (turn && tap >= 0 && this.isOwn(live, tap)) {
      this.say({ k: 'request', turn: turn.turn, tap });
    }
  }

  /** Whether what a stream sends is the turn's prompt. */
  sent(live: Live, text: string): void {
    const { turn } = this;
    const tap = this.tapOf(live);
    if (!turn || tap < 0 || !text) return;
    if (turn.needle ? text.includes(turn.needle) : text.length >= turn.length) {
      this.say({ k: 'sent', turn: turn.turn, tap });
    }
  }

  opened(live: Live): void {
    const { turn } = this;
    const tap = this.tapOf(live, 'accepted');
    if (turn && tap >= 0) {
      this.say({ k: 'status', turn: turn.turn, tap, status: live.status ?? 0 });
    }
    this.bind(live);
  }

  bytes(live: Live, bytes: Uint8Array): void {
    const bound = this.bind(live);
    if (bound) this.say({ k: 'bytes', ...bound, bytes });
    else this.noticed.bytes(live, bytes);
  }

  text(live: Live, text: string): void {
    const bound = this.bind(live);
    if (bound) this.say({ k: 'text', ...bound, text });
  }

  closed(live: Live, failed: boolean): void {
    const bound = this.bind(live);
    if (bound) this.say({ k: 'close', ...bound, failed });
    else if (!failed) this.noticed.ended(live);
    this.live.delete(live);
    if (live.bound && live.bound.turn === this.turn?.turn) this.taken.delete(live.bound.stream);
  }

  /** The turn's number for a live stream, where it belongs to the turn's answer. */
  private bind(live: Live): { turn: number; stream: number } | null {
    const turn = this.turn;
    if (!turn) return null;
    if (live.bound?.turn === turn.turn) return live.bound;
    const tap = live.status === null ? -1 : this.tapOf(live, 'answer');
    const stream = tap < 0 ? 0 : this.number();
    if (stream === 0) return null;
    live.bound = { turn: turn.turn, stream };
    const own = this.isOwn(live, tap);
    const { method, path } = live;
    this.say({ k: 'open', ...live.bound, tap, status: live.status ?? 0, own, method, path });
    return live.bound;
  }

  private say(message: FromTap): void {
    say(this.ear, SAID, message);
  }

  /** The turn's tap that a stream is, for the answer or for what takes the prompt; -1 for none. */
  private tapOf(live: Live, purpose?: TapPurpose): number {
    const { turn } = this;
    if (!turn) return -1;
    return turn.taps.findIndex((tap) => {
      const { purpose: its = 'answer' } = tap as Partial<Tap>;
      const wanted = purpose ? its === purpose : its === 'answer' || its === 'accepted';
      return wanted && (tap.standing || live.begun === turn.turn) && live.fits(tap);
    });
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
