// The node: gateways on one side, tabs on the other, and the turns between them.

import type { GatewayMessage, Job, NodeFailure, NodeFailureClass, Seat, Site } from '../generated/protocol';
import { fromBase64 } from '../shared/bytes';
import type { FromRunner, HeldJob } from '../shared/channel';
import { GatewayLink, type Gateway, type LinkEvents, type Surroundings } from './gateway';
import { Jobs, type JobEntry } from './jobs';
import { Lanes, type Lane } from './lanes';
import { grantedOf, originsOf, registerFor } from './sites';
import { loadDisk, loadSession, saveDisk, saveSession, type Counters } from './store';

/** After a new worker's start, runners have this long to say which turns they hold. */
const REUNION_MS = 5_000;

export class Node implements LinkEvents {
  readonly links = new Map<string, GatewayLink>();
  readonly lanes = new Lanes();
  readonly jobs = new Jobs();
  granted = new Set<string>();
  sites: Record<string, Site[]> = {};
  paused = false;
  label = '';
  counters: Counters = { turns: 0, failures: 0, frames: 0 };
  private reloaded: number[] = [];
  private readonly toldSeats = new Map<string, string>();
  /** Turns whose page is being opened at the start path. */
  private readonly navigating = new Map<string, { job: Job; site: Site }>();
  private readonly orders = new Map<string, { job: Job; site: Site }>();
  private registering: Promise<void> = Promise.resolve();

  constructor(
    private readonly around: Omit<Surroundings, 'label'>,
    /** Something that popup or badge show has changed. */
    private readonly shown: () => void,
  ) {}

  /** Takes up what the last worker left, and connects. */
  async start(): Promise<void> {
    const [disk, session] = await Promise.all([loadDisk(), loadSession()]);
    this.sites = disk.sites;
    this.paused = disk.paused;
    this.label = disk.label;
    this.counters = session.counters;
    this.reloaded = session.reloaded;
    this.jobs.restore(session.jobs, session.over);
    for (const gateway of disk.gateways) this.addLink(gateway);
    if (session.jobs.length > 0) this.around.after(REUNION_MS, () => this.giveUpOnTheAbsent());
    await this.reconcile();
    this.wake();
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
    delete this.sites[url];
    await this.saveGateways();
    await this.reconcile();
  }

  private addLink(gateway: Gateway, code?: string): GatewayLink {
    const around = { ...this.around, label: () => this.label };
    const link = new GatewayLink(gateway, around, this, code);
    this.links.set(gateway.url, link);
    return link;
  }

  private async saveGateways(): Promise<void> {
    const paired = [...this.links.values()].map(({ gateway }) => gateway).filter(({ node }) => node);
    await saveDisk({ gateways: paired, sites: this.sites });
  }

  welcomed(link: GatewayLink, sites: Site[]): void {
    const { url } = link.gateway;
    this.toldSeats.delete(url);
    const jobs = this.jobs.ofGateway(url).filter((entry) => this.mayResume(entry));
    if (jobs.length > 0) this.resume(link, jobs);
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
        return void this.take(link, message);
      case 'cancel':
        return this.cancel(link, message.job);
      case 'ack':
        return this.ack(link, message.job, message.seq);
      case 'resumed':
        return this.resumed(link, message.job, message.seq);
      case 'stop':
        return this.stopped(link, message.job);
    }
  }

  private async takeSites(link: GatewayLink, sites: Site[]): Promise<void> {
    this.sites[link.gateway.url] = sites;
    await this.saveGateways();
    await this.reconcile();
  }

  // Origins and seats.

  /** Brings content scripts, lanes and seats in line with sites and permissions. */
  reconcile(): Promise<void> {
    this.registering = this.registering.then(async () => {
      this.granted = await grantedOf(originsOf(Object.values(this.sites)));
      await registerFor(this.granted);
      for (const lane of this.lanes.all()) this.lanes.offer(lane, this.offered(lane.origin));
      this.tellSeats();
    });
    return this.registering;
  }

  private offered(origin: string): Record<string, Site[]> {
    return this.granted.has(origin) ? this.sites : {};
  }

  seatsOf(gateway: string): Seat[] {
    const sites = this.sites[gateway] ?? [];
    return sites.map((site) => this.lanes.seat(gateway, site, this.granted.has(site.origin)));
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
    this.shown();
  }

  async pause(paused: boolean): Promise<void> {
    this.paused = paused;
    this.tellSeats();
    await saveDisk({ paused });
  }

  async rename(label: string): Promise<void> {
    this.label = label;
    await saveDisk({ label });
  }

  // Tabs.

  /** A runner opened its Port and has already said some. */
  attach(tab: number, origin: string, port: chrome.runtime.Port, early: unknown[]): void {
    const lane = this.lanes.add(tab, origin, port);
    port.onMessage.addListener((message: FromRunner) => {
      if (this.lanes.get(tab) === lane) this.hear(lane, message);
    });
    port.onDisconnect.addListener(() => {
      if (!this.lanes.remove(lane)) return;
      // The Port of a living worker ends only with its page.
      for (const entry of this.jobs.ofTab(tab)) this.losePage(entry);
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
        return this.greet(lane, message.held);
      case 'report':
        lane.report = message.report;
        return this.tellSeats();
      case 'accepted':
        return this.accepted(message.job);
      case 'frames':
        return this.relay(message.job, message.run, message.last, message.frames);
      case 'finished':
        return this.finished(message);
      case 'navigate':
        return this.navigate(lane, message.job);
      case 'reloadable':
        return this.reload(lane.tab);
      case 'timer':
        this.around.after(message.ms, () => this.lanes.tell(lane.tab, { k: 'timer', id: message.id }));
    }
  }

  /** First word of a runner: what it holds is resumed, what it lacks is lost. */
  private greet(lane: Lane, held: HeldJob[]): void {
    lane.greeted = true;
    for (const { job, accepted, lastSeq } of held) {
      const entry = this.jobs.get(job);
      if (!entry || entry.lost || entry.tab !== lane.tab) {
        this.lanes.tell(lane.tab, { k: 'forget', job });
        continue;
      }
      if (accepted && !entry.accepted) this.jobs.accept(entry);
      entry.live = false;
      const link = this.links.get(entry.gateway);
      if (link?.connected) this.resume(link, [entry], lastSeq);
    }
    for (const entry of this.jobs.ofTab(lane.tab)) {
      if (held.some(({ job }) => job === entry.job)) continue;
      const order = this.navigating.get(entry.job);
      if (order && !entry.cancelled) {
        this.navigating.delete(entry.job);
        this.lanes.tell(lane.tab, { k: 'job', gateway: entry.gateway, ...order, opened: true });
      } else {
        this.losePage(entry);
      }
    }
  }

  private reload(tab: number): void {
    if (this.reloaded.includes(tab)) return;
    this.reloaded = [...this.reloaded.slice(-200), tab];
    void saveSession({ reloaded: this.reloaded });
    void chrome.tabs.reload(tab).catch(() => {});
  }

  // Turns.

  private async take(link: GatewayLink, order: { type: 'job' } & Job): Promise<void> {
    const { type: _, ...job } = order;
    // The same order twice is one order.
    if (this.jobs.known(job.job)) return;
    const { url } = link.gateway;
    const site = this.sites[url]?.find(({ name }) => name === job.site);
    const problem = this.objection(url, job, site);
    if (problem || !site) {
      this.jobs.refuse(job.job);
      const failure = problem ?? refusal('bad_job', 'This node has no such site.');
      return link.say({ type: 'failed', job: job.job, last_seq: 0, accepted: false, failure });
    }
    this.counters.turns += 1;
    this.orders.set(job.job, { job, site });
    // Written down first: a worker that dies here gives it to nobody again.
    await this.jobs.begin(job.job, url, job.site, job.lane);
    this.lanes.tell(job.lane, { k: 'job', gateway: url, job, site, opened: false });
    this.shown();
  }

  private objection(url: string, job: Job, site: Site | undefined): NodeFailure | null {
    const lane = this.lanes.get(job.lane);
    const verdict = this.lanes.verdict(job.lane, url, job.site);
    if (!site || !lane || !verdict?.lane || !this.granted.has(site.origin)) {
      return refusal('bad_job', 'This node has no such lane.');
    }
    if (this.paused) return refusal('bad_job', 'The node is paused by its owner.');
    if (lane.report.busy || this.jobs.running().some(({ tab }) => tab === job.lane)) {
      return refusal('bad_job', 'The lane is busy.');
    }
    if (lane.report.yielded) return refusal('human_busy', 'A person uses the composer of this tab.');
    const { state, detail } = verdict;
    if (state === 'ready') return null;
    const known: NodeFailureClass[] = ['challenge', 'consent', 'signed_out', 'page_changed'];
    const kind = known.find((one) => one === state) ?? 'not_started';
    const failure = refusal(kind, detail || 'The page is not ready.');
    return kind === 'page_changed' ? { ...failure, locator: 'composer' } : failure;
  }

  private accepted(job: string): void {
    const entry = this.jobs.get(job);
    if (!entry || entry.accepted) return;
    this.jobs.accept(entry);
    this.orders.delete(job);
    // On a socket not yet resumed the resume says it.
    if (entry.live) this.sayAccepted(entry);
  }

  private sayAccepted(entry: JobEntry): void {
    entry.acceptedTold = true;
    this.linkOf(entry)?.say({ type: 'accepted', job: entry.job });
  }

  private relay(job: string, run: number, last: number, frames: string[]): void {
    const entry = this.jobs.get(job);
    const link = entry && this.linkOf(entry);
    // What comes while the gateway is away stays with the runner, which sends it again.
    if (!entry?.live || !link || entry.run !== run) return;
    for (const frame of frames) link.relay(fromBase64(frame));
    entry.sentSeq = last;
    this.counters.frames += frames.length;
  }

  private finished({ job, run, lastSeq, outcome }: Extract<FromRunner, { k: 'finished' }>): void {
    const entry = this.jobs.get(job);
    const link = entry && this.linkOf(entry);
    if (!entry) return;
    this.orders.delete(job);
    // On a socket not yet resumed it stays with the runner, which says it again.
    if (entry.live && link && entry.run === run) {
      if (outcome.kind === 'failed') this.counters.failures += 1;
      this.jobs.finish(entry);
      void saveSession({ counters: this.counters });
      if (outcome.kind === 'done') {
        link.say({ type: 'done', job, last_seq: lastSeq, cancelled: outcome.cancelled });
      } else {
        const { accepted, failure } = outcome;
        link.say({ type: 'failed', job, last_seq: lastSeq, accepted, failure });
      }
    }
    this.shown();
  }

  /** The turn needs its page opened at the start path; its runner goes with the page. */
  private navigate(lane: Lane, job: string): void {
    const entry = this.jobs.get(job);
    const order = this.orders.get(job);
    if (!entry || !order || entry.tab !== lane.tab || entry.accepted) return;
    this.navigating.set(job, order);
    const url = new URL(order.site.adapter.page.start, order.site.origin).href;
    // Opening the address that the tab already shows would do nothing.
    const opened = lane.port.sender?.url === url ? chrome.tabs.reload(lane.tab) : chrome.tabs.update(lane.tab, { url });
    void Promise.resolve(opened).catch(() => {});
    this.around.after(order.job.accept_ms, () => {
      if (this.navigating.delete(job)) this.losePage(entry);
    });
  }

  private cancel(link: GatewayLink, job: string): void {
    const entry = this.owned(link, job);
    if (!entry) return;
    entry.cancelled = true;
    if (this.navigating.delete(job)) {
      this.jobs.end(job);
      return link.say({ type: 'done', job, last_seq: 0, cancelled: true });
    }
    this.lanes.tell(entry.tab, { k: 'cancel', job });
  }

  private ack(link: GatewayLink, job: string, seq: number): void {
    const entry = this.owned(link, job);
    if (entry) this.lanes.tell(entry.tab, { k: 'ack', job, seq });
  }

  /** Tells the gateway which turns are still held. */
  private resume(link: GatewayLink, entries: JobEntry[], lastSeq?: number): void {
    const jobs = entries.map((entry) => {
      entry.acceptedTold = entry.accepted;
      const { job, accepted, sentSeq } = entry;
      return { job, accepted, last_seq: Math.max(sentSeq, lastSeq ?? 0) };
    });
    link.say({ type: 'resume', jobs });
  }

  /** A turn is resumed once its page was heard of, or is known to be gone. */
  private mayResume(entry: JobEntry): boolean {
    return entry.lost || this.lanes.get(entry.tab)?.greeted === true;
  }

  private resumed(link: GatewayLink, job: string, seq: number): void {
    const entry = this.owned(link, job);
    if (!entry) return;
    entry.live = true;
    if (entry.lost) return this.sayLost(entry);
    entry.run = Date.now();
    if (entry.accepted && !entry.acceptedTold) this.sayAccepted(entry);
    this.lanes.tell(entry.tab, { k: 'resend', job, after: seq, run: entry.run });
  }

  private stopped(link: GatewayLink, job: string): void {
    const entry = this.owned(link, job);
    if (!entry) return;
    this.lanes.tell(entry.tab, { k: 'forget', job });
    this.jobs.end(job);
    this.shown();
  }

  /** A turn that this gateway gave; nobody speaks of another's. */
  private owned(link: GatewayLink, job: string): JobEntry | undefined {
    const entry = this.jobs.get(job);
    return entry?.gateway === link.gateway.url ? entry : undefined;
  }

  private linkOf(entry: JobEntry): GatewayLink | undefined {
    const link = this.links.get(entry.gateway);
    return link?.connected ? link : undefined;
  }

  /** The page of a turn is gone. */
  private losePage(entry: JobEntry): void {
    if (this.navigating.has(entry.job)) return;
    if (entry.finishedAt > 0) return;
    entry.lost = true;
    const link = this.linkOf(entry);
    if (entry.live) this.sayLost(entry);
    else if (link) this.resume(link, [entry]);
  }

  private sayLost(entry: JobEntry): void {
    const { job, accepted, sentSeq } = entry;
    const failure = refusal('lane_lost', 'The tab was closed, reloaded or left.');
    this.linkOf(entry)?.say({ type: 'failed', job, last_seq: sentSeq, accepted, failure });
    this.counters.failures += 1;
    this.orders.delete(job);
    this.jobs.end(job);
    this.shown();
  }

  private giveUpOnTheAbsent(): void {
    for (const entry of this.jobs.running()) {
      if (this.lanes.get(entry.tab)?.greeted !== true) this.losePage(entry);
    }
  }
}

function refusal(kind: NodeFailureClass, message: string): NodeFailure {
  return { class: kind, message };
}
