// Waiting for something to become so on the page, by watching it, not by asking again and again.

import type { Clock } from './tasks';

/** At least this long between two looks, so that a page that writes fast is not slowed down. */
const LOOK_GAP_MS = 25;
/** Some changes (a style sheet, a class above) are seen by nobody: look again now and then. */
const LOOK_ANYWAY_MS = 250;

export class Changes {
  private readonly listeners = new Set<() => void>();
  private readonly observer = new MutationObserver(() => this.notify());
  private lastLook = 0;
  private trailing = false;

  constructor(private readonly clock: Clock) {}

  start(): void {
    this.observer.observe(document, {
      subtree: true,
      childList: true,
      attributes: true,
      characterData: true,
    });
  }

  stop(): void {
    this.observer.disconnect();
    this.listeners.clear();
  }

  /** Something changed that is no mutation: a tapped stream ended. */
  notify(): void {
    if (this.listeners.size === 0 || this.trailing) return;
    const wait = this.lastLook + LOOK_GAP_MS - performance.now();
    if (wait <= 0) return this.look();
    this.trailing = true;
    this.clock.after(wait, () => {
      this.trailing = false;
      this.look();
    });
  }

  /** Calls back after changes, at most each 25 ms; returns what undoes it. */
  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** The first value of `check` that is not null or false; null when `ms` have passed. */
  until<T>(check: () => T | null | false, ms: number, signal?: AbortSignal): Promise<T | null> {
    return new Promise((resolve, reject) => {
      const undo: (() => void)[] = [];
      const end = (settle: () => void) => {
        for (const one of undo) one();
        settle();
      };
      const look = () => {
        try {
          signal?.throwIfAborted();
          const value = check();
          if (value !== null && value !== false) end(() => resolve(value));
        } catch (error) {
          end(() => reject(error));
        }
      };
      const again = () => {
        undo[0] = this.clock.after(LOOK_ANYWAY_MS, () => {
          again();
          look();
        });
      };
      again();
      undo.push(this.clock.after(ms, () => end(() => resolve(null))));
      undo.push(this.listen(look));
      signal?.addEventListener('abort', look);
      undo.push(() => signal?.removeEventListener('abort', look));
      look();
    });
  }

  private look(): void {
    this.lastLook = performance.now();
    for (const listener of [...this.listeners]) listener();
  }
}
