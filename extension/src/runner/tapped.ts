// The runner's end of the private Port to the tap.

import type { Tap } from '../generated/protocol';
import type { FromTap, ToTap } from '../shared/channel';
import { takePort } from '../shared/handshake';

type Heard = Exclude<FromTap, { k: 'ready' }>;

export class Tapped {
  private port: MessagePort | null = null;
  private turn = 0;
  private ready: (() => void) | null = null;
  private hear: ((message: Heard) => void) | null = null;

  /** Takes the Port, if the tap was there before the page's own scripts. */
  connect(): void {
    takePort((port) => {
      this.port = port;
      port.onmessage = (event) => this.take(event.data as FromTap);
    });
  }

  get connected(): boolean {
    return this.port !== null;
  }

  watch(taps: Tap[]): void {
    this.tell({ k: 'watch', taps });
  }

  /** From now on the streams of the turn are heard. Resolves once the tap has taken notice. */
  arm(taps: Tap[], prompt: string, hear: (message: Heard) => void): Promise<void> {
    this.turn += 1;
    this.hear = hear;
    return this.ask({ k: 'arm', turn: this.turn, taps, prompt });
  }

  /** The turn is over. Resolves once everything that the tap had said was heard. */
  async disarm(): Promise<void> {
    await this.ask({ k: 'disarm', turn: this.turn });
    this.hear = null;
  }

  private ask(message: ToTap): Promise<void> {
    if (!this.port) return Promise.resolve();
    return new Promise((resolve) => {
      this.ready = resolve;
      this.tell(message);
    });
  }

  private take(message: FromTap): void {
    if (message.turn !== this.turn) return;
    if (message.k !== 'ready') return this.hear?.(message);
    this.ready?.();
    this.ready = null;
  }

  private tell(message: ToTap): void {
    this.port?.postMessage(message);
  }
}
