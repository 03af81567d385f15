// The runner's end of the private Port to the tap.

import type { Tap } from '../generated/protocol';
import type { FromTap, ToTap } from '../shared/channel';
import { hearSaid, takePort } from '../shared/handshake';

/** What is heard of a turn's streams. */
export type Heard = Exclude<FromTap, { k: 'ready' } | { k: 'noticed' }>;

/** A request of a watched tap that was answered. */
export interface Noticed {
  tap: Tap;
  status: number;
  text: string;
}

export class Tapped {
  private port: MessagePort | null = null;
  private turn = 0;
  private list = 0;
  private watched: Tap[] = [];
  private readonly noticers = new Set<(noticed: Noticed) => void>();
  /** Who waits for the tap's word that it has taken notice, in the order in which they asked. */
  private readonly ready: (() => void)[] = [];
  private hear: ((message: Heard) => void) | null = null;

  /** Takes the Port, if the tap was there before the page's own scripts. */
  connect(): void {
    takePort((port) => {
      this.port = port;
      hearSaid<FromTap>(port, (said) => this.take(said));
    });
  }

  get connected(): boolean {
    return this.port !== null;
  }

  /** From now on these are followed outside of turns, too. */
  watch(taps: Tap[]): void {
    this.list += 1;
    this.watched = taps;
    this.tell({ k: 'watch', list: this.list, taps });
  }

  /** Calls back for each answered request of a watched tap; returns what undoes it. */
  onNoticed(hear: (noticed: Noticed) => void): () => void {
    this.noticers.add(hear);
    return () => this.noticers.delete(hear);
  }

  /** From now on the streams of the turn are heard. Resolves once the tap has taken notice. */
  arm(taps: Tap[], prompt: string, hear: (message: Heard) => void): Promise<void> {
    this.turn += 1;
    this.hear = hear;
    return this.ask({ k: 'arm', turn: this.turn, taps, prompt });
  }

  /** Whether the page's file fields may open no picker. Resolves once it is so. */
  holdPickers(held: boolean): Promise<void> {
    return this.ask({ k: 'pickers', turn: this.turn, held });
  }

  /** The turn is over. Resolves once everything that the tap had said was heard. */
  async disarm(): Promise<void> {
    await this.ask({ k: 'disarm', turn: this.turn });
    this.hear = null;
  }

  private ask(message: ToTap): Promise<void> {
    if (!this.port) return Promise.resolve();
    return new Promise((resolve) => {
      this.ready.push(resolve);
      this.tell(message);
    });
  }

  private take(message: FromTap): void {
    if (message.k === 'noticed') {
      const tap = message.list === this.list ? this.watched[message.tap] : undefined;
      if (tap) for (const hear of this.noticers) hear({ ...message, tap });
      return;
    }
    if (message.k === 'ready') return this.ready.shift()?.();
    if (message.turn === this.turn) this.hear?.(message);
  }

  private tell(message: ToTap): void {
    this.port?.postMessage(message);
  }
}
