// What this browser's human is needed for: noticed, told once, forgotten when the page is fine.
// Nothing of such a page is ever clicked; the most that is done is to bring its tab to the front.

import type { SeatState } from '../generated/protocol';
import type { Outcome } from '../shared/channel';

export const REASONS = ['signed_out', 'challenge', 'consent', 'quota'] as const;
export type Reason = (typeof REASONS)[number];

export const ADVICE: Record<Reason, string> = {
  signed_out: 'The page is signed out: sign in there.',
  challenge: 'The page asks for a proof of its human: answer it yourself.',
  consent: 'The page asks for a consent: read it and answer it.',
  quota: 'A quota of the account is used up: the page is used again after its reset.',
};

/** What one page needs, by its origin: several gateways may use it. */
export interface Need {
  origin: string;
  site: string;
  reason: Reason;
  /** In ms since 1970. */
  since: number;
  told: boolean;
}

/** What a page of a site shows now. */
export interface Shown {
  origin: string;
  site: string;
  state: SeatState;
}

/** What is needed of the browser. */
export interface Care {
  now(): number;
  after(ms: number, callback: () => void): unknown;
  shown(): Shown[];
  tell(need: Need): void;
  withdraw(need: Need): void;
  save(needs: Need[]): void;
}

/** Pages that check their visitor by themselves are done sooner. */
const SETTLE_MS = 5_000;
/** No site's quota is reset later. */
const QUOTA_MS = 24 * 3_600_000;

export class Needs {
  private readonly byOrigin: Map<string, Need>;

  constructor(
    private readonly care: Care,
    kept: Need[] = [],
  ) {
    this.byOrigin = new Map(kept.map((need) => [need.origin, need]));
  }

  all(): Need[] {
    return [...this.byOrigin.values()];
  }

  /** Takes up what the pages show now. A tab that is closed or loads has not been mended. */
  look(): void {
    const before = JSON.stringify(this.all());
    const now = this.care.now();
    const pages = new Map<string, Shown[]>();
    for (const shown of this.care.shown()) {
      pages.set(shown.origin, [...(pages.get(shown.origin) ?? []), shown]);
    }
    for (const [origin, shown] of pages) {
      const asks = shown.find(({ state }) => isReason(state));
      if (asks) this.note(origin, asks.site, asks.state as Reason);
      else if (shown.some(({ state }) => state === 'ready')) this.mended(origin);
    }
    for (const need of this.all()) {
      const over = need.reason === 'quota' && now - need.since >= QUOTA_MS;
      if (over || !pages.has(need.origin)) this.forget(need);
      else if (!need.told && now - need.since >= SETTLE_MS) this.tell(need);
    }
    if (JSON.stringify(this.all()) !== before) this.care.save(this.all());
  }

  /** A turn ended on a page: it may have met the end of a quota. */
  ended(origin: string, site: string, outcome: Outcome): void {
    if (outcome.kind === 'failed' && outcome.failure.class === 'quota') {
      this.note(origin, site, 'quota');
    } else if (outcome.kind === 'done' && !outcome.cancelled) {
      const need = this.byOrigin.get(origin);
      if (need?.reason === 'quota') this.forget(need);
    }
    this.look();
  }

  private note(origin: string, site: string, reason: Reason): void {
    if (this.byOrigin.get(origin)?.reason === reason) return;
    const need = { origin, site, reason, since: this.care.now(), told: false };
    this.byOrigin.set(origin, need);
    this.care.after(SETTLE_MS, () => this.look());
  }

  /** The page can be used; what its account lacks lasts longer. */
  private mended(origin: string): void {
    const need = this.byOrigin.get(origin);
    if (need && need.reason !== 'quota') this.forget(need);
  }

  private tell(need: Need): void {
    need.told = true;
    this.care.tell(need);
  }

  private forget(need: Need): void {
    this.byOrigin.delete(need.origin);
    if (need.told) this.care.withdraw(need);
  }
}

function isReason(state: SeatState): boolean {
  return (REASONS as readonly string[]).includes(state);
}
