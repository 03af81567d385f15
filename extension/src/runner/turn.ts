// One turn on the page: new chat, type, send, follow the answer, stop on demand.

import type { Adapter, Job, NodeFailure, Role } from '../generated/protocol';
import type { FromTap, Outcome } from '../shared/channel';
import { TooLarge } from '../shared/frame';
import type { Changes } from './changes';
import { clear, holds, isEmpty, methodsFor } from './compose';
import { AnswerWatcher, answers } from './dom';
import type { Human } from './human';
import { byRole, isEnabled } from './locate';
import { Full, type Outbox } from './outbox';
import { sendLadder } from './send';
import { failure, hindrance, showsDone, stopShows, trouble } from './signals';
import type { Tapped } from './tapped';
import { turnOfLoop } from './tasks';

/** How long a way of typing may take to show in the composer. */
const VERIFY_MS = 1_500;
/** How long a page without a stream of its own must look finished. */
const SETTLED_MS = 300;
/** How long a page may look finished while a stream of the turn is still open. */
const OPEN_STREAM_MS = 2_000;
/** How long an answer must be silent where nothing on the page says that it is done. */
const SILENT_MS = 3_000;
/** How long to look for Stop after a cancel, and between two presses. */
const STOP_MS = 1_000;
/** How long a stopped page may take to come to rest. */
const REST_MS = 10_000;

/** What ends a turn as failed. */
class Fault extends Error {
  constructor(readonly failure: NodeFailure) {
    super(failure.message);
  }
}

/** The client left. */
class Cancelled extends Error {}

/** The parts of the page's runner that a turn uses. */
export interface Stage {
  changes: Changes;
  human: Human;
  tapped: Tapped;
  /** The page took the prompt. */
  accepted(): void;
  /** The page is to be opened anew at the start path; it takes this runner with it. */
  navigate(): void;
}

export class Turn {
  private readonly end = new AbortController();
  private readonly statuses = new Set<number>();
  private readonly open = new Set<number>();
  private watcher: AnswerWatcher | null = null;
  /** Something of the answer was seen: Stop, a stream of the turn, a new answer. */
  private started = false;
  private ownOpened = false;
  private tapAccepted = false;
  private typed = false;
  /** What the page complained of before the turn. */
  private oldWords = '';
  private lastHeard = 0;
  accepted = false;

  constructor(
    private readonly stage: Stage,
    private readonly adapter: Adapter,
    private readonly job: Job,
    private readonly outbox: Outbox,
    /** The page was opened for this turn, so it shows a new chat. */
    private readonly opened: boolean,
  ) {}

  /** The client left: Stop is pressed. */
  cancel(): void {
    this.end.abort(new Cancelled());
  }

  /** The page's human took over: hands off. */
  yield(): void {
    const words = 'A person uses the composer of this tab.';
    this.end.abort(new Fault(failure('human_busy', words)));
  }

  /** The gateway acknowledged frames. */
  acked(): void {
    this.watcher?.acked();
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
    this.watcher?.stop();
    return outcome;
  }

  /** Up to the page having taken the prompt, within the job's time for it. */
  private async take(): Promise<void> {
    const deadline = performance.now() + this.job.accept_ms;
    const left = () => Math.max(0, deadline - performance.now());
    const known = trouble(this.adapter, this.statuses);
    // A complaint about an earlier turn may still stand; a limit or a hindrance is met by not typing.
    if (known && known.class !== 'moderated' && known.class !== 'page_error')
      throw new Fault(known);
    await this.startChat(left);
    const composer = await this.composer(left());
    this.oldWords = keyOf(trouble(this.adapter, this.statuses));
    this.watcher = new AnswerWatcher(this.adapter, this.outbox, (error) => this.fail(error));
    if (!isEmpty(composer)) throw new Fault(failure('human_busy', 'The composer holds a text.'));
    await this.type(composer, left);
    await this.stage.tapped.arm(this.adapter.tap ?? [], this.job.prompt, (message) =>
      this.hearTap(message),
    );
    if (this.adapter.answer.kind === 'dom') this.watcher.start();
    this.end.signal.throwIfAborted();
    const missing = await sendLadder({
      adapter: this.adapter,
      changes: this.stage.changes,
      signal: this.end.signal,
      prompt: this.job.prompt,
      tapAccepted: () => this.tapAccepted,
      left,
    });
    if (missing !== null) {
      this.throwTrouble();
      const words = 'The page did not take the prompt.';
      throw new Fault(failure('not_started', words, { locator: missing }));
    }
    this.accepted = true;
    this.stage.accepted();
  }

  private async startChat(left: () => number): Promise<void> {
    // A page that shows no answer shows a new chat.
    const isFresh = () => answers(this.adapter).length === 0;
    if (this.job.conversation === 'continue' || this.opened || isFresh()) return;
    if (this.adapter.new_chat === 'navigate') {
      this.stage.navigate();
      // The page goes, and this runner with it.
      await this.until(() => false, left());
      throw new Fault(failure('not_started', 'The page did not open its start path.'));
    }
    await this.press('new_chat', left());
    if (this.adapter.locators.new_chat_confirm) {
      const confirm = () => byRole(this.adapter, 'new_chat_confirm');
      await this.until(() => isFresh() || confirm(), left());
      if (!isFresh()) click(confirm());
    }
    if (!(await this.until(isFresh, left()))) {
      throw new Fault(failure('not_started', 'The page did not begin a new chat.'));
    }
  }

  private async press(role: Role, ms: number): Promise<void> {
    const element = await this.until(() => {
      const found = byRole(this.adapter, role);
      return found && isEnabled(found) ? found : null;
    }, ms);
    if (!element) throw this.missing(role);
    click(element);
  }

  private async composer(ms: number): Promise<HTMLElement> {
    const found = await this.until(() => byRole(this.adapter, 'composer'), ms);
    if (!found) throw this.missing('composer');
    return found as HTMLElement;
  }

  private missing(role: Role): Fault {
    const hindered = hindrance(this.adapter);
    if (hindered) return new Fault(hindered);
    const words = `Nothing on the page is the adapter's ${role}.`;
    return new Fault(failure('page_changed', words, { locator: role }));
  }

  private async type(composer: HTMLElement, left: () => number): Promise<void> {
    let target = composer;
    for (const method of methodsFor(this.adapter.composer.kind)) {
      this.end.signal.throwIfAborted();
      this.typed = true;
      this.stage.human.notHuman(() => method(target, this.job.prompt));
      // Editors answer in their own time, and some put a new element in the old one's place.
      const took = await this.until(
        () => {
          const now = byRole(this.adapter, 'composer');
          return now && holds(now, this.job.prompt);
        },
        Math.min(VERIFY_MS, left()),
      );
      if (took) return;
      target = (byRole(this.adapter, 'composer') as HTMLElement | null) ?? target;
    }
    const words = 'The composer did not take the text.';
    throw new Fault(failure('page_changed', words, { locator: 'composer' }));
  }

  private hearTap(message: Exclude<FromTap, { k: 'ready' }>): void {
    this.lastHeard = performance.now();
    try {
      switch (message.k) {
        case 'request':
        case 'sent':
          this.tapAccepted = true;
          break;
        case 'open':
          this.statuses.add(message.status);
          if (message.own) {
            this.tapAccepted = true;
            this.ownOpened = true;
            this.open.add(message.stream);
          }
          this.outbox.push({ kind: 'opened', ...message });
          break;
        case 'bytes':
          this.outbox.push({ kind: 'bytes', ...message });
          return;
        case 'text':
          this.outbox.push({ kind: 'message', ...message });
          return;
        case 'close':
          this.open.delete(message.stream);
          this.outbox.push({ kind: 'closed', ...message });
      }
      this.stage.changes.notify();
    } catch (error) {
      this.fail(error);
    }
  }

  private fail(error: unknown): void {
    this.end.abort(faultOf(error));
  }

  /** Until the page is done with its answer. */
  private async follow(): Promise<void> {
    const done = this.doneCheck();
    const finished = await this.until(() => {
      this.throwTrouble();
      return done();
    }, this.job.total_ms);
    if (!finished) {
      await this.pressStop();
      throw new Fault(failure('page_error', 'The turn took longer than it may.'));
    }
    if (this.adapter.answer.kind === 'dom') this.watcher?.finish();
  }

  /** Throws what the page complains of since the turn began. */
  private throwTrouble(): void {
    const known = trouble(this.adapter, this.statuses);
    if (known && keyOf(known) !== this.oldWords) throw new Fault(known);
  }

  /**
   * A page looks finished before it has begun, too: done counts once Stop, a stream of the turn or a
   * new answer was seen, and once the streams of the turn have ended or the page stays as it is.
   */
  private doneCheck(): () => boolean {
    let since = Infinity;
    const blind = !this.adapter.signals.done?.length && !this.adapter.locators.stop;
    return () => {
      this.started ||= this.ownOpened || this.watcher?.began === true || stopShows(this.adapter);
      const now = performance.now();
      if (!this.started || !showsDone(this.adapter)) {
        since = Infinity;
        return false;
      }
      since = Math.min(since, now);
      if (this.ownOpened && this.open.size === 0) return true;
      const changedAt = this.watcher?.changedAt ?? 0;
      if (blind) return now - Math.max(this.lastHeard, changedAt) > SILENT_MS;
      return now - since >= (this.open.size > 0 ? OPEN_STREAM_MS : SETTLED_MS);
    };
  }

  /** What an error makes of the turn. */
  private async settle(error: unknown): Promise<Outcome> {
    if (error instanceof Cancelled) {
      await this.pressStop();
      return { kind: 'done', cancelled: true };
    }
    const { failure } = faultOf(error);
    if (!this.accepted && failure.class !== 'human_busy') this.takeBack();
    return { kind: 'failed', accepted: this.accepted, failure };
  }

  /** Stop, as often as the page shows it, until it rests. What was typed but not sent is taken back. */
  private async pressStop(): Promise<void> {
    const { changes } = this.stage;
    const untouched = () => this.typed && !this.accepted && this.takeBack();
    if (!this.accepted && !this.tapAccepted && (!this.typed || untouched())) return;
    const done = this.doneCheck();
    const deadline = performance.now() + REST_MS;
    while (performance.now() < deadline) {
      const stop = () => {
        const element = byRole(this.adapter, 'stop');
        return element && stopShows(this.adapter) && isEnabled(element) ? element : null;
      };
      const shown = await changes.until(() => stop() ?? done(), STOP_MS);
      this.started ||= shown instanceof Element;
      if (shown instanceof Element) click(shown);
      else if (shown === true) return;
      if (await changes.until(done, STOP_MS)) return;
    }
  }

  /** Clears the composer if it holds what we typed and nothing else. */
  private takeBack(): boolean {
    const composer = byRole(this.adapter, 'composer') as HTMLElement | null;
    if (!this.typed || !composer || !holds(composer, this.job.prompt)) return false;
    this.stage.human.notHuman(() => clear(composer));
    return true;
  }

  private async until<T>(check: () => T | null | false, ms: number): Promise<T | null> {
    const value = await this.stage.changes.until(check, ms, this.end.signal);
    // The page's own reactions to what was just seen come first.
    await turnOfLoop();
    this.end.signal.throwIfAborted();
    return value;
  }
}

function click(element: Element | null): void {
  (element as HTMLElement | null)?.click();
}

function keyOf(known: NodeFailure | null): string {
  return known ? `${known.class} ${known.site_words ?? ''}` : '';
}

function faultOf(error: unknown): Fault {
  if (error instanceof Fault) return error;
  if (error instanceof Full || error instanceof TooLarge) {
    return new Fault(failure('too_large', error.message || 'The gateway does not keep up.'));
  }
  return new Fault(failure('page_error', `The page broke the turn: ${String(error)}`));
}
