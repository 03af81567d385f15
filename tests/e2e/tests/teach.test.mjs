// Teaching a page: the real Gradio and Chainlit, whose adapters nobody has told this gateway to use.
// A person clicks through one turn; what was understood is published, and answers the official client.
// The same clicks mend an adapter that no longer finds its page.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { pair, seatsOf } from '../lib/bridge.mjs';
import { BROWSERS } from '../lib/browsers.mjs';
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

/** A lesson as a person takes it, up to the draft; gives what was understood, and the draft's name. */
async function taught(lesson, { browser, page }, { composer, send, answer }) {
  await lesson.shows('1 of 4');
  // A page that still builds itself may put another field there under the click: one clicks again.
  await until('the composer to be taken', async () => {
    await browser.click(page, composer);
    return lesson.shows('2 of 4', 5_000);
  }, 20_000);
  await browser.click(page, send);
  await lesson.shows('3 of 4');
  await until('the answer to be whole', () => browser.evaluate(page, ([answer, send]) =>
    [...document.querySelectorAll(answer)].at(-1)?.innerText.endsWith('all.')
      && document.querySelector(send)?.checkVisibility(), [answer, send]), 30_000);
  await browser.click(page, answer);
  await lesson.shows('4 of 4');
  await lesson.press('Skip');
  const understood = await lesson.shows('This was understood', 60_000);
  await lesson.press('Save draft');
  const saved = await lesson.shows('Saved as a draft');
  await lesson.press('Close');
  return { understood, draft: /adapter publish (\S+)/.exec(saved)[1] };
}

async function succeeds(gateway, words) {
  const { code, stdout, stderr } = await gateway.cli(words);
  assert.equal(code, 0, stderr);
  return stdout;
}

const idle = (gateway, site) => until(`${site} to be ready`, async () =>
  (await seatsOf(gateway, site)).some((seat) => seat.lanes.some(({ state }) => state === 'idle')));

for (const [name, looks] of Object.entries(PAGES)) for (const Browser of BROWSERS) {
  describe(`teaching ${name} in ${Browser.title}`, () => {
    let gateway, browser;

    before(async () => {
      gateway = await Gateway.start();
      browser = await Browser.start();
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
      const { understood, draft } = await taught(lesson, { browser, page }, looks);
      await succeeds(gateway, ['adapter', 'publish', draft, '--site', 'taught']);
      await idle(gateway, 'taught');
      const prompt = 'Is this taught? Ünïcödé 🦀';
      const stream = await gateway.client().chat.completions.create(
        ask('taught/default', prompt, { stream: true }));
      const { text, chunks } = await collect(stream);
      const seconds = ((performance.now() - begun) / 1000).toFixed(1);
      assert.equal(text, expectedAnswer(prompt));
      assert.ok(chunks.length > 5, `the words came in ${chunks.length} chunks:\n${understood}`);
      console.log(`${name} in ${Browser.title}: taught, tried, published and asked in ${seconds} s\n${understood}`);

      const back = await gateway.client().chat.completions.create(ask('taught/default', 'And again.'));
      assert.equal(back.choices[0].message.content, expectedAnswer('And again.'));
    });
  });
}

for (const Browser of BROWSERS) {
  describe(`repairing chainlit in ${Browser.title}`, () => {
    let gateway, browser;

    before(async () => {
      const { origin } = env.site('chainlit');
      gateway = await Gateway.start(() =>
        `[[sites]]\nname = "team"\nadapter = "chainlit"\norigin = "${origin}"\n\n`);
      await succeeds(gateway, ['adapter', 'publish', outdated()]);
      browser = await Browser.start();
      await pair(gateway, browser);
    });
    after(async () => {
      await browser?.stop();
      await gateway?.stop();
    });

    /** The built-in adapter, as it would be before the page's composer and button got new names. */
    function outdated() {
      const own = readFileSync(new URL('../../../adapters/chainlit.toml', import.meta.url), 'utf8');
      const file = join(gateway.data, 'chainlit.toml');
      writeFileSync(file, own.replaceAll('#chat-input', '#chat-was').replaceAll('#chat-submit', '#submit-was'));
      return file;
    }

    test('an adapter that no longer finds its page is mended by the same clicks, and rolled back by a word', async () => {
      const page = await browser.open(env.site('chainlit').origin);
      await until('the page to be told as changed', async () =>
        (await seatsOf(gateway, 'team')).some(({ state }) => state === 'page_changed'), 30_000);

      const lesson = await Lesson.begin(browser, page, 'Repair');
      const { understood, draft } = await taught(lesson, { browser, page }, PAGES.chainlit);
      await succeeds(gateway, ['adapter', 'publish', draft]);
      // It clicks elsewhere than the one before, so each browser asks its person.
      const popup = await browser.popup();
      await browser.click(popup, '[data-testid=approve-team]');
      await browser.close(popup);
      await idle(gateway, 'team');
      const answer = await gateway.client().chat.completions.create(ask('team/default', 'Mended?'));
      assert.equal(answer.choices[0].message.content, expectedAnswer('Mended?'), understood);

      await succeeds(gateway, ['adapter', 'rollback', 'chainlit']);
      await until('the browser to ask about the one before', async () =>
        (await seatsOf(gateway, 'team')).some(({ state }) => state === 'not_permitted'));
    });
  });
}
