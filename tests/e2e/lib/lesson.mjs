// A person before the card of a lesson. The card is in a closed root, which no page reads: what it
// shows and where its buttons are is asked of the browser itself, and clicks are those of a mouse.

import { popupFor } from './hands.mjs';
import { until } from './wait.mjs';

export class Lesson {
  /** Opens the popup for the page and presses "Teach this page". */
  static async begin(browser, page, words = 'Teach this page') {
    const lesson = new Lesson();
    Object.assign(lesson, { browser, page });
    const popup = await popupFor(browser, page);
    await until(`the popup to offer "${words}"`, () => browser.evaluate(popup, (words) => {
      const button = document.querySelector('#teach-page');
      return button?.hidden === false && button.textContent === words;
    }, words));
    await browser.click(popup, '#teach-page');
    await browser.front(page);
    await lesson.shows('1 of 4');
    await browser.close(popup);
    return lesson;
  }

  /** The card's text once it begins with these words. */
  shows(words, limit = 20_000) {
    return until(`the card to show "${words}"`, async () => {
      const text = textOf(await this.card());
      if (text.startsWith('This did not work') && !words.startsWith('This did')) throw new Error(text);
      return text.startsWith(words) && text;
    }, limit);
  }

  /** Presses a button of the card. */
  press(words) {
    return until(`the button "${words}"`, async () => {
      const button = find(await this.card(), (node) => node.name === 'button' && textOf(node) === words);
      if (!button) return false;
      await button.press();
      return true;
    });
  }

  card() { return this.browser.tree(this.page, 'tabway-lesson'); }
}

function* inside(node) {
  for (const child of node.children) {
    yield child;
    yield* inside(child);
  }
}

function find(node, wanted) {
  if (!node) return null;
  for (const one of inside(node)) if (wanted(one)) return one;
  return null;
}

function textOf(node) {
  if (!node) return '';
  const texts = [...inside(node)].filter(({ name }) => name === '#text').map(({ text }) => text);
  const [style] = texts;
  return (style?.includes(':host') ? texts.slice(1) : texts).join('\n').trim();
}
