// The turns of this node: taken from a gateway, given to a tab once, relayed, resumed, ended.

import type { Harvest, Job, NodeFailure, NodeFailureClass, Site } from '../generated/protocol';
import { fromBase64, toBase64 } from '../shared/bytes';
import type { FromRunner, HeldJob, Place, Remembered } from '../shared/channel';
import type { JobFiles } from './files';
import type { Apart } from './apart';
import type { GatewayLink } from './gateway';
import type { JobEntry, Jobs } from './jobs';
import type { Lane, Lanes } from './lanes';
import { saveSession, type Counters } from './store';

/** What turns need of the node. */
export interface Desk {
  readonly lanes: Lanes;
  readonly jobs: Jobs;
  readonly apart: Apart;
  readonly links: ReadonlyMap<string, GatewayLink>;
  readonly sites: Record<string, Site[]>;
  readonly paused: boolean;
  readonly counters: Counters;
  /** The files of an order that came before it; null where some are missing. */
  filesOf(job: Job): JobFiles | null;
  /** What a site had before requests changed it. */
  memoryOf(gateway: string, site: Site): Remembered;
  /** What of its owner's consent a site lacks. */
  lack(gateway: string, site: Site): string | null;
  after(ms: number, callback: () => void): () => void;
  /** Something that popup or badge show has changed. */
  shown(): void;
}

interface Order {
  job: Job;
  site: Site;
  /** Kept until the page has taken the prompt: it may be opened anew before. */
  files: JobFiles;
}

export class Turns {
  /** What was ordered, until the page has taken the prompt. */
  private readonly orders = new Map<string, Order>();
  /** Turns whose page is being opened for them, and what its runner is told then. */
  private readonly navigating = new Map<string, () => void>();

  constructor(private readonly desk: Desk) {}

  /** The gateway is in again: turns whose pages were heard of are resumed. */
  welcomed(link: GatewayLink): void {
    const held = this.desk.jobs
      .ofGateway(link.gateway.url)
      .filter((entry) => this.mayResume(entry));
    if (held.length > 0) this.resume(link, held);
  }

  /** The page of a tab is gone, and with it the turn that it held. */
  loseTab(tab: number): void {
    for (const entry of this.desk.jobs.ofTab(tab)) this.losePage(entry);
  }

  /** First word of a runner: what it holds is resumed, what it lacks is lost. */
  greet(lane: Lane, held: HeldJob[]): void {
    lane.greeted = true;
    for (const { job, accepted, sending, lastSeq } of held) {
      const entry = this.desk.jobs.get(job);
      if (!entry || entry.lost || entry.tab !== lane.tab) {
        this.desk.lanes.tell(lane.tab, { k: 'forget', job });
        continue;
      }
      if (accepted && !entry.accepted) this.desk.jobs.accept(entry);
      // The worker may have died before it had written that down.
      if (sending && !accepted) void this.sending(lane, job, sending);
      entry.live = false;
      const link = this.desk.links.get(entry.gateway);
      if (link?.connected) this.resume(link, [entry], lastSeq);
    }
    for (const entry of this.desk.jobs.ofTab(lane.tab)) {
      if (held.some(({ job }) => job === entry.job)) continue;
      const begin = this.navigating.get(entry.job);
      if (begin && !entry.cancelled) {
        this.navigating.delete(entry.job);
        begin();
      } else {
        this.losePage(entry);
      }
    }
  }

  /** An order: given to its tab, or refused with the reason. */
  async take(link: GatewayLink, order: { type: 'job' } & Job): Promise<void> {
    const { type: _, ...job } = order;
    // The same order twice is one order.
    if (this.desk.jobs.known(job.job)) return;
    const { url } = link.gateway;
    const site = this.desk.sites[url]?.find(({ name }) => name === job.site);
    const files = this.desk.filesOf(job);
    const problem = this.objection(url, job, site);
    if (problem || !site || !files) {
      this.desk.jobs.refuse(job.job);
      const failure = problem ?? refusal('bad_job', 'The files of the turn did not come whole.');
      return link.say({ type: 'failed', job: job.job, last_seq: 0, accepted: false, failure });
    }
    this.desk.counters.turns += 1;
    const kept = { job, site, files };
    this.orders.set(job.job, kept);
    // Written down first: a worker that dies here gives it to nobody again.
    const entry = await this.desk.jobs.begin(job.job, url, job.site, job.lane);
    if (site.adapter.page.needs_visible) await this.desk.apart.mend();
    if (entry.lost) return;
    if (entry.cancelled) return this.sayCancelled(link, entry);
    entry.given = true;
    this.give(entry, kept, false);
    this.desk.shown();
  }

  /** Hands a turn to its tab, its files first. */
  private give(entry: JobEntry, { job, site, files }: Order, opened: boolean): void {
    const { gateway, tab } = entry;
    for (const [file, pieces] of files.entries()) {
      for (const piece of pieces) {
        this.desk.lanes.tell(tab, { k: 'file', job: job.job, file, bytes: toBase64(piece) });
      }
    }
    const memory = this.desk.memoryOf(gateway, site);
    this.desk.lanes.tell(tab, { k: 'job', gateway, job, site, opened, memory });
  }

  private objection(
    url: string,
    job: { lane: number; site: string },
    site: Site | undefined,
  ): NodeFailure | null {
    const lane = this.desk.lanes.get(job.lane);
    const verdict = this.desk.lanes.verdict(job.lane, url, job.site);
    if (!site || !lane || !verdict?.lane || this.desk.lack(url, site) !== null) {
      return refusal('bad_job', 'This node has no such lane.');
    }
    if (this.desk.paused) return refusal('bad_job', 'The node is paused by its owner.');
    if (lane.report.busy || this.desk.jobs.running().some(({ tab }) => tab === job.lane)) {
      return refusal('bad_job', 'The lane is busy.');
    }
    if (lane.report.yielded)
      return refusal('human_busy', 'A person uses the composer of this tab.');
    const { state, detail } = verdict;
    if (state === 'ready') return null;
    const known: NodeFailureClass[] = [
      'challenge',
      'consent',
      'signed_out',
      'maintenance',
      'page_changed',
    ];
    const kind = known.find((one) => one === state) ?? 'not_started';
    const failure = refusal(kind, detail || 'The page is not ready.');
    return kind === 'page_changed' ? { ...failure, locator: 'composer' } : failure;
  }

  /** The answer of a lost turn is read where its conversation is: nothing but its address is used. */
  async harvest(link: GatewayLink, message: { type: 'harvest' } & Harvest): Promise<void> {
    const { type: _, ...order } = message;
    const { jobs, lanes, sites } = this.desk;
    if (jobs.known(order.job)) return;
    const { url } = link.gateway;
    this.leave(link, order.of);
    const sent = jobs.places.get(order.of);
    const site = sites[url]?.find(({ name }) => name === order.site);
    const ours = sent?.gateway === url && sent.site === order.site;
    const objection = this.objection(url, order, site);
    const lane = lanes.get(order.lane);
    if (objection || !site || !lane || !sent || !ours) {
      jobs.refuse(order.job);
      const words = 'Nothing is known any more of where the turn was sent.';
      const failure = objection ?? refusal('answer_lost', words);
      const ended = { last_seq: 0, accepted: true, failure };
      return link.say({ type: 'failed', job: order.job, ...ended });
    }
    const entry = await jobs.begin(order.job, url, order.site, order.lane);
    if (site.adapter.page.needs_visible) await this.desk.apart.mend();
    if (entry.lost) return;
    if (entry.cancelled) return this.sayCancelled(link, entry);
    jobs.accept(entry);
    entry.given = true;
    this.openFor(entry, lane, site, sent.place, order.accept_ms, () =>
      lanes.tell(entry.tab, { k: 'harvest', gateway: url, harvest: order, site, at: sent }),
    );
    this.desk.shown();
  }

  /** A turn is to be read elsewhere: what its page still writes is nobody's, and is not stopped. */
  private leave(link: GatewayLink, job: string): void {
    const entry = this.owned(link, job);
    if (!entry) return;
    this.desk.lanes.tell(entry.tab, { k: 'leave', job });
    entry.lost = true;
    this.orders.delete(job);
    this.desk.jobs.end(job);
  }

  /** The prompt is about to be sent: it is, once that is written down. */
  async sending(lane: Lane, job: string, at: Place): Promise<void> {
    const entry = this.desk.jobs.get(job);
    if (!entry || entry.tab !== lane.tab || entry.lost) return;
    await this.desk.jobs.send(entry, at);
    this.desk.lanes.tell(lane.tab, { k: 'send', job });
  }

  /** The conversation of a turn has an address of its own now. */
  moved(lane: Lane, job: string, at: Place): void {
    const entry = this.desk.jobs.get(job);
    if (entry?.sent && entry.tab === lane.tab) void this.desk.jobs.send(entry, at);
  }

  /** The page took the prompt. */
  accepted(job: string): void {
    const entry = this.desk.jobs.get(job);
    if (!entry || entry.accepted) return;
    this.desk.jobs.accept(entry);
    this.orders.delete(job);
    // On a socket not yet resumed the resume says it.
    if (entry.live) this.sayAccepted(entry);
  }

  private sayAccepted(entry: JobEntry): void {
    entry.acceptedTold = true;
    this.linkOf(entry)?.say({ type: 'accepted', job: entry.job });
  }

  /** Frames of a runner on their way to the gateway. */
  relay({ job, run, last, frames }: Extract<FromRunner, { k: 'frames' }>): void {
    const entry = this.desk.jobs.get(job);
    const link = entry && this.linkOf(entry);
    // What comes while the gateway is away stays with the runner, which sends it again.
    if (!entry?.live || !link || entry.run !== run) return;
    for (const frame of frames) link.relay(fromBase64(frame));
    entry.sentSeq = last;
    this.desk.counters.frames += frames.length;
  }

  /** The runner's last word on a turn. */
  finished({ job, run, lastSeq, outcome }: Extract<FromRunner, { k: 'finished' }>): void {
    const entry = this.desk.jobs.get(job);
    const link = entry && this.linkOf(entry);
    if (!entry) return;
    this.orders.delete(job);
    if (entry.finishedAt === 0 && outcome.kind === 'failed') this.desk.counters.failures += 1;
    this.desk.jobs.finish(entry);
    void saveSession({ counters: this.desk.counters });
    // On a socket not yet resumed it stays with the runner, which says it again.
    if (entry.live && link && entry.run === run) {
      entry.endTold = true;
      if (outcome.kind === 'done') {
        link.say({ type: 'done', job, last_seq: lastSeq, cancelled: outcome.cancelled });
      } else {
        const { accepted, failure } = outcome;
        link.say({ type: 'failed', job, last_seq: lastSeq, accepted, failure });
      }
    }
    this.desk.shown();
  }

  /** The turn needs its page opened at a place of the site; its runner goes with the page. */
  navigate(lane: Lane, job: string, place: string): void {
    const entry = this.desk.jobs.get(job);
    const order = this.orders.get(job);
    if (!entry || !order || entry.tab !== lane.tab || entry.accepted) return;
    this.openFor(entry, lane, order.site, place, order.job.accept_ms, () =>
      this.give(entry, order, true),
    );
  }

  /** Opens a page for a turn and goes on with its runner. */
  private openFor(
    entry: JobEntry,
    lane: Lane,
    site: Site,
    place: string,
    ms: number,
    begin: () => void,
  ): void {
    this.navigating.set(entry.job, begin);
    void open(lane, site, place).catch(() => {});
    this.desk.after(ms, () => {
      if (this.navigating.delete(entry.job)) this.losePage(entry);
    });
  }

  /** A page holds what cannot be taken out of it: it is opened anew. */
  reopen(lane: Lane, gateway: string, name: string): void {
    const site = this.desk.sites[gateway]?.find((one) => one.name === name);
    if (site) void open(lane, site, site.adapter.page.start).catch(() => {});
  }

  /** The client left. */
  cancel(link: GatewayLink, job: string): void {
    const entry = this.owned(link, job);
    if (!entry) return;
    entry.cancelled = true;
    // Its page is being opened: nothing runs that could be stopped.
    if (this.navigating.delete(job)) return this.sayCancelled(link, entry);
    if (entry.given) this.desk.lanes.tell(entry.tab, { k: 'cancel', job });
  }

  private sayCancelled(link: GatewayLink, { job }: JobEntry): void {
    this.desk.jobs.end(job);
    this.orders.delete(job);
    link.say({ type: 'done', job, last_seq: 0, cancelled: true });
    this.desk.shown();
  }

  /** The gateway has frames. */
  ack(link: GatewayLink, job: string, seq: number): void {
    const entry = this.owned(link, job);
    if (entry) this.desk.lanes.tell(entry.tab, { k: 'ack', job, seq });
  }

  /** Tells the gateway which turns are still held. */
  private resume(link: GatewayLink, entries: JobEntry[], lastSeq?: number): void {
    const jobs = entries.map((entry) => {
      entry.acceptedTold = entry.accepted;
      const { job, accepted, sentSeq } = entry;
      const last_seq = Math.max(sentSeq, lastSeq ?? 0);
      return { job, accepted, last_seq, first_seq: 0 };
    });
    link.say({ type: 'resume', jobs });
  }

  /** A turn is resumed once its page was heard of, or is known to be gone. */
  private mayResume(entry: JobEntry): boolean {
    return entry.lost || this.desk.lanes.get(entry.tab)?.greeted === true;
  }

  /** The gateway still wants a turn, and has its frames up to `seq`. */
  resumed(link: GatewayLink, job: string, seq: number): void {
    const entry = this.owned(link, job);
    if (!entry) return;
    entry.live = true;
    // What it lacks comes from the runner again, or never where the page is gone.
    entry.sentSeq = seq;
    if (entry.lost || !this.desk.lanes.get(entry.tab)) return this.sayLost(entry);
    entry.run = Date.now();
    if (entry.accepted && !entry.acceptedTold) this.sayAccepted(entry);
    this.desk.lanes.tell(entry.tab, { k: 'resend', job, after: seq, run: entry.run });
  }

  /** The gateway does not know a turn any more. */
  stopped(link: GatewayLink, job: string): void {
    const entry = this.owned(link, job);
    if (entry) this.settle(entry);
  }

  /** Nothing more is to be said of a turn. */
  private settle(entry: JobEntry): void {
    this.desk.lanes.tell(entry.tab, { k: 'forget', job: entry.job });
    this.desk.jobs.end(entry.job);
    this.desk.shown();
  }

  /** A turn that this gateway gave; nobody speaks of another's. */
  private owned(link: GatewayLink, job: string): JobEntry | undefined {
    const entry = this.desk.jobs.get(job);
    return entry?.gateway === link.gateway.url ? entry : undefined;
  }

  private linkOf(entry: JobEntry): GatewayLink | undefined {
    const link = this.desk.links.get(entry.gateway);
    return link?.connected ? link : undefined;
  }

  /** The page of a turn is gone; what it had yet to say is lost. */
  private losePage(entry: JobEntry): void {
    if (this.navigating.has(entry.job)) return;
    if (entry.endTold) return;
    entry.lost = true;
    const link = this.linkOf(entry);
    if (entry.live) this.sayLost(entry);
    else if (link) this.resume(link, [entry]);
  }

  private sayLost(entry: JobEntry): void {
    const { job, sentSeq } = entry;
    // Its last word may be what was lost: what was about to be sent is taken for sent.
    const accepted = entry.accepted || entry.sent;
    const failure = refusal('lane_lost', 'The tab was closed, reloaded or left.');
    this.linkOf(entry)?.say({ type: 'failed', job, last_seq: sentSeq, accepted, failure });
    this.desk.counters.failures += 1;
    this.orders.delete(job);
    this.desk.jobs.end(job);
    this.desk.shown();
  }

  /** A new worker's runners had their time to come back. */
  giveUpOnTheAbsent(): void {
    for (const entry of this.desk.jobs.running()) {
      if (this.desk.lanes.get(entry.tab)?.greeted !== true) this.losePage(entry);
    }
  }
}

/** Opens a place of the site in the tab of a lane; never one of another origin. */
async function open(lane: Lane, site: Site, place: string): Promise<void> {
  const { href, origin } = new URL(place, site.origin);
  const url = origin === site.origin ? href : site.origin;
  // The page's address now: many a page changes its own without being loaded anew.
  const { url: shown = '' } = await chrome.tabs.get(lane.tab);
  // Opening the page that the tab already shows would do nothing, or turn to another part of it.
  const isSame = withoutFragment(shown) === withoutFragment(url);
  if (!isSame || url.includes('#')) await chrome.tabs.update(lane.tab, { url });
  if (isSame) await chrome.tabs.reload(lane.tab);
}

function withoutFragment(url: string): string {
  return url.split('#', 1)[0] ?? '';
}

function refusal(kind: NodeFailureClass, message: string): NodeFailure {
  return { class: kind, message };
}
