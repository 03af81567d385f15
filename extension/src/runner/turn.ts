// One turn on the page: new chat, type, send, follow the answer, stop on demand.

import type { Adapter, Job, NodeFailure } from '../generated/protocol';
import type { Outcome } from '../shared/channel';
import { wellFormed } from '../shared/frame';
import { Act, type Stage } from './act';
import { connected } from './connected';
import { Progress } from './done';
import { chooseModel } from './choose';
import { AnswerWatcher, answers } from './dom';
import { Cancelled, Fault, faultOf } from './fault';
import { attachFiles } from './files';
import { mediaIn, relayMedia } from './media';
import type { Outbox } from './outbox';
import { closeOverlays } from './overlays';
import { setParameters } from './parameters';
import { sendLadder } from './send';
import { failure, MAX_WORDS, trouble } from './signals';
import { startChat } from './start';
import { Statuses } from './statuses';
import { pressStop } from './stop';
import type { Heard } from './tapped';
import { soon } from './tasks';
import { isEmpty } from './text';
import { setTools } from './tools';
import { takeBack, typePrompt } from './type';

/** A page that was told to go and is still there after this long stays. */
export const GOING_MS = 3_000;

export class Turn {
  private readonly end = new AbortController();
  private readonly act: Act;
  private readonly progress: Progress;
  private readonly statuses = new Statuses();
  private tapAccepted = false;
  private typed = false;
  private attached = false;
  /** Answers that the page showed before the turn. */
  private before = new Set<Element>();
  private goingUntil = -Infinity;
  /** Streams that broke while the page may be going. */
  private broken: Heard[] = [];
  /** What the page complained of before the turn. */
  private oldWords = '';
  accepted = false;

  constructor(
    private readonly stage: Stage,
    private readonly adapter: Adapter,
    private readonly job: Job,
    private readonly outbox: Outbox,
    /** The page was opened for this turn, so it shows a new chat. */
    private readonly opened: boolean,
  ) {
    this.act = new Act(stage, adapter, job, this.end.signal);
    this.progress = new Progress(adapter);
  }

  /** The client left: Stop is pressed. */
  cancel(): void {
    this.end.abort(new Cancelled());
  }

  /** The page's human took over: hands off. */
  yield(): void {
    const words = 'A person uses the composer of this tab.';
    this.end.abort(new Fault(failure('human_busy', words)));
  }

  /** The turn is read elsewhere, or the extension is gone: hands off, and the page goes on. */
  leave(): void {
    this.end.abort(new Fault(failure('lane_lost', 'The extension left the page.')));
  }

  /** The page was told to go: how it falls apart is no answer, no complaint and no end. */
  leaving(): void {
    this.goingUntil = performance.now() + GOING_MS;
  }

  private isGoing(): boolean {
    if (performance.now() < this.goingUntil) return true;
    for (const message of this.broken.splice(0)) this.hearTap(message);
    return false;
  }

  /** The gateway acknowledged frames. */
  acked(): void {
    this.progress.watcher?.acked();
    // Media wait until the gateway has taken what went before.
    this.stage.changes.notify();
  }

  async run(): Promise<Outcome> {
    let outcome: Outcome;
    try {
      await this.take();
      await this.follow();
      outcome = { kind: 'done', cancelled: false };
    } catch (error) {
      outcome = await this.settle(error);
    }
    // What the tap said before now still belongs to this turn.
    await this.stage.tapped.disarm();
    this.progress.watcher?.stop();
    return outcome;
  }

  /** Up to the page having taken the prompt, step by step, within the job's time for it. */
  private async take(): Promise<void> {
    await this.stage.atRest();
    this.end.signal.throwIfAborted();
    this.refuseIfTroubled();
    const began = await this.step(() => startChat(this.act, this.opened));
    // A pinned conversation keeps its own model unless one is named.
    const keeps = this.job.place !== undefined && this.job.model === undefined;
    const choose = async () => !keeps && chooseModel(this.act, this.stage.labels());
    const chose = await this.step(choose);
    await this.step(() => setParameters(this.act));
    await this.step(() => setTools(this.act));
    // A page that was just loaded enables its button for a prompt alone once it is connected; one
    // that begins a new chat in place may be about to leave the socket of the chat before.
    const leaves = this.stage.files.length > 0 || this.adapter.new_chat === 'click';
    if (chose || (began && leaves)) await connected(this.act);
    await this.step(() => this.attach());
    await this.step(() => this.type());
    await this.step(() => this.send());
    this.accepted = true;
    this.stage.accepted();
  }

  /** One step of using the page, which nothing that may be closed covers when it begins. */
  private async step<T>(use: () => Promise<T>): Promise<T> {
    const until = (check: () => boolean, ms: number) =>
      this.act.until(check, Math.min(ms, this.act.left()));
    await closeOverlays(this.adapter, until);
    return use();
  }

  /** A complaint about an earlier turn may still stand; a limit or a hindrance is met by not typing. */
  private refuseIfTroubled(): void {
    const known = trouble(this.adapter, this.statuses);
    if (known && known.class !== 'moderated' && known.class !== 'page_error')
      throw new Fault(known);
  }

  private async attach(): Promise<void> {
    const { files } = this.stage;
    this.attached = files.length > 0;
    await attachFiles(this.act, files);
  }

  private async type(): Promise<void> {
    const composer = await this.act.find('composer');
    if (!isEmpty(composer)) throw new Fault(failure('human_busy', 'The composer holds a text.'));
    this.oldWords = keyOf(trouble(this.adapter, this.statuses));
    this.typed = true;
    await typePrompt(this.act);
  }

  /** Answers and streams from here on are of this turn. */
  private async send(): Promise<void> {
    this.before = new Set(answers(this.adapter));
    const sides = this.adapter.modes?.find(({ name }) => name === this.job.mode)?.sides;
    const failed = (error: unknown) => this.fail(error);
    const watcher = new AnswerWatcher(this.adapter, this.outbox, failed, sides);
    this.progress.watcher = watcher;
    await this.stage.tapped.arm(this.adapter.tap ?? [], this.job.prompt, (message) =>
      this.hearTap(message),
    );
    if (this.adapter.answer.kind === 'dom') watcher.start();
    this.end.signal.throwIfAborted();
    const may = this.stage.sending(this.before.size, this.job.prompt);
    if (!(await this.act.until(may))) {
      throw new Fault(failure('not_started', 'The extension did not write the turn down.'));
    }
    const missing = await sendLadder({
      adapter: this.adapter,
      changes: this.stage.changes,
      signal: this.end.signal,
      prompt: this.job.prompt,
      tapAccepted: () => this.tapAccepted,
      left: () => this.act.left(),
    });
    if (missing === null) return;
    this.throwTrouble();
    const words = 'The page did not take the prompt.';
    throw new Fault(failure('not_started', words, { locator: missing }));
  }

  private hearTap(message: Heard): void {
    if (message.k === 'close' && message.failed && performance.now() < this.goingUntil) {
      this.broken.push(message);
      return;
    }
    this.progress.lastHeard = performance.now();
    try {
      switch (message.k) {
        case 'request':
          this.statuses.asked();
          this.tapAccepted = true;
          break;
        case 'sent':
          this.tapAccepted = true;
          break;
        case 'status':
          this.statuses.note(message.tap, message.status);
          break;
        case 'open':
          this.statuses.opened(message.tap, message.stream, message.status, message.own);
          if (message.own) {
            this.tapAccepted = true;
            this.progress.opened(message.stream);
          }
          this.outbox.push({ kind: 'opened', ...message });
          break;
        case 'bytes':
          this.statuses.bytes(message.stream, message.bytes);
          this.outbox.push({ kind: 'bytes', ...message });
          return;
        case 'text':
          this.outbox.push({ kind: 'message', ...message });
          return;
        case 'close':
          this.statuses.closed(message.stream);
          this.progress.closed(message.stream);
          this.outbox.push({ kind: 'closed', ...message });
      }
      // The page hears of it after us: what it shows is looked at when it has.
      soon(() => this.stage.changes.notify());
    } catch (error) {
      this.fail(error);
    }
  }

  private fail(error: unknown): void {
    this.end.abort(faultOf(error));
  }

  /** Until the page is done with its answer. */
  private async follow(): Promise<void> {
    const done = this.progress.doneCheck();
    const finished = await this.act.until(() => {
      if (this.isGoing()) return false;
      this.throwTrouble();
      return !this.statuses.isRefused && done();
    }, this.job.total_ms);
    if (!finished) {
      await pressStop(this.act, this.progress);
      throw new Fault(failure('page_error', 'The turn took longer than it may.'));
    }
    if (this.adapter.answer.kind === 'dom') this.progress.watcher?.finish();
    const fresh = answers(this.adapter).filter((answer) => !this.before.has(answer));
    await relayMedia(this.act, this.outbox, mediaIn(this.adapter, fresh));
  }

  /** Throws what the page complains of since the turn began. */
  private throwTrouble(): void {
    const known = trouble(this.adapter, this.statuses);
    if (known && keyOf(known) !== this.oldWords) throw new Fault(known);
    const refusal = this.statuses.refusal();
    if (!refusal) return;
    const { status, words } = refusal;
    const kind = status === 429 ? 'rate_limited' : 'page_error';
    const message = `The site answered the prompt with status ${status}.`;
    throw new Fault(failure(kind, message, { site_words: wellFormed(words.slice(0, MAX_WORDS)) }));
  }

  /** What an error makes of the turn. What was typed or added but not sent is taken back. */
  private async settle(error: unknown): Promise<Outcome> {
    if (this.attached && !this.accepted && !this.tapAccepted) this.stage.reopen();
    if (error instanceof Cancelled) {
      const untouched = async () => !this.typed || (await takeBack(this.act));
      if (this.accepted || this.tapAccepted || !(await untouched())) {
        await pressStop(this.act, this.progress);
      }
      return { kind: 'done', cancelled: true };
    }
    const { failure } = faultOf(error);
    if (this.typed && !this.accepted && failure.class !== 'human_busy') {
      await takeBack(this.act);
    }
    return { kind: 'failed', accepted: this.accepted, failure };
  }
}

function keyOf(known: NodeFailure | null): string {
  return known ? `${known.class} ${known.site_words ?? ''}` : '';
}
