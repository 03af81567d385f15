// Ten turns of one conversation: they stay in one chat of the page; where its tab dies the rest goes
// on in another; and two keys never meet.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Bridge } from '../lib/bridge.mjs';
import { BROWSERS } from '../lib/browsers.mjs';
import { python } from '../lib/python.mjs';

const KEYS = '[[keys]]\nname = "a"\nsecret = "key-of-the-first"\n[[keys]]\nname = "b"\nsecret = "key-of-the-second"\n\n';

let bridge, browser, gateway;

/** What was asked in a tab, as its person sees it. */
const asked = (page) => browser.evaluate(page,
  "[...document.querySelectorAll('li[data-role=user]')].map((turn) => turn.textContent)");
/** The tabs with what was asked in each. */
const tabs = () => Promise.all(bridge.pages.map(async (page) => ({ page, turns: await asked(page) })));
/** What was asked in those tabs that show a word of it. */
const asking = async (words) => (await tabs()).map(({ turns }) => turns).filter((turns) => turns.some((turn) => turn.includes(words)));

/** Prompts whose answers are quick and not like one another: as many words as the turn's number. */
const turns = (count, words) => Array.from({ length: count }, (_, n) => `/words ${n + 1} 1 ${words}`);
const answerTo = (turn) => Array.from({ length: turn + 1 }, (_, n) => `word${n + 1}`).join(' ');

/** A client that keeps its conversation as clients do. */
class Talk {
  messages = [];

  constructor(apiKey) { this.client = gateway.client({ apiKey }); }

  async say(content) {
    this.messages.push({ role: 'user', content });
    const reply = await this.client.chat.completions.create({ model: 'demo/default', messages: this.messages });
    const { message } = reply.choices[0];
    this.messages.push({ role: message.role, content: message.content });
    return message.content;
  }
}

for (const Browser of BROWSERS) {
  describe(`a conversation of ten turns in ${Browser.title}`, () => {
    before(async () => {
      bridge = await Bridge.start({ Browser, lanes: 2, config: () => KEYS });
      ({ browser, gateway } = bridge);
    });
    after(() => bridge?.stop());

    test('stays in one chat of the page, and nothing is repeated', async () => {
      const talk = new Talk('key-of-the-first');
      const prompts = turns(10, 'of ten');
      for (const [turn, prompt] of prompts.entries()) assert.equal(await talk.say(prompt), answerTo(turn));
      assert.deepEqual(await asking('of ten'), [prompts], 'one page has it all');
    });

    test('goes on in another tab once its own has died, and nothing is typed twice', async () => {
      const talk = new Talk('key-of-the-first');
      const prompts = turns(10, 'of another');
      for (const prompt of prompts.slice(0, 5)) await talk.say(prompt);
      const own = (await tabs()).find((tab) => tab.turns.includes(prompts[4]));
      assert.deepEqual(own.turns, prompts.slice(0, 5));
      await browser.close(own.page);
      bridge.pages = bridge.pages.filter((page) => page !== own.page);
      for (const [n, prompt] of prompts.slice(5).entries()) {
        const answer = await talk.say(prompt);
        if (n > 0) assert.equal(answer, answerTo(5 + n));
      }
      const [[packed, ...alone], ...more] = await asking('of another');
      assert.equal(more.length, 0);
      // The sixth holds what went before, once; the others are themselves alone.
      for (const prompt of prompts.slice(0, 6)) assert.equal(packed.split(prompt).length, 2, prompt);
      assert.deepEqual(alone, prompts.slice(6));
      bridge.pages.push(await bridge.tab());
      await bridge.ready(2);
    });

    test('of two keys are two, however they take turns', async () => {
      const talks = [new Talk('key-of-the-first'), new Talk('key-of-the-second')];
      const prompts = turns(5, 'of both');
      for (const prompt of prompts) for (const talk of talks) await talk.say(prompt);
      assert.deepEqual(await asking('of both'), [prompts, prompts], 'each has a page of its own');
    });

    test('begins anew after a person has clicked in the page', async () => {
      const talk = new Talk('key-of-the-first');
      await talk.say('/words 1 1 before the person');
      const { page } = (await tabs()).find((tab) => tab.turns.some((turn) => turn.includes('before the person')));
      await browser.click(page, 'li[data-role=user]');
      await talk.say('/words 2 1 after the person');
      const packed = (await asking('after the person')).flat().find((turn) => turn.includes('after the person'));
      assert.ok(packed.includes('before the person'), packed);
    });

    // What the client is made of is nothing to the browser.
    if (Browser === BROWSERS[0]) test('is kept by the Python client, too', async () => {
      const { texts } = await python(gateway, 'conversation', 'demo/default', '/words 3 1 python turn', 'key-of-the-second');
      assert.deepEqual(texts, Array(10).fill(answerTo(2)));
      assert.deepEqual(await asking('python turn'), [Array.from({ length: 10 }, (_, n) => `/words 3 1 python turn ${n}`)]);
    });
  });
}
