// Every turn that this node was given: which tab has it, what the gateway knows of it. No turn is
// ever given twice, even if the worker dies in between.

import { saveSession, type JobRecord } from './store';

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

export class Jobs {
  private readonly entries = new Map<string, JobEntry>();
  private over: string[] = [];

  /** What an earlier worker left. */
  restore(jobs: JobRecord[], over: string[]): void {
    this.over = over;
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
    const entry: JobEntry = {
      job,
      gateway,
      site,
      tab,
      accepted: false,
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
    this.entries.set(job, entry);
    await this.save();
    return entry;
  }

  /** The turn is over and the gateway knows it. */
  end(job: string): void {
    if (!this.entries.delete(job)) return;
    this.over = [...this.over.slice(-OVER_KEPT), job];
    void this.save();
  }

  /** Its page is done; it is kept for a while in case the gateway does not hear of it. */
  finish(entry: JobEntry): void {
    entry.finishedAt ||= Date.now();
    void this.save();
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

/** What of an entry outlives the worker. */
function recordOf(entry: JobEntry): JobRecord {
  const { job, gateway, site, tab, accepted, sentSeq, finishedAt } = entry;
  return { job, gateway, site, tab, accepted, sentSeq, finishedAt };
}
