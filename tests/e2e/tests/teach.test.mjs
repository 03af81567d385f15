// Teaching a page: the real Gradio and Chainlit, whose adapters nobody has told this gateway to use.
// A person clicks through one turn; what was understood is published, and answers the official client.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { pair, seatsOf } from '../lib/bridge.mjs';
import { Chromium } from '../lib/chromium.mjs';
import { env } from '../lib/env.mjs';
import { Gateway, ask, collect } from '../lib/gateway.mjs';
import { Lesson } from '../lib/lesson.mjs';
import { expectedAnswer } from '../lib/mock.mjs';
import { until } from '../lib/wait.mjs';

/** What a person would click on, by the pages' own looks; no adapter is asked. */
const PAGES = {
  gradio: { composer: 'textarea', send: 'button.submit-button', answer: '.bot p' },
  chainlit: { composer: '#chat-input', send: '#chat-submit', answer: '.ai-message [role=article]' },
};

for (const [name, { composer, send, answer }] of Object.entries(PAGES)) {
  describe(`teaching ${name}`, () => {
    let gateway, browser;

    before(async () => {
      gateway = await Gateway.start();
      browser = await Chromium.start();
      await pair(gateway, browser);
    });
    after(async () => {
      await browser?.stop();
      await gateway?.stop();
    });

    test('one turn by hand makes an adapter that answers requests', async () => {
      const page = await browser.open(env.site(name).origin);
      const begun = performance.now();
      const lesson = await Lesson.begin(browser, page);
      await lesson.shows('1 of 4');
      await page.click(composer);
      await lesson.shows('2 of 4');
      await page.click(send);
      await lesson.shows('3 of 4');
      await page.waitForFunction((selector) =>
        [...document.querySelectorAll(selector)].at(-1)?.innerText.endsWith('all.'), answer);
      await page.waitForSelector(send, { state: 'visible' });
      await page.click(answer);
      await lesson.shows('4 of 4');
      await lesson.press('Skip');
      const understood = await lesson.shows('This was understood', 60_000);
      await lesson.press('Save draft');
      const saved = await lesson.shows('Saved as a draft');
      const [, draft] = /adapter publish (\S+)/.exec(saved);
      const { code, stderr } = await gateway.cli(['adapter', 'publish', draft, '--site', 'taught']);
      assert.equal(code, 0, stderr);
      await lesson.press('Close');
      await until('the taught site to be ready', async () =>
        (await seatsOf(gateway, 'taught')).some((seat) => seat.lanes.some(({ state }) => state === 'idle')));
      const prompt = 'Is this taught? Ünïcödé 🦀';
      const stream = await gateway.client().chat.completions.create(
        ask('taught/default', prompt, { stream: true }));
      const { text, chunks } = await collect(stream);
      const seconds = ((performance.now() - begun) / 1000).toFixed(1);
      assert.equal(text, expectedAnswer(prompt));
      assert.ok(chunks.length > 5, `the words came in ${chunks.length} chunks:\n${understood}`);
      console.log(`${name}: taught, tried, published and asked in ${seconds} s\n${understood}`);

      const back = await gateway.client().chat.completions.create(ask('taught/default', 'And again.'));
      assert.equal(back.choices[0].message.content, expectedAnswer('And again.'));
    });
  });
}
