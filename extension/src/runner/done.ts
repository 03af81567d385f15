// Whether a turn's answer is complete, by what the page shows and by the streams of the turn.

import type { Adapter } from '../generated/protocol';
import type { AnswerWatcher } from './dom';
import { showsDone, stopShows } from './signals';

/** How long a page without a stream of its own must look finished. */
const SETTLED_MS = 300;
/** How long a page may look finished while a stream of the turn is still open. */
const OPEN_STREAM_MS = 2_000;
/**
 * How long an answer must be silent where nothing on the page says that it is done, or where it says so
 * and shows none: a busy machine draws late.
 */
const SILENT_MS = 3_000;

/** What is known of a turn's answer. */
export class Progress {
  /** Something of the answer was seen: Stop, a stream of the turn, a new answer. */
  started = false;
  /** When the tap was last heard, by `performance.now`. */
  lastHeard = 0;
  watcher: AnswerWatcher | null = null;
  private ownOpened = false;
  private readonly open = new Set<number>();

  constructor(private readonly adapter: Adapter) {}

  /** A stream of the turn itself was opened. */
  opened(stream: number): void {
    this.ownOpened = true;
    this.open.add(stream);
  }

  closed(stream: number): void {
    this.open.delete(stream);
  }

  /**
   * A page looks finished before it has begun, too: done counts once Stop, a stream of the turn or a
   * new answer was seen, and once the streams of the turn have ended or the page stays as it is.
   */
  doneCheck(): () => boolean {
    let since = Infinity;
    const blind = !this.adapter.signals.done?.length && !this.adapter.locators.stop;
    return () => {
      this.started ||= this.ownOpened || this.watcher?.began === true || stopShows(this.adapter);
      const now = performance.now();
      if (!this.started || !showsDone(this.adapter)) {
        since = Infinity;
        return false;
      }
      since = Math.min(since, now);
      if (this.ownOpened && this.open.size === 0) return true;
      const changedAt = this.watcher?.changedAt ?? 0;
      if (blind) return now - Math.max(this.lastHeard, changedAt) > SILENT_MS;
      if (this.showsNone()) return now - since >= SILENT_MS;
      return now - since >= (this.open.size > 0 ? OPEN_STREAM_MS : SETTLED_MS);
    };
  }

  /** Whether the answer is to be read off the page, and nothing of it was there yet. */
  private showsNone(): boolean {
    return this.adapter.answer.kind === 'dom' && this.watcher?.hasSent === false;
  }
}
