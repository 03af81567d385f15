// The page's runner: reports what the page shows, runs the turns that the background hands over.

import type { NodeFailureClass, Site, Tap } from '../generated/protocol';
import type { FromRunner, HeldJob, Offer, Outcome, PageReport, Place, Remembered, ToRunner } from '../shared/channel';
import { fromBase64, toBase64 } from '../shared/bytes';
import { memoryKey } from '../shared/memory';
import { printOf } from '../shared/print';
import { Changes } from './changes';
import type { Stage } from './act';
import { diagnose, passesSelfTest } from './diagnose';
import { Human } from './human';
import { Incoming } from './incoming';
import { Link } from './link';
import { byRole } from './locate';
import { hideMark, showMark } from './mark';
import { Memory } from './memory';
import { Offering } from './offering';
import { Outbox } from './outbox';
import { Pickers } from './pickers';
import { pageState } from './signals';
import { Standing } from './standing';
import { Tapped } from './tapped';
import { Clock, soon } from './tasks';
import { isEmpty } from './text';
import { Teacher } from '../teach/teacher';
import { Reading } from './harvest';
import { GOING_MS, Turn } from './turn';

/** A page that shows no composer for this long has changed. */
const SETTLE_MS = 8_000;
/** The composer is its human's until it was left alone for this long. */
const YIELD_MS = 30_000;
/** An ended turn is kept this long, in case the gateway did not hear of its end. */
const KEEP_MS = 60_000;

/** Failures that its page may explain. */
const OF_PAGE = new Set<NodeFailureClass>([
  'page_changed',
  'not_started',
  'page_error',
  'choice_refused',
  'file_refused',
]);

type Given = Extract<ToRunner, { k: 'job' }>;
type Asked = Extract<ToRunner, { k: 'harvest' }>;
type Question = Extract<ToRunner, { k: 'diagnose' }>;
type Wish = Extract<ToRunner, { k: 'reread' }>;
type Quiet = Extract<ToRunner, { k: 'untouched' }>;

/** A turn with its frames; it outlives the background. */
interface Held {
  gateway: string;
  site: Site;
  job: string;
  turn: Turn | Reading;
  outbox: Outbox;
  run: number;
  outcome: Outcome | null;
  begunAt: number;
  endedAt: number;
  /** Where it is being sent, or was. */
  sending: Place | null;
  /** That is written down: it may be sent. */
  maySend: boolean;
  /** The page is to be opened anew: until then its lane is not free. */
  reopen: boolean;
}

export class PageRunner {
  private readonly stop = new AbortController();
  private readonly clock = new Clock((id, ms) => this.link.tell({ k: 'timer', id, ms }));
  private readonly human = new Human(
    () => this.composers(),
    () => this.onHuman(),
    this.stop.signal,
    () => this.standNoMore(),
  );
  private readonly changes = new Changes(this.clock, (document) => this.human.watch(document));
  private readonly tapped = new Tapped();
  private readonly pickers = new Pickers(this.tapped);
  private readonly incoming = new Incoming();
  private readonly offering = new Offering(this.changes, this.tapped, this.clock, () =>
    soon(() => this.report()),
  );
  private readonly link = new Link(
    (message) => this.hear(message),
    () => this.hello(),
    () => this.retire(),
  );
  private readonly teacher = new Teacher({
    tapped: this.tapped,
    tell: (word) => this.link.tell({ k: 'lesson', word }),
    notHuman: (action) => this.human.notHuman(action),
    forgetHuman: () => this.human.forget(),
  });
  private readonly held = new Map<string, Held>();
  private readonly startedAt = performance.now();
  private offers: Offer[] = [];
  private current: Held | null = null;
  private lastReport = '';
  private askedReload = false;
  /** Turns that ended on this page. */
  private turns = 0;
  /** The conversation that the last of them left, untouched since. */
  private standing: Standing | null = null;
  private stirredAt = -Infinity;

  start(): void {
    const { signal } = this.stop;
    this.tapped.connect();
    this.offering.start(() => this.offers, signal);
    this.changes.start();
    this.changes.listen(() => {
      this.standing?.look();
      this.tellMoved();
      this.report();
    });
    this.link.connect();
    // By "Back", a page may come to another conversation without a click in it.
    window.addEventListener('popstate', () => this.standNoMore(), { signal });
    window.addEventListener('pagehide', () => this.link.freeze(), { signal });
    window.addEventListener('pageshow', () => this.link.thaw(), { signal });
    this.clock.after(SETTLE_MS, () => this.report());
  }

  /** The extension is gone: leave the page as if we had never been there. */
  private retire(): void {
    this.stop.abort();
    // What the page still writes is read by the next extension.
    this.current?.turn.leave();
    this.changes.stop();
    hideMark();
  }

  private hello(): FromRunner {
    this.lastReport = '';
    this.forgetOld();
    const held: HeldJob[] = [...this.held.values()].map(
      ({ gateway, job, turn, outbox, outcome, sending }) => ({
        gateway,
        job,
        accepted: turn.accepted,
        sending,
        lastSeq: outbox.lastSeq,
        finished: outcome !== null,
      }),
    );
    return { k: 'hello', tapped: this.tapped.connected, held };
  }

  private hear(message: ToRunner): void {
    switch (message.k) {
      case 'offers':
        this.offers = message.offers;
        this.watchStanding();
        return this.report();
      case 'file':
        return this.incoming.add(message.job, message.file, fromBase64(message.bytes));
      case 'job':
        return this.take(message);
      case 'harvest':
        return this.read(message);
      case 'send':
        return this.maySend(message.job);
      case 'leave':
        return this.held.get(message.job)?.turn.leave();
      case 'cancel':
        return this.held.get(message.job)?.turn.cancel();
      case 'diagnose':
        return void this.answer(message);
      case 'reread':
        return void this.reread(message);
      case 'untouched':
        return this.sayUntouched(message);
      case 'ack':
        return this.ack(message.job, message.seq);
      case 'resend':
        return this.resend(message.job, message.after, message.run);
      case 'teach':
        this.teacher.take(message.lesson);
        this.watchStanding();
        return this.report();
      case 'forget':
        return this.forget(message.job);
      case 'timer':
        return this.clock.rang(message.id);
    }
  }

  private watchStanding(): void {
    // A lesson wants all that the page's streams bring.
    if (this.teacher.busy) return;
    const taps = this.offers.flatMap(({ site }) => site.adapter.tap ?? []);
    const always = ({ standing, purpose }: Partial<Tap>) =>
      standing === true || purpose === 'models' || purpose === 'upload';
    this.tapped.watch(taps.filter(always));
  }

  private take({ gateway, job, site, opened, memory }: Given): void {
    const before = this.standing;
    const files = this.incoming.take(job);
    this.begin(gateway, site, job.job, memory, (stage, outbox) => {
      const standsAfter = (after: string) => before?.holds(gateway, after) ?? false;
      return new Turn({ ...stage, files, standsAfter }, site.adapter, job, outbox, opened);
    });
  }

  /** Reads the answer of a lost turn in the page that was opened for it. */
  private read({ gateway, harvest, site, at }: Asked): void {
    this.begin(gateway, site, harvest.job, {}, (stage, outbox) => {
      return new Reading(stage, site.adapter, harvest, at, outbox);
    });
  }

  private begin(
    gateway: string,
    site: Site,
    job: string,
    memory: Remembered,
    make: (stage: Stage, outbox: Outbox) => Turn | Reading,
  ): void {
    // Nothing is ever typed twice, whoever asks for it.
    if (this.held.has(job)) return;
    this.forgetOld();
    const inThisTask = (task: () => void) => queueMicrotask(task);
    const outbox = new Outbox(job, inThisTask, (frames, last) => {
      const run = this.held.get(job)?.run ?? 0;
      this.link.tell({ k: 'frames', job, run, last, frames: frames.map(toBase64) });
    });
    this.standing = null;
    const stage: Stage = {
      changes: this.changes,
      human: this.human,
      tapped: this.tapped,
      sending: (before, prompt) => this.sending(held, before, prompt),
      accepted: () => this.link.tell({ k: 'accepted', job }),
      navigate: (place: string) => this.link.tell({ k: 'navigate', job, place }),
      reopen: () => (held.reopen = true),
      memory: new Memory(memory, (values) =>
        this.link.tell({ k: 'remember', key: memoryKey(gateway, site), values }),
      ),
      pickers: this.pickers,
      files: [],
      turnsBefore: this.turns,
      labels: () => this.offering.labels({ gateway, site }),
      atRest: () => this.offering.rest(),
      standsAfter: () => false,
    };
    const turn = make(stage, outbox);
    const held: Held = {
      gateway,
      site,
      job,
      turn,
      outbox,
      run: 0,
      outcome: null,
      begunAt: performance.now(),
      endedAt: 0,
      sending: null,
      maySend: false,
      reopen: false,
    };
    this.held.set(job, held);
    this.current = held;
    showMark(site.name);
    this.report();
    const leave = () => {
      turn.leaving();
      this.clock.after(GOING_MS, () => this.changes.notify());
    };
    // Only while a turn runs: some browsers keep no page for "Back" that listens to it. Before the
    // page's own listeners: what they do may already be what it complains of.
    window.addEventListener('beforeunload', leave, { capture: true });
    void turn.run().then((outcome) => {
      window.removeEventListener('beforeunload', leave, { capture: true });
      this.ended(held, outcome);
    });
  }

  /** The background writes down that the prompt is sent, and where, before it is. */
  private sending(held: Held, before: number, prompt: string): () => boolean {
    held.sending = { place: placeNow(), before, print: printOf(prompt) };
    this.link.tell({ k: 'sending', job: held.job, at: held.sending });
    return () => held.maySend;
  }

  private maySend(job: string): void {
    const held = this.held.get(job);
    if (!held) return;
    held.maySend = true;
    this.changes.notify();
  }

  /** Pages give a conversation its address some time after its first turn was sent. */
  private tellMoved(): void {
    const held = this.current;
    if (!held?.sending || !held.maySend) return;
    const place = placeNow();
    if (place === held.sending.place) return;
    held.sending = { ...held.sending, place };
    this.link.tell({ k: 'moved', job: held.job, at: held.sending });
  }

  /** A page that is still building itself is looked at again. */
  private async answer({ gateway, request, site, waitMs }: Question): Promise<void> {
    await this.changes.until(() => passesSelfTest(site.adapter), waitMs);
    // What the seat is now comes before what was found.
    this.report();
    this.diagnose(gateway, request, site);
  }

  private async reread({ gateway, request, site }: Wish): Promise<void> {
    const offer = this.offers.find((one) => one.gateway === gateway && one.site.name === site);
    const way = offer
      ? await this.offering.again(offer, this.isFree(offer), this.standing !== null)
      : 'none';
    this.report();
    this.link.tell({ k: 'reread', gateway, request, site, way });
  }

  /** Nobody has done anything in the page for so long, by keys or pointer. */
  private sayUntouched({ gateway, site, ms }: Quiet): void {
    const offer = this.offers.find((one) => one.gateway === gateway && one.site.name === site);
    const stirred = performance.now() - this.stirredAt < ms;
    if (!offer || stirred || this.offering.isReading || !this.isFree(offer)) return;
    this.link.tell({ k: 'untouched', gateway, site });
  }

  /** Whether the page is ready for the site, and no turn or person uses it. */
  private isFree({ gateway, site }: Offer): boolean {
    if (this.current || this.teacher.busy || this.isYielded()) return false;
    return this.verdicts().some(
      (one) => one.gateway === gateway && one.site === site.name && one.state === 'ready',
    );
  }

  private diagnose(gateway: string, about: string, site: Site): void {
    const diagnosis = diagnose(about, site, this.settled());
    this.link.tell({ k: 'diagnosis', gateway, diagnosis });
  }

  private ended(held: Held, outcome: Outcome): void {
    const ofPage = outcome.kind === 'failed' && OF_PAGE.has(outcome.failure.class);
    if (ofPage) this.diagnose(held.gateway, held.job, held.site);
    this.turns += 1;
    held.outcome = outcome;
    held.endedAt = performance.now();
    if (this.current === held && !held.reopen) this.current = null;
    hideMark();
    held.outbox.flush();
    const whole = outcome.kind === 'done' && !outcome.cancelled && !held.reopen;
    if (whole && this.stirredAt < held.begunAt) {
      this.standing = new Standing(held.gateway, held.job, held.site.adapter);
    }
    // The lane is free before the gateway hears of the end, so that its next turn finds it so.
    this.report();
    this.tellEnd(held);
    if (held.reopen) this.link.tell({ k: 'reopen', gateway: held.gateway, site: held.site.name });
  }

  private tellEnd({ job, run, outbox, outcome }: Held): void {
    if (outcome) this.link.tell({ k: 'finished', job, run, lastSeq: outbox.lastSeq, outcome });
  }

  private ack(job: string, seq: number): void {
    const held = this.held.get(job);
    held?.outbox.ack(seq);
    held?.turn.acked();
  }

  private resend(job: string, after: number, run: number): void {
    const held = this.held.get(job);
    if (!held) return;
    held.run = run;
    held.outbox.resend(after);
    held.turn.acked();
    this.tellEnd(held);
  }

  private forget(job: string): void {
    const held = this.held.get(job);
    if (!held) return;
    if (held.outcome) this.held.delete(job);
    else held.turn.cancel();
  }

  private forgetOld(): void {
    const now = performance.now();
    for (const [job, { outcome, endedAt }] of this.held) {
      if (outcome && now - endedAt > KEEP_MS) this.held.delete(job);
    }
  }

  private composers(): Element[] {
    const found = this.offers.map(({ site }) => byRole(site.adapter, 'composer'));
    return found.filter((element) => element !== null);
  }

  /** Somebody did something in the page: its conversation is not known any more. */
  private standNoMore(): void {
    this.stirredAt = performance.now();
    if (!this.standing) return;
    this.standing = null;
    this.report();
  }

  private onHuman(): void {
    this.current?.turn.yield();
    this.report();
    this.clock.after(YIELD_MS + 100, () => this.report());
  }

  /** Says what the page shows, if that is news. */
  private report(): void {
    const report: PageReport = {
      verdicts: this.current ? this.lastVerdicts : this.verdicts(),
      // While the page's menu is read a turn may come: it waits until the menu is closed again.
      busy: this.current !== null || this.teacher.busy,
      yielded: this.current === null && this.isYielded(),
      standing: this.standing && { gateway: this.standing.gateway, job: this.standing.job },
    };
    this.lastVerdicts = report.verdicts;
    this.learn(report);
    const text = JSON.stringify(report);
    if (text === this.lastReport) return;
    this.lastReport = text;
    this.link.tell({ k: 'report', report });
    this.mayReload(report);
  }

  /** Learns what the sites offer, while the page is ready and nobody uses it. */
  private learn({ verdicts, busy, yielded }: PageReport): void {
    if (busy || yielded || document.readyState !== 'complete') return;
    for (const offer of this.offers) {
      const ready = verdicts.some(
        ({ gateway, site, state }) =>
          gateway === offer.gateway && site === offer.site.name && state === 'ready',
      );
      if (ready) this.offering.look(offer);
    }
  }

  private lastVerdicts: PageReport['verdicts'] = [];

  /** Whether the page has had its time to load. */
  private settled(): boolean {
    return performance.now() - this.startedAt > SETTLE_MS && document.readyState === 'complete';
  }

  private verdicts(): PageReport['verdicts'] {
    const settled = this.settled();
    return this.offers.map((offer) => {
      const { gateway, site } = offer;
      const models = this.offering.names(offer);
      const told = this.offering.told(offer);
      const state = { ...pageState(site.adapter, settled), models, told };
      const late = state.state === 'ready' && !this.tapped.connected && needsTap(site);
      return late
        ? {
            gateway,
            site: site.name,
            lane: false,
            state: 'loading',
            detail: 'Reload the page once.',
            models: [],
            told: {},
          }
        : { gateway, site: site.name, ...state };
    });
  }

  /** A page that was open before the extension came has no tap: it is reloaded if nobody wrote in it. */
  private mayReload(report: PageReport): void {
    const wanted = this.offers.some(({ site }) => needsTap(site));
    const inUse = report.busy || report.yielded || this.offering.isReading;
    if (this.askedReload || this.tapped.connected || !wanted || inUse) return;
    if (!this.composers().every(isEmpty) || document.readyState !== 'complete') return;
    this.askedReload = true;
    this.link.tell({ k: 'reloadable' });
  }

  private isYielded(): boolean {
    const recent = performance.now() - this.human.lastTouch < YIELD_MS;
    return recent || this.composers().some((composer) => !isEmpty(composer));
  }
}

function placeNow(): string {
  return location.pathname + location.search + location.hash;
}

function needsTap(site: Site): boolean {
  return site.adapter.answer.kind !== 'dom';
}
