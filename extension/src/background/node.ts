// The node: gateways on one side, tabs on the other; what of it is said to whom.

import type { GatewayMessage, Job, Seat, Site } from '../generated/protocol';
import type { FromRunner, Remembered, ToRunner } from '../shared/channel';
import { memoryKey } from '../shared/memory';
import { Apart } from './apart';
import { Approvals } from './approvals';
import { sayWhere } from './captures';
import { takeQuestion } from './diagnoses';
import { Files, type JobFiles } from './files';
import { GatewayLink, type Gateway, type LinkEvents, type Surroundings } from './gateway';
import { Idle, watched } from './idle';
import { Jobs } from './jobs';
import { Lanes, type Lane } from './lanes';
import { Needs, type Need } from './needs';
import { notify, withdraw } from './notices';
import { grantedOf, originsOf, registerFor } from './sites';
import { loadDisk, loadSession, saveDisk, saveSession, type Counters } from './store';
import { Lessons, type School } from '../teach/lessons';
import { Rereads } from './rereads';
import { Turns, type Desk } from './turns';

/** After a new worker's start, runners have this long to say which turns they hold. */
const REUNION_MS = 5_000;

/** Sites by the gateway's address. */
type Sites = Record<string, Site[]>;

export class Node implements LinkEvents, Desk, School {
  readonly links = new Map<string, GatewayLink>();
  readonly lanes = new Lanes();
  readonly jobs = new Jobs();
  readonly apart = new Apart();
  readonly lessons = new Lessons(this);
  readonly rereads = new Rereads(this);
  private readonly idle = this.idleOf();
  approvals = new Approvals();
  granted = new Set<string>();
  sites: Sites = {};
  paused = false;
  pictures = false;
  needs = this.needsOf([]);
  label = '';
  /** What a gateway last said of its human's wish. */
  notice = '';
  counters: Counters = { turns: 0, failures: 0, frames: 0 };
  private reloaded: number[] = [];
  private remembered: Record<string, Remembered> = {};
  private readonly files = new Files();
  private readonly toldSeats = new Map<string, string>();
  private readonly turns = new Turns(this);
  private registering: Promise<void> = Promise.resolve();

  constructor(
    private readonly around: Omit<Surroundings, 'label'>,
    /** Something that popup or badge show has changed. */
    readonly shown: () => void,
  ) {}

  /** Takes up what the last worker left, and connects. */
  async start(): Promise<void> {
    const [disk, session] = await Promise.all([loadDisk(), loadSession()]);
    this.sites = disk.sites;
    this.approvals = new Approvals(disk.approvals);
    this.paused = disk.paused;
    this.pictures = disk.pictures;
    this.needs = this.needsOf(session.needs);
    this.label = disk.label;
    this.counters = session.counters;
    this.reloaded = session.reloaded;
    this.remembered = session.remembered;
    this.jobs.restore(session.jobs, session.over, disk.places);
    for (const gateway of disk.gateways) this.addLink(gateway);
    if (session.jobs.length > 0) this.after(REUNION_MS, () => this.turns.giveUpOnTheAbsent());
    await this.reconcile();
    this.wake();
  }

  after(ms: number, callback: () => void): () => void {
    return this.around.after(ms, callback);
  }

  /** An alarm, a start of the browser, a popup: every link that should be open is opened. */
  wake(): void {
    for (const link of this.links.values()) link.ensure();
  }

  // Gateways.

  /** Pairs with a gateway, or connects anew to one already paired. */
  pair(url: string, code: string, insecureLan: boolean): void {
    this.links.get(url)?.close();
    this.addLink({ url, insecureLan }, code).retry();
    this.shown();
  }

  /** Forgets a gateway and its sites. */
  async forget(url: string): Promise<void> {
    this.links.get(url)?.close();
    this.links.delete(url);
    for (const entry of this.jobs.ofGateway(url)) {
      this.lanes.tell(entry.tab, { k: 'forget', job: entry.job });
      this.jobs.end(entry.job);
    }
    this.approvals.forget(url);
    await this.reconcile(({ [url]: _, ...others }) => others);
    await this.saveGateways();
  }

  private addLink(gateway: Gateway, code?: string): GatewayLink {
    const around = { ...this.around, label: () => this.label };
    const link = new GatewayLink(gateway, around, this, code);
    this.links.set(gateway.url, link);
    return link;
  }

  private async saveGateways(): Promise<void> {
    const paired = [...this.links.values()]
      .map(({ gateway }) => gateway)
      .filter(({ node }) => node);
    await saveDisk({ gateways: paired, sites: this.sites });
  }

  welcomed(link: GatewayLink, sites: Site[]): void {
    const { url } = link.gateway;
    this.toldSeats.delete(url);
    this.turns.welcomed(link);
    void this.takeSites(link, sites);
  }

  changed(link: GatewayLink): void {
    if (!link.connected) {
      for (const entry of this.jobs.ofGateway(link.gateway.url)) entry.live = false;
    }
    this.shown();
  }

  heard(link: GatewayLink, message: GatewayMessage): void {
    switch (message.type) {
      case 'sites':
        return void this.takeSites(link, message.sites);
      case 'job':
        return void this.turns.take(link, message);
      case 'harvest':
        return void this.turns.harvest(link, message);
      case 'cancel':
        return this.turns.cancel(link, message.job);
      case 'ack':
        return this.turns.ack(link, message.job, message.seq);
      case 'resumed':
        return this.turns.resumed(link, message.job, message.seq);
      case 'stop':
        return this.turns.stopped(link, message.job);
      case 'diagnose':
        return takeQuestion(this, link, message);
      case 'reread':
        return void this.rereads.take(link, message);
      case 'reload_idle':
        return this.idle.take(link, message);
      case 'locate':
        return void sayWhere(this, link, message);
      case 'pinned':
        this.notice = message.words;
        return this.shown();
      case 'taught':
        return this.lessons.taught(message);
    }
  }

  brought(frame: Uint8Array<ArrayBuffer>): void {
    this.files.add(frame);
  }

  filesOf(job: Job): JobFiles | null {
    return this.files.take(job);
  }

  memoryOf(gateway: string, site: Site): Remembered {
    return this.remembered[memoryKey(gateway, site)] ?? {};
  }

  private async takeSites(link: GatewayLink, sites: Site[]): Promise<void> {
    await this.reconcile((others) => ({ ...others, [link.gateway.url]: sites }));
    await this.saveGateways();
  }

  // Origins and seats.

  /** Brings content scripts, lanes and seats in line with sites, permissions and approvals. */
  reconcile(change: (sites: Sites) => Sites = (sites) => sites): Promise<void> {
    // One that failed does not keep the next from being tried.
    this.registering = this.registering.catch(() => {}).then(async () => {
      const sites = change(this.sites);
      const origins = [...originsOf(Object.values(sites)), ...this.lessons.origins()];
      const granted = await grantedOf(origins);
      const approved = await this.approvals.review(sites, granted);
      // Not before: no turn is taken for an adapter that was not looked at.
      this.sites = sites;
      this.granted = granted;
      if (approved) await saveDisk({ approvals: this.approvals.all() });
      await registerFor(this.granted);
      for (const lane of this.lanes.all()) this.lanes.offer(lane, this.offered(lane.origin));
      this.tellSeats();
    });
    return this.registering;
  }

  private offered(origin: string): Sites {
    if (!this.granted.has(origin)) return {};
    const usable = ([url, sites]: [string, Site[]]): [string, Site[]] => [
      url,
      sites.filter((site) => this.lack(url, site) === null),
    ];
    return Object.fromEntries(Object.entries(this.sites).map(usable));
  }

  /** What of its owner's consent a site lacks, in words; null where it may be used. */
  lack(gateway: string, { name, origin }: Site): string | null {
    if (!this.granted.has(origin)) return `${origin} is not granted.`;
    // Its owner has just shown in the page what it touches.
    if (this.lessons.tries(name)) return null;
    const change = this.approvals.change(gateway, name);
    if (!change) return null;
    return `The adapter changed what it uses in the page (${change.parts.join(', ')}): open the popup.`;
  }

  /** The owner agrees to what an adapter touches now. */
  async approve(gateway: string, name: string, seen: string): Promise<void> {
    const site = this.sites[gateway]?.find((one) => one.name === name);
    if (!site || !(await this.approvals.approve(gateway, site, seen))) return this.reconcile();
    await saveDisk({ approvals: this.approvals.all() });
    await this.reconcile();
  }

  seatsOf(gateway: string): Seat[] {
    const sites = this.sites[gateway] ?? [];
    const picture = this.pictures ? { picture: true } : {};
    return sites.map((site) => ({
      ...this.lanes.seat(gateway, site, this.lack(gateway, site)),
      ...picture,
    }));
  }

  private needsOf(kept: Need[]): Needs {
    const shown = () =>
      [...this.links.keys()].flatMap((url) =>
        this.seatsOf(url).map(({ state }, at) => {
          const { name = '', origin = '' } = this.sites[url]?.[at] ?? {};
          return { origin, site: name, state };
        }),
      );
    const care = {
      now: () => this.around.now(),
      after: (ms: number, callback: () => void) => this.after(ms, callback),
      shown,
      tell: notify,
      withdraw,
      save: (needs: Need[]) => {
        void saveSession({ needs });
        this.shown();
      },
    };
    return new Needs(care, kept);
  }

  private idleOf(): Idle {
    const node = this;
    return new Idle({
      lanes: this.lanes,
      get sites() {
        return node.sites;
      },
      works: (tab) => node.paused || node.jobs.running().some((entry) => entry.tab === tab),
      watched,
      reload: (tab) => chrome.tabs.reload(tab).catch(() => {}),
      now: () => node.around.now(),
    });
  }

  private tellSeats(): void {
    for (const [url, link] of this.links) {
      if (!link.connected) continue;
      const seats = this.seatsOf(url);
      const text = JSON.stringify([this.paused, seats]);
      if (text === this.toldSeats.get(url)) continue;
      this.toldSeats.set(url, text);
      link.say({ type: 'seats', paused: this.paused, seats });
    }
    this.needs.look();
    this.shown();
  }

  async pause(paused: boolean): Promise<void> {
    this.paused = paused;
    this.tellSeats();
    await saveDisk({ paused });
  }

  /** Whether gateways may have a picture of a page that needs its human. */
  async allowPictures(pictures: boolean): Promise<void> {
    this.pictures = pictures;
    this.tellSeats();
    await saveDisk({ pictures });
  }

  async rename(label: string): Promise<void> {
    this.label = label;
    await saveDisk({ label });
  }

  // Tabs.

  tellTab(tab: number, message: ToRunner): void {
    this.lanes.tell(tab, message);
  }

  /** A runner opened its Port and has already said some. */
  attach(tab: number, origin: string, port: chrome.runtime.Port, early: unknown[]): void {
    const lane = this.lanes.add(tab, origin, port);
    port.onMessage.addListener((message: FromRunner) => {
      if (this.lanes.get(tab) === lane) this.hear(lane, message);
    });
    port.onDisconnect.addListener(() => {
      if (!this.lanes.remove(lane)) return;
      // The Port of a living worker ends only with its page.
      this.apart.drop(tab);
      this.turns.loseTab(tab);
      this.tellSeats();
    });
    // A page that sleeps is of no use to the gateway.
    void Promise.resolve(chrome.tabs.update(tab, { autoDiscardable: false })).catch(() => {});
    for (const message of early) this.hear(lane, message as FromRunner);
    this.lanes.offer(lane, this.offered(origin));
  }

  private hear(lane: Lane, message: FromRunner): void {
    switch (message.k) {
      case 'hello':
        this.lessons.greet(lane, message.tapped);
        return this.turns.greet(lane, message.held);
      case 'lesson':
        return this.lessons.hear(lane, message.word);
      case 'report':
        lane.report = message.report;
        if (this.mustBeSeen(lane)) this.apart.keep(lane.tab);
        this.tellSeats();
        return this.rereads.reported(lane);
      case 'reread':
        return this.rereads.answered(message);
      case 'sending':
        return void this.turns.sending(lane, message.job, message.at);
      case 'moved':
        return this.turns.moved(lane, message.job, message.at);
      case 'untouched':
        return void this.idle.answered(lane, message);
      case 'accepted':
        return this.turns.accepted(message.job);
      case 'frames':
        return this.turns.relay(message);
      case 'finished':
        this.needs.ended(lane.origin, this.jobs.get(message.job)?.site ?? '', message.outcome);
        return this.turns.finished(message);
      case 'diagnosis':
        return this.links.get(message.gateway)?.say({ type: 'diagnosis', ...message.diagnosis });
      case 'navigate':
        return this.turns.navigate(lane, message.job, message.place);
      case 'reopen':
        return this.turns.reopen(lane, message.gateway, message.site);
      case 'remember':
        this.remembered[message.key] = message.values;
        return void saveSession({ remembered: this.remembered });
      case 'reloadable':
        return this.reload(lane.tab);
      case 'timer':
        this.after(message.ms, () => this.lanes.tell(lane.tab, { k: 'timer', id: message.id }));
    }
  }

  private mustBeSeen({ report }: Lane): boolean {
    return report.verdicts.some(({ gateway, site, lane }) => {
      const found = this.sites[gateway]?.find(({ name }) => name === site);
      return lane && found?.adapter.page.needs_visible;
    });
  }

  private reload(tab: number): void {
    if (this.reloaded.includes(tab)) return;
    this.reloaded = [...this.reloaded.slice(-200), tab];
    void saveSession({ reloaded: this.reloaded });
    void chrome.tabs.reload(tab).catch(() => {});
  }
}
