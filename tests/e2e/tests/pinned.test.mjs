// A person lets the conversation in front of them stand for a model, in the popup. Requests for that
// model are typed in it, in whatever tab it is open.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Bridge } from '../lib/bridge.mjs';
import { BROWSERS } from '../lib/browsers.mjs';
import { popupFor } from '../lib/hands.mjs';
import { until } from '../lib/wait.mjs';

let bridge, browser, gateway;

/** What was asked in the conversation that a tab shows. */
const asked = (page) => browser.evaluate(page,
  "[...document.querySelectorAll('li[data-role=user]')].map((turn) => turn.textContent)");
const address = (page) => browser.evaluate(page, 'location.pathname + location.search');

async function say(model, ...contents) {
  const messages = contents.map((content, n) => ({ role: n % 2 ? 'assistant' : 'user', content }));
  const { choices } = await gateway.client().chat.completions.create({ model, messages });
  return choices[0].message.content;
}

for (const Browser of BROWSERS) {
  describe(`a conversation that is used for a model in ${Browser.title}`, () => {
    let own, other, place;

    before(async () => {
      bridge = await Bridge.start({ Browser, lanes: 2 });
      ({ browser, gateway } = bridge);
      // Two conversations, as a person finds them: which of the tabs has which is the gateway's choice.
      await say('demo/default', '/words 2 1 of mine');
      await say('demo/default', '/words 3 1 of others');
      for (const page of bridge.pages) (await asked(page))[0].endsWith('mine') ? own = page : other = page;
      place = await address(own);
    });
    after(() => bridge?.stop());

    test('the popup captures it, and the gateway keeps it', async () => {
      const popup = await popupFor(browser, own);
      await browser.click(popup, '#pin-model');
      await browser.type(popup, 'tutor');
      await browser.picture(popup, `pin-${Browser.title}`);
      await browser.click(popup, '#pin-button');
      const said = await until('the popup to say so', () => browser.evaluate(popup,
        "document.querySelector('#pin-said').checkVisibility() && document.querySelector('#pin-said').textContent"));
      assert.equal(said, `demo/tutor is now answered in ${place}`);
      await browser.picture(popup, `pinned-${Browser.title}`);
      await browser.close(popup);
      const { code, stdout, stderr } = await gateway.cli(['conversation', 'list']);
      assert.equal(code, 0, stderr);
      assert.ok(stdout.includes('tutor') && stdout.includes(place), stdout);
    });

    test('a request for the model is typed in it', async () => {
      const text = await say('tutor', 'hello', 'Hello.', '/words 4 1 to the tutor');
      assert.equal(text, 'word1 word2 word3 word4');
      const questions = ['/words 2 1 of mine', '/words 4 1 to the tutor'];
      const shown = await Promise.all(bridge.pages.map(async (page) => [await address(page), await asked(page)]));
      const there = shown.filter(([at]) => at === place);
      assert.ok(there.length > 0, JSON.stringify(shown));
      for (const [, turns] of there) assert.deepEqual(turns, questions);
    });

    test('one whose tab is closed in the middle is read in another, and was typed once', async () => {
      const answer = say('tutor', '/words 60 50 and then');
      answer.catch(() => {});
      const page = await until('the answer to begin', async () => {
        for (const one of bridge.pages) if ((await browser.evaluate(one, 'document.body.textContent')).includes('word5')) return one;
        return undefined;
      });
      await browser.close(page);
      assert.equal((await answer).split(' ').length, 60);
      const [left] = bridge.pages.filter((one) => one !== page);
      assert.equal(await address(left), place);
      assert.equal((await asked(left)).filter((turn) => turn.endsWith('and then')).length, 1);
    });
  });
}
