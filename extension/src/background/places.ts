// Where turns were sent: enough to open their conversations again and read their answers after the
// page, the browser or this extension was gone.

import type { Place } from '../shared/channel';
import { saveDisk, type SentTurn } from './store';

/** No turn takes longer. */
const KEEP_MS = 2 * 60 * 60_000;
const MOST = 100;

export class Places {
  private sent: Record<string, SentTurn> = {};

  /** What an earlier worker wrote, as far as anybody may still ask for it. */
  restore(sent: Record<string, SentTurn>): void {
    this.sent = sent;
    this.prune();
  }

  get(job: string): SentTurn | undefined {
    return this.sent[job];
  }

  all(): [job: string, sent: SentTurn][] {
    return Object.entries(this.sent);
  }

  /** Resolves once it is written. */
  note(job: string, gateway: string, site: string, at: Place): Promise<void> {
    this.sent[job] = { gateway, site, ...at, at: this.sent[job]?.at ?? Date.now() };
    this.prune();
    return saveDisk({ places: this.sent });
  }

  drop(job: string): void {
    if (!Object.hasOwn(this.sent, job)) return;
    delete this.sent[job];
    void saveDisk({ places: this.sent });
  }

  private prune(): void {
    const young = this.all().filter(([, { at }]) => Date.now() - at < KEEP_MS);
    this.sent = Object.fromEntries(young.slice(-MOST));
  }
}
