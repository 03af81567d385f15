// The tabs of a browser that nobody sits at: opened for the sites of its order, opened again when
// they are closed, loaded again when their page crashed. A tab that has gone elsewhere, to a
// sign-in say, is left to its human.

import type { Site } from '../generated/protocol';

/** A page that has said nothing for so long is loaded again; twice as long each time. */
const SILENCE_MS = 10_000;
const MAX_SILENCE_MS = 600_000;
/** Changes come in bursts: one look for all. */
const SOON_MS = 500;

/** A tab as the browser tells it; its address only where that origin is granted. */
export interface Tab {
  id?: number | undefined;
  url?: string | undefined;
}

/** What the keeper needs from around it; a test gives its own. */
export interface Care {
  /** The sites whose tabs are to be open, with the page to begin at; none while paused. */
  wanted(): { site: Site; start: string }[];
  /** Whether the page of a tab speaks. */
  speaks(tab: number): boolean;
  tabs(): Promise<Tab[]>;
  open(url: string): Promise<Tab>;
  reload(tab: number): Promise<void>;
  now(): number;
  after(ms: number, callback: () => void): () => void;
  /** Tabs that were opened for each site, by an earlier worker of this browser too. */
  opened: Record<string, number[]>;
  save(opened: Record<string, number[]>): void;
}

export class Tended {
  private undo: (() => void) | null = null;
  private looking: Promise<void> = Promise.resolve();
  private readonly silent = new Map<number, { due: number; wait: number }>();

  constructor(
    private readonly lanes: number,
    private readonly care: Care,
  ) {}

  /** Something may have changed. */
  soon(ms: number = SOON_MS): void {
    this.undo ??= this.care.after(ms, () => {
      this.undo = null;
      void this.look();
    });
  }

  /** Opens what is missing and wakes what is silent; one look after the other. */
  look(): Promise<void> {
    this.looking = this.looking.then(() => this.mend()).catch(() => {});
    return this.looking;
  }

  private async mend(): Promise<void> {
    const tabs = await this.care.tabs();
    const there = new Set(tabs.map(({ id }) => id));
    const counted = new Set<string>();
    const opened: Record<string, number[]> = {};
    for (const { site, start } of this.care.wanted()) {
      // Sites may share an origin, and with it their tabs.
      if (counted.has(site.origin)) continue;
      counted.add(site.origin);
      const ours = (this.care.opened[site.origin] ?? []).filter((id) => there.has(id));
      const at = tabs.filter(({ id, url }) => id !== undefined && originOf(url) === site.origin);
      const held = new Set([...ours, ...at.map(({ id }) => id as number)]);
      for (let missing = this.lanes - held.size; missing > 0; missing -= 1) {
        const { id } = await this.care.open(start);
        if (id !== undefined) ours.push(id);
      }
      opened[site.origin] = ours;
      await this.wake(at.map(({ id }) => id as number).filter((id) => ours.includes(id)));
    }
    // What is not wanted now may be again.
    const rest = Object.entries(this.care.opened).filter(([origin]) => !counted.has(origin));
    this.care.opened = { ...Object.fromEntries(rest), ...opened };
    this.care.save(this.care.opened);
    for (const tab of this.silent.keys()) if (!there.has(tab)) this.silent.delete(tab);
  }

  private async wake(tabs: number[]): Promise<void> {
    for (const tab of tabs) {
      if (this.care.speaks(tab)) {
        this.silent.delete(tab);
        continue;
      }
      const now = this.care.now();
      const known = this.silent.get(tab) ?? { due: now + SILENCE_MS, wait: SILENCE_MS };
      if (now >= known.due) {
        await this.care.reload(tab);
        known.wait = Math.min(2 * known.wait, MAX_SILENCE_MS);
        known.due = now + known.wait;
      }
      this.silent.set(tab, known);
      this.soon(known.due - now);
    }
  }
}

function originOf(url: string | undefined): string | null {
  try {
    return url === undefined ? null : new URL(url).origin;
  } catch {
    return null;
  }
}
