// Waiting for something to become so on the page, by watching it, not by asking again and again.

import { everyRoot, noteAdded, type Root } from './roots';
import type { Clock } from './tasks';

/** At least this long between two looks, so that a page that writes fast is not slowed down. */
const LOOK_GAP_MS = 25;
/** Some changes (a style sheet, a class above) are seen by nobody: look again now and then. */
const LOOK_ANYWAY_MS = 250;
/** Roots that were attached without a change of the page are looked for this often. */
const ROOTS_GAP_MS = 1_000;

export class Changes {
  private readonly listeners = new Set<() => void>();
  private readonly observer = new MutationObserver((records) => {
    noteAdded(records);
    this.notify();
  });
  private readonly watched = new WeakSet<Root>();
  private lastLook = 0;
  private lastRoots = -Infinity;
  private trailing = false;

  constructor(
    private readonly clock: Clock,
    /** Told of each document of the page: its own, and those of its frames. */
    private readonly entered: (document: Document) => void = () => {},
  ) {}

  start(): void {
    this.watchRoots();
    document.addEventListener('load', this.onLoad, true);
  }

  /** A frame has another document. */
  private readonly onLoad = () => {
    this.lastRoots = -Infinity;
    this.notify();
  };

  /** Shadow roots and frames have changes of their own. */
  private watchRoots(): void {
    this.lastRoots = performance.now();
    for (const root of everyRoot()) {
      if (this.watched.has(root)) continue;
      this.watched.add(root);
      this.observer.observe(root, {
        subtree: true,
        childList: true,
        attributes: true,
        characterData: true,
      });
      if (root.nodeType === Node.DOCUMENT_NODE) this.entered(root as Document);
    }
  }

  stop(): void {
    this.observer.disconnect();
    document.removeEventListener('load', this.onLoad, true);
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
          this.look();
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
    if (performance.now() - this.lastRoots > ROOTS_GAP_MS) this.watchRoots();
    this.lastLook = performance.now();
    for (const listener of [...this.listeners]) listener();
  }
}
