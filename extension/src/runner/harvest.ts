// The answer of a lost turn, read where its conversation is. The page was opened for it; nothing is
// typed or clicked here.

import type { Adapter, Harvest, Job } from '../generated/protocol';
import type { Outcome, Place } from '../shared/channel';
import { lettersOf, printOf } from '../shared/print';
import { Act, type Stage } from './act';
import { AnswerWatcher, answers } from './dom';
import { Cancelled, Fault, faultOf } from './fault';
import { every } from './locate';
import { mediaIn, relayMedia } from './media';
import type { Outbox } from './outbox';
import { failure, hindrance, showsDone, stopShows } from './signals';

/** A page that was opened in the middle of an answer may stand still before it goes on. */
const STILL_MS = 3_000;

/** A page whose chat has no address of its own shows it again by itself or not at all. */
const BY_ITSELF_MS = 5_000;

export class Reading {
  private readonly end = new AbortController();
  private readonly act: Act;
  private watcher: AnswerWatcher | null = null;
  readonly accepted = true;

  constructor(
    private readonly stage: Stage,
    private readonly adapter: Adapter,
    private readonly harvest: Harvest,
    private readonly at: Place,
    private readonly outbox: Outbox,
  ) {
    this.act = new Act(stage, adapter, asJob(harvest), this.end.signal);
  }

  cancel(): void {
    this.end.abort(new Cancelled());
  }

  yield(): void {
    this.end.abort(new Fault(failure('human_busy', 'A person uses the composer of this tab.')));
  }

  leave(): void {
    this.end.abort(new Fault(failure('lane_lost', 'The extension left the page.')));
  }

  /** A page that goes takes this with it. */
  leaving(): void {}

  acked(): void {
    this.watcher?.acked();
    this.stage.changes.notify();
  }

  async run(): Promise<Outcome> {
    try {
      await this.read();
      return { kind: 'done', cancelled: false };
    } catch (error) {
      if (error instanceof Cancelled) return { kind: 'done', cancelled: true };
      return { kind: 'failed', accepted: true, failure: faultOf(error).failure };
    } finally {
      this.watcher?.stop();
    }
  }

  private async read(): Promise<void> {
    const left = this.act.left();
    const patience = this.hasAddress() ? left : Math.min(left, BY_ITSELF_MS);
    if (!(await this.act.until(() => this.isThere(), patience))) {
      const words = 'The conversation does not show the answer.';
      throw new Fault(failure('answer_lost', words));
    }
    const others = answers(this.adapter).slice(0, -1);
    const failed = (error: unknown) => this.end.abort(faultOf(error));
    const watcher = new AnswerWatcher(this.adapter, this.outbox, failed, 1, others);
    this.watcher = watcher;
    watcher.start();
    const whole = () =>
      watcher.began &&
      this.isThere() &&
      showsDone(this.adapter) &&
      performance.now() - watcher.changedAt > STILL_MS;
    if (!(await this.act.until(whole, this.harvest.total_ms))) {
      throw new Fault(failure('answer_lost', 'The answer did not come to its end.'));
    }
    watcher.finish();
    await relayMedia(this.act, this.outbox, mediaIn(this.adapter, answers(this.adapter).slice(-1)));
  }

  /** Whether the conversation has an address that is not the one of a new chat. */
  private hasAddress(): boolean {
    const { href } = new URL(this.adapter.page.start, location.origin);
    return new URL(this.at.place, location.origin).href !== href;
  }

  /** Whether the last answer is the turn's: below its prompt, and one more than there were. */
  private isThere(): boolean {
    const known = hindrance(this.adapter);
    if (known) throw new Fault(known);
    const shown = answers(this.adapter);
    const last = shown.at(-1);
    if (!last) return false;
    // Of a list that keeps only what is in view, the number says nothing.
    const { question, scroller } = this.adapter.locators;
    if (!scroller?.length && shown.length !== this.at.before + 1) return false;
    if (!question?.length) return !scroller?.length && saysSome(last, this.adapter);
    const asked = every(this.adapter, question).at(-1);
    if (!asked || printOf(asked.textContent ?? '') !== this.at.print) return false;
    const follows = asked.compareDocumentPosition(last) & Node.DOCUMENT_POSITION_FOLLOWING;
    return follows !== 0 && saysSome(last, this.adapter);
  }
}

/** Whether there is something to read, or something is being written. */
function saysSome(answer: Element, adapter: Adapter): boolean {
  const pictures = answer.querySelector('img, video, canvas') !== null;
  return pictures || lettersOf(answer.textContent ?? '') !== '' || stopShows(adapter);
}

/** A turn without a prompt: it has the same deadlines. */
function asJob({ job, lane, site, accept_ms, total_ms }: Harvest): Job {
  const nothing = { prompt: '', conversation: 'continue', settings: {} } as const;
  return { job, lane, site, ...nothing, files: [], accept_ms, total_ms };
}
