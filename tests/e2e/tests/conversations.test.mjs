// Ten turns of one conversation: they stay in one chat of the page; where its tab dies the rest goes
// on in another; and two keys never meet.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Bridge } from '../lib/bridge.mjs';
import { python } from '../lib/python.mjs';

const KEYS = '[[keys]]\nname = "a"\nsecret = "key-of-the-first"\n[[keys]]\nname = "b"\nsecret = "key-of-the-second"\n\n';

let bridge, gateway;

/** What stands in a page, as its person sees it. */
const shown = (page) => page.evaluate(() => [...document.querySelectorAll('li[data-role]')]
  .map((turn) => ({ role: turn.dataset.role, text: turn.textContent })));
const asked = async (page) => (await shown(page)).filter(({ role }) => role === 'user').map(({ text }) => text);
const open = () => bridge.pages.filter((page) => !page.isClosed());

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

describe('a conversation of ten turns', () => {
  before(async () => {
    bridge = await Bridge.start({ lanes: 2, config: () => KEYS });
    gateway = bridge.gateway;
  });
  after(() => bridge?.stop());

  test('stays in one chat of the page, and nothing is repeated', async () => {
    const talk = new Talk('key-of-the-first');
    const prompts = Array.from({ length: 10 }, (_, n) => `question ${n} of ten`);
    for (const prompt of prompts) assert.ok((await talk.say(prompt)).includes(prompt));
    const pages = await Promise.all(open().map(asked));
    const used = pages.filter((turns) => turns.length > 0);
    assert.equal(used.length, 1, 'one page has it all');
    assert.deepEqual(used[0], prompts);
  });

  test('goes on in another tab once its own has died, and nothing is typed twice', async () => {
    const talk = new Talk('key-of-the-first');
    const prompts = Array.from({ length: 10 }, (_, n) => `step ${n} of another`);
    for (const prompt of prompts.slice(0, 5)) await talk.say(prompt);
    const pages = await Promise.all(open().map(async (page) => ({ page, turns: await asked(page) })));
    const own = pages.find(({ turns }) => turns.includes(prompts[4]));
    assert.deepEqual(own.turns, prompts.slice(0, 5));
    await bridge.browser.close(own.page);
    for (const prompt of prompts.slice(5)) assert.ok((await talk.say(prompt)).length > 0);
    const [rest, ...more] = (await Promise.all(open().map(asked))).filter((turns) => turns.some((turn) => turn.includes('of another')));
    assert.equal(more.length, 0);
    const [packed, ...alone] = rest;
    // The sixth holds what went before, once; the others are themselves alone.
    for (const prompt of prompts.slice(0, 6)) assert.equal(packed.split(prompt).length, 2 + (packed.split(`“${prompt}”`).length - 1), prompt);
    assert.deepEqual(alone, prompts.slice(6));
    bridge.pages.push(await bridge.tab());
    await bridge.ready(2);
  });

  test('of two keys are two, however they take turns', async () => {
    const talks = [new Talk('key-of-the-first'), new Talk('key-of-the-second')];
    const prompts = Array.from({ length: 5 }, (_, n) => `the same words ${n}`);
    for (const prompt of prompts) for (const talk of talks) await talk.say(prompt);
    const pages = (await Promise.all(open().map(asked))).filter((turns) => turns.includes(prompts[4]));
    assert.equal(pages.length, 2, 'each has a page of its own');
    for (const turns of pages) assert.deepEqual(turns, prompts);
  });

  test('begins anew after a person has typed in the page', async () => {
    const talk = new Talk('key-of-the-first');
    await talk.say('before the person');
    const pages = await Promise.all(open().map(async (page) => ({ page, turns: await asked(page) })));
    const { page } = pages.find(({ turns }) => turns.includes('before the person'));
    await page.locator('header, main, body').first().click({ position: { x: 3, y: 3 } });
    await talk.say('after the person');
    const packed = (await Promise.all(open().map(asked))).flat().find((turn) => turn.includes('after the person'));
    assert.ok(packed.includes('before the person'), packed);
  });

  test('is kept by the Python client, too', async () => {
    const { texts } = await python(gateway, 'conversation', 'demo/default', '', 'key-of-the-second');
    assert.equal(texts.length, 10);
    const pages = (await Promise.all(open().map(asked))).filter((turns) => turns.includes('python turn 9'));
    assert.deepEqual(pages, [Array.from({ length: 10 }, (_, n) => `python turn ${n}`)]);
  });
});
