// Wishes to read again what models pages offer: of a gateway, or of a person in the popup.

import type { GatewayMessage, Site } from '../generated/protocol';
import type { FromRunner } from '../shared/channel';
import type { Reread } from '../shared/reread';
import type { GatewayLink } from './gateway';
import type { Lane, Lanes } from './lanes';

/** How long a page may take to be read, or to load and be read. */
const READ_MS = 15_000;

type Wish = Extract<GatewayMessage, { type: 'reread' }>;
type Answer = Extract<FromRunner, { k: 'reread' }>;
type Outcome = 'read' | 'busy' | 'none';

/** What is needed of the node. */
interface Desk {
  readonly lanes: Lanes;
  readonly sites: Record<string, Site[]>;
  after(ms: number, callback: () => void): () => void;
}

export class Rereads {
  private readonly asked = new Map<string, (way: Reread) => void>();
  /** Pages that are loaded again for their list. */
  private readonly loading = new Set<(lane: Lane) => void>();
  private count = 0;

  constructor(private readonly desk: Desk) {}

  /** A gateway's wish: it hears of it once the seats that it changed are told. */
  async take(link: GatewayLink, { request, site }: Wish): Promise<void> {
    const { url } = link.gateway;
    const sites = this.desk.sites[url] ?? [];
    const wanted = sites.filter(({ name }) => site === undefined || name === site);
    const read: string[] = [];
    const busy: string[] = [];
    await Promise.all(
      wanted.map(async (one) => {
        const outcome = await this.read(url, one);
        if (outcome === 'read') read.push(one.name);
        else if (outcome === 'busy') busy.push(one.name);
      }),
    );
    link.say({ type: 'reread', request, read, busy });
  }

  /** Reads the models of one site in a tab of it that nobody uses. */
  async read(gateway: string, site: Site): Promise<Outcome> {
    if (!site.adapter.models.source) return 'none';
    const lanes = this.desk.lanes.seat(gateway, site, null).lanes;
    if (lanes.length === 0) return 'none';
    const tab = lanes.find(({ state }) => state === 'idle')?.lane;
    if (tab === undefined) return 'busy';
    const request = String((this.count += 1));
    const way = await this.until<Reread>('busy', (done) => {
      this.asked.set(request, done);
      this.desk.lanes.tell(tab, { k: 'reread', gateway, request, site: site.name });
      return () => this.asked.delete(request);
    });
    return way === 'reload' ? this.load(tab, gateway, site) : way;
  }

  /** A runner's answer. */
  answered({ request, way }: Answer): void {
    this.asked.get(request)?.(way);
  }

  /** A page has said what it shows. */
  reported(lane: Lane): void {
    for (const look of this.loading) look(lane);
  }

  private load(tab: number, gateway: string, site: Site): Promise<Outcome> {
    const old = this.desk.lanes.get(tab)?.port;
    return this.until<Outcome>('busy', (done) => {
      const look = (lane: Lane) => {
        if (lane.tab !== tab || lane.port === old) return;
        const verdict = this.desk.lanes.verdict(tab, gateway, site.name);
        if (verdict && verdict.models.length > 0) done('read');
      };
      this.loading.add(look);
      void Promise.resolve(chrome.tabs.reload(tab)).catch(() => done('busy'));
      return () => this.loading.delete(look);
    });
  }

  /** What `begin` comes to, `otherwise` where it takes too long. */
  private until<T>(otherwise: T, begin: (done: (value: T) => void) => () => void): Promise<T> {
    return new Promise((resolve) => {
      let end = () => {};
      const done = (value: T) => {
        undo();
        end();
        resolve(value);
      };
      const undo = this.desk.after(READ_MS, () => done(otherwise));
      end = begin(done);
    });
  }
}
