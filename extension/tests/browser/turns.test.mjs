// Turns on a real page in a real browser: every transport, every composer.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { site } from './support/adapter.mjs';
import { inEachBrowser, push, world } from './support/browser.mjs';

inEachBrowser('a turn', (Browser) => {
  let here;
  before(async () => (here = await world({}, Browser)));
  after(() => here.close());

  for (const wire of ['fetch', 'two_stage', 'xhr', 'eventsource', 'websocket']) {
    test(`over ${wire} streams while the page writes`, async () => {
      const { gateway, pages } = here;
      const { page, lane } = await here.open(`?wire=${wire}`);
      const at = pages.answers.length;
      const job = gateway.give(lane, `hello ${wire}\nsecond line`);
      await gateway.message('accepted', job);
      const answer = await pages.answer(at);
      assert.equal(pages.prompts.at(-1), `hello ${wire}\nsecond line`);
      answer.write('first ');
      // The first piece is here while the page still writes.
      await gateway.until(() => gateway.text(job).includes('first '), 'the first piece');
      answer.write('héllo 🦀');
      answer.end();
      const end = await gateway.end(job);
      assert.equal(end.type, 'done');
      assert.equal(end.cancelled, false);
      const frames = gateway.frames.get(job);
      assert.deepEqual(
        frames.map(({ seq }) => seq),
        frames.map((_, index) => index + 1),
      );
      assert.equal(end.last_seq, frames.length);
      assert.equal(frames[0].kind, 'opened');
      assert.match(gateway.text(job), /héllo 🦀/);
      await page.close();
    });
  }

  for (const composer of ['textarea', 'tracked', 'editable']) {
    test(`types into a ${composer}`, async () => {
      const { gateway, pages } = here;
      const kind = composer === 'editable' ? 'contenteditable' : 'textarea';
      await push(gateway, here.popup, site(pages.origin, { composer: { kind } }));
      const { page, lane } = await here.open(`?composer=${composer}`);
      const at = pages.answers.length;
      const job = gateway.give(lane, 'a prompt with "quotes" and <b>tags</b>');
      const answer = await pages.answer(at);
      assert.equal(pages.prompts.at(-1).trim(), 'a prompt with "quotes" and <b>tags</b>');
      answer.end();
      assert.equal((await gateway.end(job)).type, 'done');
      await page.close();
    });
  }

  test('begins a new chat, though the page changed its address since it was opened', async () => {
    const { gateway, pages } = here;
    await push(gateway, here.popup, site(pages.origin, { new_chat: 'navigate' }));
    const { page, lane } = await here.open();
    for (const prompt of ['first', 'second']) {
      const at = pages.answers.length;
      await gateway.idleLane();
      const job = gateway.give(lane, prompt);
      const answer = await pages.answer(at);
      assert.equal(await page.evaluate('location.pathname'), '/', `the ${prompt} one`);
      // As many sites do in the middle of an answer.
      await page.evaluate(`history.replaceState(null, '', '/chat/${at}')`);
      answer.end();
      assert.equal((await gateway.end(job)).type, 'done');
    }
    await page.close();
  });

  test('brings a message of five million letters in parts', async () => {
    const { gateway, pages } = here;
    await push(gateway, here.popup, site(pages.origin));
    const { page, lane } = await here.open('?wire=websocket');
    const at = pages.answers.length;
    const job = gateway.give(lane, 'a lot');
    const answer = await pages.answer(at);
    const many = 'wörd "x" '.repeat(500_000);
    answer.write(many);
    answer.end();
    assert.equal((await gateway.end(job, 60_000)).type, 'done');
    const frames = gateway.frames.get(job).filter(({ kind }) => kind === 'message');
    const first = frames.slice(0, frames.findIndex(({ more }) => !more) + 1);
    assert.ok(first.length > 5, `${first.length} frames`);
    const whole = Buffer.concat(first.map(({ payload }) => payload)).toString();
    assert.equal(JSON.parse(whole).text, many);
    await page.close();
  });
});
