// The bridged tabs: one Port each, what its page shows, and what all of them make of a seat.

import type { LaneState, Seat, SeatState, Site } from '../generated/protocol';
import type { Offer, PageReport, ToRunner, Verdict } from '../shared/channel';
import { offered } from '../shared/offered';

/** A tab whose runner has spoken. */
export interface Lane {
  tab: number;
  origin: string;
  port: chrome.runtime.Port;
  report: PageReport;
  /** Whether the runner has said which turns it holds. */
  greeted: boolean;
}

const NONE = { models: [], told: {} };

const NOTHING: PageReport = { verdicts: [], busy: false, yielded: false, standing: null };

/** From what serves best to what serves least. */
const BEST_FIRST: SeatState[] = [
  'ready',
  'loading',
  'challenge',
  'consent',
  'signed_out',
  'error',
  'page_changed',
  'no_tab',
  'not_permitted',
];

export class Lanes {
  private readonly byTab = new Map<number, Lane>();
  /** Models that pages told, kept while none of them is open. */
  private readonly told = new Map<string, Pick<Verdict, 'models' | 'told'>>();

  /** A runner opened its Port; it replaces that of the tab's earlier page. */
  add(tab: number, origin: string, port: chrome.runtime.Port): Lane {
    const lane = { tab, origin, port, report: NOTHING, greeted: false };
    this.byTab.set(tab, lane);
    return lane;
  }

  /** Its Port closed. False where another page of the tab has taken its place. */
  remove(lane: Lane): boolean {
    return this.byTab.get(lane.tab) === lane && this.byTab.delete(lane.tab);
  }

  get(tab: number): Lane | undefined {
    return this.byTab.get(tab);
  }

  all(): Lane[] {
    return [...this.byTab.values()];
  }

  tell(tab: number, message: ToRunner): void {
    try {
      this.byTab.get(tab)?.port.postMessage(message);
    } catch {
      // The page is going; its Port's end is told separately.
    }
  }

  /** The sites that a tab's origin may serve. */
  offer(lane: Lane, sites: Record<string, Site[]>): void {
    const offers: Offer[] = Object.entries(sites).flatMap(([gateway, some]) =>
      some.filter(({ origin }) => origin === lane.origin).map((site) => ({ gateway, site })),
    );
    this.tell(lane.tab, { k: 'offers', offers });
  }

  /** What a tab's page shows for one site. */
  verdict(tab: number, gateway: string, site: string): Verdict | undefined {
    const verdicts = this.byTab.get(tab)?.report.verdicts;
    return verdicts?.find((verdict) => verdict.gateway === gateway && verdict.site === site);
  }

  /** The tab of the site that serves best; one of its origin that is no lane rather than none. */
  tabFor(gateway: string, { name, origin }: Site): number | undefined {
    const rank = (tab: number): number => {
      const verdict = this.verdict(tab, gateway, name);
      return verdict ? BEST_FIRST.indexOf(verdict.state) : BEST_FIRST.length;
    };
    const tabs = this.all().filter((lane) => lane.origin === origin);
    return tabs.map(({ tab }) => tab).sort((a, b) => rank(a) - rank(b))[0];
  }

  /** What the pages of a site tell of its models. */
  private models(gateway: string, site: string): Pick<Verdict, 'models' | 'told'> {
    const key = `${gateway} ${site}`;
    for (const { tab } of this.all()) {
      const { models, told } = this.verdict(tab, gateway, site) ?? NONE;
      if (models.length > 0) this.told.set(key, { models, told });
    }
    return this.told.get(key) ?? NONE;
  }

  /** The seat of a site, as its gateway is told. */
  seat(gateway: string, site: Site, lack: string | null): Seat {
    const { models, told } = this.models(gateway, site.name);
    const seat: Seat = {
      site: site.name,
      state: 'no_tab',
      detail: '',
      lanes: [],
      models: offered(site.adapter, models),
      told,
      harvests: (site.adapter.locators.answer ?? []).length > 0,
    };
    if (lack !== null) return { ...seat, state: 'not_permitted', detail: lack };
    let best = BEST_FIRST.indexOf(seat.state);
    for (const { tab, report } of this.all()) {
      const verdict = this.verdict(tab, gateway, site.name);
      if (!verdict) continue;
      if (verdict.lane) {
        const state = laneState(report, verdict);
        const { standing } = report;
        const after = standing?.gateway === gateway ? { after: standing.job } : {};
        seat.lanes.push({ lane: tab, state, ...after });
      }
      const rank = BEST_FIRST.indexOf(verdict.state);
      if (rank >= best) continue;
      best = rank;
      seat.state = verdict.state;
      seat.detail = verdict.detail;
    }
    seat.lanes.sort((a, b) => a.lane - b.lane);
    return seat;
  }
}

function laneState(report: PageReport, verdict: Verdict): LaneState {
  if (report.busy) return 'busy';
  if (report.yielded) return 'yielded';
  return verdict.state === 'ready' ? 'idle' : 'unready';
}
