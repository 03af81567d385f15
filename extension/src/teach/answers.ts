// The locator of an answer: from the one that was clicked to all of them, and to none of the
// person's own messages.

import type { Locator } from '../generated/protocol';
import { parentOf, selectorsOf } from './features';
import { found as matching } from './look';
import { whole } from './propose';

const ENOUGH = 3;
const LEVELS = 12;

/** An answer as it was clicked. */
export interface ClickedAnswer {
  /** The element that holds the answer's text and little else. */
  body: Element;
  locators: Locator[];
  text: string;
}

/** What the click was on, or the words that say why it is no answer. */
export function answerAt(
  clicked: Element,
  composer: Element | null,
  prompt: string,
): ClickedAnswer | string {
  if (composer && (composer.contains(clicked) || clicked.contains(composer))) {
    return 'That is where you type. Click on the text of the answer.';
  }
  const own = ownMessage(prompt, composer);
  if (own && (own.contains(clicked) || clicked.contains(own))) {
    return 'That holds your own message. Click on the text of the answer.';
  }
  const levels = levelsOf(clicked, own, composer);
  const body = bodyOf(levels);
  const text = textOf(body);
  if (text === '') return 'There is no text. Click on the text of the answer.';
  const from = levels.indexOf(body);
  const locators = generalised(levels.slice(from), own, composer);
  if (locators.length === 0) {
    return 'Nothing tells this answer from the rest of the page. Click nearer to its text.';
  }
  return { body, locators, text };
}

/** The smallest element that shows the prompt, where the page shows it at all. */
function ownMessage(prompt: string, composer: Element | null): Element | null {
  const wanted = squeezed(prompt);
  if (wanted === '') return null;
  let best: Element | null = null;
  for (const element of everything(document.body)) {
    if (composer?.contains(element) || element.contains(composer)) continue;
    if (best && !best.contains(element)) continue;
    if (squeezed(element.textContent ?? '').includes(wanted)) best = element;
  }
  return best;
}

/** The clicked element and those around it, as far as they hold neither composer nor prompt. */
function levelsOf(clicked: Element, own: Element | null, composer: Element | null): Element[] {
  const levels: Element[] = [];
  let at: Element | null = clicked;
  for (; at && levels.length < LEVELS; at = parentOf(at)) {
    if (at === document.body || holds(at, own) || holds(at, composer)) break;
    levels.push(at);
  }
  return levels.length > 0 ? levels : [clicked];
}

function holds(outer: Element, inner: Element | null): boolean {
  for (let at = inner; at; at = parentOf(at)) if (at === outer) return true;
  return false;
}

/** The lowest level with nearly all the text of the highest: beyond it come names and buttons. */
function bodyOf(levels: Element[]): Element {
  const most = textOf(levels.at(-1)).length;
  const enough = levels.find((level) => textOf(level).length >= most * 0.8);
  return enough ?? levels[0]!;
}

/** Selectors of the levels, and of one below another, that mean answers and nothing else. */
function generalised(levels: Element[], own: Element | null, composer: Element | null): Locator[] {
  const found: Locator[] = [];
  const ways = levels.map((level) => selectorsOf(level).filter((one) => !one.startsWith('#')));
  const take = (css: string, level: Element) => {
    if (found.length >= ENOUGH || found.some((one) => one.css === css)) return;
    const hits = matching({ css });
    // One of several answers must be as good as another; none may hold another or the prompt.
    const apart = hits.every(
      (hit) =>
        !holds(hit, own) && !(own && holds(own, hit)) && !holds(hit, composer) &&
        !hits.some((other) => other !== hit && hit.contains(other)),
    );
    if (hits.includes(level) && apart) found.push(whole({ css }));
  };
  // What an element says of itself is steadier than how it looks.
  for (const says of [true, false]) {
    levels.forEach((level, at) => {
      for (const way of ways[at] ?? []) if (way.startsWith('[') === says) take(way, level);
    });
  }
  levels.forEach((level, at) => {
    for (let above: Element | null = parentOf(level), up = 0; above && up < LEVELS; up++) {
      const steady = selectorsOf(above);
      for (const name of [...(ways[at] ?? []), level.localName]) {
        for (const outer of steady) take(`${outer} ${name}`, level);
        for (const outer of steady) take(`${outer} > ${name}`, level);
      }
      above = above.getRootNode() === level.getRootNode() ? parentOf(above) : null;
    }
  });
  return found;
}

function textOf(element: Element | undefined): string {
  return ((element as HTMLElement | undefined)?.innerText ?? element?.textContent ?? '').trim();
}

function squeezed(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function* everything(root: ParentNode): Generator<Element> {
  for (const element of root.querySelectorAll('*')) {
    yield element;
    if (element.shadowRoot) yield* everything(element.shadowRoot);
  }
}
