// The walk of a lesson in its page: the composer, the send button, the answer, the new chat; then
// what the gateway made of it. Nothing is clicked here but by the person.

import type { Locator, Role, SendStep } from '../generated/protocol';
import { waysFor } from '../runner/compose';
import { holds, isEmpty, textOf } from '../runner/text';
import { isEnabled, isVisible } from '../runner/locate';
import type { Tapped } from '../runner/tapped';
import { answerAt, type ClickedAnswer } from './answers';
import { Buttons } from './buttons';
import { Card, type Shown } from './card';
import { fieldAt, kindOf } from './kinds';
import { foundFirst } from './look';
import { propose } from './propose';
import { Streams } from './streams';
import type { LessonWord, OpenLesson } from './words';

/** What is asked where the person writes nothing else: an answer of many words, and easy to tell. */
const PROMPT = 'Please write the numbers from one to twenty as words, separated by commas.';
/** How often the page is looked at while an answer is written. */
const LOOK_MS = 120;

type Step = 'composer' | 'send' | 'answer' | 'new_chat' | 'told';

/** What the page's runner lends. */
export interface Stand {
  tapped: Tapped;
  tell(word: LessonWord): void;
  /** Runs what types for us. */
  notHuman<T>(action: () => T): T;
  /** What the person did in the composer was for the lesson. */
  forgetHuman(): void;
}

export class Teacher {
  private readonly card = new Card();
  private open: OpenLesson | null = null;
  private step: Step = 'composer';
  private stop = new AbortController();
  private streams: Streams | null = null;
  private buttons: Buttons | null = null;
  private composer: HTMLElement | null = null;
  private answer: ClickedAnswer | null = null;
  private locators: Partial<Record<Role, Locator[]>> = {};
  private sentBy: SendStep = 'click';
  private prompt = '';
  private start = { path: '', fresh: true, emptied: false, locked: false };

  constructor(private readonly stand: Stand) {}

  /** A person is being led: no turn runs here meanwhile. */
  get busy(): boolean {
    return this.open !== null && this.step !== 'told';
  }

  /** What the background knows of the lesson of this tab. */
  take(lesson: OpenLesson | null): void {
    const same = lesson !== null && lesson.lesson === this.open?.lesson;
    this.open = lesson;
    if (!lesson) return this.end();
    if (lesson.report) return this.showReport(lesson);
    if (!same || this.step === 'told') this.begin();
  }

  private end(): void {
    this.stop.abort();
    this.card.hide();
  }

  private begin(): void {
    this.stop.abort();
    this.stop = new AbortController();
    const { signal } = this.stop;
    this.step = 'composer';
    this.locators = {};
    this.answer = null;
    this.streams = new Streams(this.stand.tapped);
    this.streams.watch();
    this.start = { path: location.pathname, fresh: true, emptied: false, locked: false };
    for (const type of ['pointerdown', 'mousedown', 'click', 'keydown'] as const) {
      window.addEventListener(type, (event) => this.see(event), { capture: true, signal });
    }
    const look = setInterval(() => this.look(), LOOK_MS);
    signal.addEventListener('abort', () => clearInterval(look));
    this.say({
      title: '1 of 4: where you type',
      words: 'Open a new chat of this page. Then click into the field in which you type.',
    });
  }

  private say(shown: Omit<Shown, 'buttons'> & { buttons?: Shown['buttons'] }): void {
    const leave = { words: 'Cancel', press: () => this.stand.tell({ k: 'end' }) };
    this.card.show({ ...shown, buttons: [...(shown.buttons ?? []), leave] });
  }

  /** What the person does, before the page hears of it. */
  private see(event: Event): void {
    if (!event.isTrusted || this.card.owns(event)) return;
    switch (this.step) {
      case 'composer':
        if (event.type === 'click') this.pickComposer(event);
        return;
      case 'send':
        return this.seeSend(event);
      case 'answer':
      case 'new_chat':
        // These clicks are for us alone.
        if (event.type === 'keydown') return;
        event.preventDefault();
        event.stopImmediatePropagation();
        if (event.type !== 'click') return;
        if (this.step === 'answer') this.pickAnswer(event);
        else this.pickNewChat(event);
    }
  }

  private pickComposer(event: Event): void {
    const field = fieldAt(event.composedPath());
    if (!field) {
      return this.say({
        title: '1 of 4: where you type',
        words: 'Click into the field in which you type.',
        problem: 'Nothing can be typed there.',
      });
    }
    this.composer = field;
    this.locators.composer = propose(field);
    this.step = 'send';
    void this.typeProbe(field);
  }

  private async typeProbe(field: HTMLElement): Promise<void> {
    await this.streams?.start(PROMPT);
    if (isEmpty(field)) {
      const kind = kindOf(field);
      for (const way of waysFor(kind)) {
        for (const step of way(PROMPT)) this.stand.notHuman(() => step(this.field() ?? field));
        if (await this.settles(() => holds(this.field() ?? field, PROMPT))) break;
      }
    }
    this.say({
      title: '2 of 4: send it',
      words:
        'A question stands in the field; change it if you like. Send it yourself: click the send button, or press Enter.',
    });
  }

  /** The composer as the page has it now: some put another element in its place. */
  private field(): HTMLElement | null {
    if (this.composer?.isConnected) return this.composer;
    return foundFirst(this.locators.composer ?? []) as HTMLElement | null;
  }

  private async settles(holds: () => boolean): Promise<boolean> {
    for (let tries = 0; tries < 10; tries++) {
      if (holds()) return true;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return false;
  }

  private seeSend(event: Event): void {
    const field = this.field();
    const path = event.composedPath();
    if (event instanceof KeyboardEvent) {
      if (event.key !== 'Enter' || event.shiftKey || !field || !path.includes(field)) return;
      this.sentBy = event.ctrlKey ? 'ctrl_enter' : event.metaKey ? 'meta_enter' : 'enter';
      this.beforeSending(field);
      return;
    }
    if (event.type !== 'pointerdown' && event.type !== 'click') return;
    if (field && path.includes(field)) return;
    const button = buttonAt(path);
    // A page may act on either; what a pointer goes down on is there before the page reacts.
    if (!button || (event.type === 'click' && this.locators.send)) return;
    this.sentBy = 'click';
    this.locators.send = propose(button);
    this.beforeSending(button);
  }

  private beforeSending(sender: Element): void {
    this.prompt = textOf(this.field() ?? sender).trim() || this.prompt;
    this.buttons = new Buttons(sender);
    this.streams?.sent();
  }

  private look(): void {
    this.card.keep();
    const field = this.field();
    if (this.step === 'send' && this.buttons && this.prompt) {
      if (!field || isEmpty(field)) {
        this.start.emptied = field !== null;
        this.showAnswerStep();
      }
    } else if (this.step !== 'answer') {
      return;
    }
    this.buttons?.look();
    this.start.locked ||= field !== null && !isEnabled(field);
  }

  private showAnswerStep(problem?: string): void {
    this.step = 'answer';
    const words = 'Wait until the answer is complete. Then click on its text.';
    this.say({ title: '3 of 4: the answer', words, ...(problem ? { problem } : {}) });
  }

  private pickAnswer(event: Event): void {
    const clicked = event.composedPath()[0];
    if (!(clicked instanceof Element)) return;
    const answer = answerAt(clicked, this.field(), this.prompt);
    if (typeof answer === 'string') return this.showAnswerStep(answer);
    this.answer = answer;
    this.locators.answer = answer.locators;
    const stop = this.buttons?.stop() ?? [];
    if (stop.length > 0) this.locators.stop = stop;
    if (this.locators.send && this.buttons) {
      this.locators.send = this.buttons.sends(this.locators.send);
    }
    this.step = 'new_chat';
    this.say({
      title: '4 of 4: a new chat',
      words: 'Click the button that begins a new chat; it will not be pressed now. Or skip: the page is then opened anew for each chat.',
      buttons: [{ words: 'Skip', main: true, press: () => void this.finish() }],
    });
  }

  private pickNewChat(event: Event): void {
    const button = buttonAt(event.composedPath());
    if (!button) return;
    this.locators.new_chat = propose(button);
    void this.finish();
  }

  private async finish(): Promise<void> {
    const { answer, composer, streams, locators } = this;
    if (!answer || !composer || !streams || this.step === 'told') return;
    this.step = 'told';
    this.stop.abort();
    this.card.show({ title: 'One moment', words: 'The lesson is looked at.', buttons: [] });
    const seen = await streams.finish(answer.text);
    const send = foundFirst(locators.send ?? []);
    this.stand.forgetHuman();
    this.stand.tell({
      k: 'seen',
      lesson: {
        path: this.start.path,
        title: document.title.slice(0, 100),
        locators,
        composer: kindOf(composer),
        sent_by: this.sentBy,
        seen: {
          fresh: this.isFirst(answer),
          emptied: this.start.emptied,
          locked: this.start.locked,
          send_again: send !== null && isVisible(send),
        },
        prompt: this.prompt.slice(0, 4_000),
        answer: answer.text.slice(0, 20_000),
        streams: seen,
      },
    });
  }

  /** Whether the page shows no other answer. */
  private isFirst(answer: ClickedAnswer): boolean {
    const locator = answer.locators[0];
    return locator?.css !== undefined && document.querySelectorAll(locator.css).length <= 1;
  }

  private showReport({ report }: OpenLesson): void {
    if (!report) return;
    this.stop.abort();
    this.step = 'told';
    const { state, lines, words } = report;
    const again = { words: 'Try again', press: () => this.stand.tell({ k: 'again' }) };
    const keep = { words: 'Save draft', main: true, press: () => this.stand.tell({ k: 'keep' }) };
    const close = { words: 'Close', press: () => this.stand.tell({ k: 'end' }) };
    const shown = {
      trying: { title: 'Trying it', buttons: [close] },
      understood: { title: 'This was understood', buttons: [keep, again, close] },
      failed: { title: 'This did not work', buttons: [again, close] },
      saved: { title: 'Saved as a draft', buttons: [close] },
    }[state];
    this.card.show({ ...shown, words, lines });
  }
}

/** The button that a click was on, or the smallest thing that could be one. */
function buttonAt(path: EventTarget[]): Element | null {
  const elements = path.filter((target): target is Element => target instanceof Element);
  const wanted = 'button,[role=button],a[href],input[type=submit],input[type=button],[onclick]';
  const inside = elements.slice(0, 6);
  return inside.find((element) => element.matches(wanted)) ?? clickable(inside);
}

/** Pages that build buttons of anything show a hand over them. */
function clickable(elements: Element[]): Element | null {
  const hand = (element: Element) => getComputedStyle(element).cursor === 'pointer';
  return elements.findLast(hand) ?? null;
}
