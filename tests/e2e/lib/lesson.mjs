// A person before the card of a lesson. The card is in a closed root, which no page reads: what it
// shows and where its buttons are is asked of the browser itself, and clicks are those of a mouse.

import { until } from './wait.mjs';

export class Lesson {
  /** Opens the popup for the page and presses "Teach this page". */
  static async begin(browser, page, words = 'Teach this page') {
    const lesson = new Lesson();
    lesson.page = page;
    lesson.session = await browser.context.newCDPSession(page);
    const address = page.url();
    const popup = await browser.popup();
    const tab = await popup.evaluate(async (url) =>
      (await chrome.tabs.query({})).find((tab) => tab.url === url)?.id, address);
    await popup.goto(`${popup.url().split('?')[0]}?tab=${tab}`);
    await popup.getByRole('button', { name: words }).click();
    await page.bringToFront();
    await lesson.shows('1 of 4');
    await popup.close();
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
  async press(words) {
    const [x, y] = await until(`the button "${words}"`, async () => {
      const button = find(await this.card(), (node) => node.localName === 'button' && textOf(node) === words);
      if (!button) return null;
      const { model } = await this.session.send('DOM.getBoxModel', { backendNodeId: button.backendNodeId });
      const [left, top, right, , , bottom] = model.content;
      return [(left + right) / 2, (top + bottom) / 2];
    });
    await this.page.mouse.click(x, y);
  }

  async card() {
    const { root } = await this.session.send('DOM.getDocument', { depth: -1, pierce: true });
    return find(root, (node) => node.localName === 'tabway-lesson');
  }
}

function* inside(node) {
  for (const child of [...(node.shadowRoots ?? []), ...(node.children ?? [])]) {
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
  const texts = [...inside(node)].filter(({ nodeType }) => nodeType === 3).map(({ nodeValue }) => nodeValue);
  const [style] = texts;
  return (style?.includes(':host') ? texts.slice(1) : texts).join('\n').trim();
}
