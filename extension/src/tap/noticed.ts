// Requests that are of no turn: the page's list of models, and files that it sends away. A page often
// asks for its list before anybody has said what to watch, so early answers are kept for a while.

import type { Tap, TapPurpose } from '../generated/protocol';
import type { FromTap } from '../shared/channel';
import type { Live } from './live';
import { decode } from './natives';

/** A list that is longer is not one of models. */
const MAX_LIST = 4 << 20;
/** What is kept of a page's start, until it is known what to watch. */
const MAX_EARLY = 8 << 20;

export class Noticed {
  taps: Tap[] = [];
  private list = 0;
  private early: Live[] | null = [];
  private earlyBytes = 0;

  constructor(private readonly say: (message: FromTap) => void) {}

  watch(list: number, taps: Tap[]): void {
    this.list = list;
    this.taps = taps;
    const early = this.early ?? [];
    this.early = null;
    for (const live of early) this.ended(live);
  }

  /** Whether a body is worth reading outside of turns. */
  wants(live: Live, type: string): boolean {
    if (!this.early) return this.taps.some((tap) => live.fits(tap));
    // Before the runner has said what to watch, a stream may turn out to be a standing one.
    return /event-stream|ndjson|jsonl|json/.test(type);
  }

  bytes(live: Live, bytes: Uint8Array): void {
    if (!this.early && this.tapOf(live, 'models') < 0) return void (live.kept = null);
    live.kept ??= [];
    const size = live.kept.reduce((sum, one) => sum + one.length, bytes.length);
    if (size > MAX_LIST || (this.early && this.earlyBytes + bytes.length > MAX_EARLY)) {
      live.kept = [];
      return;
    }
    if (this.early) this.earlyBytes += bytes.length;
    live.kept.push(bytes);
  }

  /** A request was answered whole. */
  ended(live: Live): void {
    if (this.early) {
      if (live.kept) this.early.push(live);
      return;
    }
    const models = this.tapOf(live, 'models');
    const tap = models >= 0 ? models : this.tapOf(live, 'upload');
    if (tap < 0) return;
    const text = models >= 0 ? joined(live.kept ?? []) : '';
    live.kept = null;
    this.say({ k: 'noticed', list: this.list, tap, status: live.status ?? 0, text });
  }

  private tapOf(live: Live, purpose: TapPurpose): number {
    return this.taps.findIndex((tap) => tap.purpose === purpose && live.fits(tap));
  }
}

function joined(pieces: Uint8Array[]): string {
  const whole = new Uint8Array(pieces.reduce((sum, one) => sum + one.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return decode(whole);
}
