// Every turn that this node was given: which tab has it, what the gateway knows of it. No turn is
// ever given twice, even if the worker dies in between.

import type { Place } from '../shared/channel';
import { Places } from './places';
import { saveSession, type JobRecord, type SentTurn } from './store';

/** A turn that runs, or whose end the gateway may not have heard. */
export interface JobEntry extends JobRecord {
  /** The gateway takes frames of it on the socket that is open now. */
  live: boolean;
  /** Marks what the runner sends since the gateway last said from where. */
  run: number;
  /** The gateway was told on this socket that the page took the prompt. */
  acceptedTold: boolean;
  /** Its end was said on the socket that was open then. */
  endTold: boolean;
  /** Its page is gone. */
  lost: boolean;
  /** The gateway wants it stopped. */
  cancelled: boolean;
  /** The tab has it. */
  given: boolean;
}

/** An end that nobody asked about again is forgotten after this time. */
const KEEP_MS = 60_000;
const OVER_KEPT = 500;
/** The number of a tab that is gone. */
const NO_TAB = -1;

export class Jobs {
  readonly places = new Places();
  private readonly entries = new Map<string, JobEntry>();
  private over: string[] = [];

  /** What an earlier worker left, in this session of the browser or before it. */
  restore(jobs: JobRecord[], over: string[], sent: Record<string, SentTurn>): void {
    this.over = over;
    this.places.restore(sent);
    for (const record of jobs) {
      const fresh = {
        live: false,
        run: 0,
        acceptedTold: false,
        endTold: false,
        lost: false,
        cancelled: false,
        given: true,
      };
      this.entries.set(record.job, { ...record, ...fresh });
    }
    for (const [job, { gateway, site }] of this.places.all()) {
      if (this.known(job)) continue;
      const entry = { ...newEntry(job, gateway, site, NO_TAB), live: false, given: true };
      // Of an earlier session: its page is gone, and the last word of it may be, too.
      this.entries.set(job, { ...entry, accepted: true, sent: true, lost: true });
    }
  }

  get(job: string): JobEntry | undefined {
    return this.entries.get(job);
  }

  /** Whether this turn was ever given to this node. */
  known(job: string): boolean {
    return this.entries.has(job) || this.over.includes(job);
  }

  /** Writes the turn down before anything is typed. */
  async begin(job: string, gateway: string, site: string, tab: number): Promise<JobEntry> {
    this.forgetOld();
    const entry = newEntry(job, gateway, site, tab);
    this.entries.set(job, entry);
    await this.save();
    return entry;
  }

  /** The turn is over and the gateway knows it. */
  end(job: string): void {
    const entry = this.entries.get(job);
    if (!entry) return;
    this.entries.delete(job);
    // The answer of a lost one may be asked for yet.
    if (!entry.lost) this.places.drop(job);
    this.over = [...this.over.slice(-OVER_KEPT), job];
    void this.save();
  }

  /** Its page is done; it is kept for a while in case the gateway does not hear of it. */
  finish(entry: JobEntry): void {
    entry.finishedAt ||= Date.now();
    void this.save();
  }

  /** Its prompt is about to be sent. Resolves once that is written. */
  async send(entry: JobEntry, at: Place): Promise<void> {
    entry.sent = true;
    const { job, gateway, site } = entry;
    await Promise.all([this.save(), this.places.note(job, gateway, site, at)]);
  }

  accept(entry: JobEntry): void {
    entry.accepted = true;
    void this.save();
  }

  /** Refused before it began: its id is used up all the same. */
  refuse(job: string): void {
    this.over = [...this.over.slice(-OVER_KEPT), job];
    void this.save();
  }

  ofTab(tab: number): JobEntry[] {
    return [...this.entries.values()].filter((entry) => entry.tab === tab);
  }

  ofGateway(gateway: string): JobEntry[] {
    this.forgetOld();
    return [...this.entries.values()].filter((entry) => entry.gateway === gateway);
  }

  /** Turns that run now. */
  running(): JobEntry[] {
    return [...this.entries.values()].filter((entry) => entry.finishedAt === 0);
  }

  private forgetOld(): void {
    const now = Date.now();
    for (const entry of this.entries.values()) {
      if (entry.finishedAt > 0 && now - entry.finishedAt > KEEP_MS) this.end(entry.job);
    }
  }

  private save(): Promise<void> {
    const jobs = [...this.entries.values()].map(recordOf);
    return saveSession({ jobs, over: this.over });
  }
}

function newEntry(job: string, gateway: string, site: string, tab: number): JobEntry {
  return {
    job,
    gateway,
    site,
    tab,
    accepted: false,
    sent: false,
    sentSeq: 0,
    finishedAt: 0,
    live: true,
    run: 0,
    acceptedTold: false,
    endTold: false,
    lost: false,
    cancelled: false,
    given: false,
  };
}

/** What of an entry outlives the worker. */
function recordOf(entry: JobEntry): JobRecord {
  const { job, gateway, site, tab, accepted, sent, sentSeq, finishedAt } = entry;
  return { job, gateway, site, tab, accepted, sent, sentSeq, finishedAt };
}
