// Going on in the page's own conversation: only where it is as the last turn left it.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { inEachBrowser, world } from './support/browser.mjs';

describe('a conversation', () => {
  let here, gateway, page, lane, first;
  before(async () => {
    here = await world();
    gateway = here.gateway;
  });
  after(() => here.close());
  beforeEach(async () => {
    ({ page, lane } = await here.open('?wire=fetch'));
    first = await turn('first question', 'first answer');
  });
  afterEach(() => page.close());

  /** Gives a turn and answers it; its id. */
  async function turn(prompt, reply, more = {}) {
    const at = here.pages.answers.length;
    const job = gateway.give(lane, prompt, more);
    const answer = await here.pages.answer(at);
    answer.write(reply);
    answer.end();
    const end = await gateway.end(job);
    assert.equal(end.type, 'done', JSON.stringify(end));
    return job;
  }

  const standsAfter = () =>
    gateway.heard
      .findLast(({ type }) => type === 'seats')
      .seats[0].lanes.find((one) => one.lane === lane).after;

  const refused = async (after) => {
    const asked = here.pages.prompts.length;
    const end = await gateway.end(gateway.give(lane, 'lost', { conversation: 'continue', after }));
    assert.equal(end.failure?.class, 'conversation_lost', JSON.stringify(end));
    assert.equal(end.accepted, false);
    assert.equal(here.pages.prompts.length, asked, 'nothing was sent');
  };

  test('goes on after the turn that it ended with', async () => {
    assert.equal(standsAfter(), first);
    const second = await turn('second', 'answer 2', { conversation: 'continue', after: first });
    await turn('third', 'answer 3', { conversation: 'continue', after: second });
    assert.equal(await page.locator('.answer').count(), 3);
  });

  test('is refused after another turn than its last', async () => {
    await turn('second', 'answer 2', { conversation: 'continue', after: first });
    await refused(first);
  });

  test('is refused once a person has touched the page', async () => {
    await page.locator('body').click({ position: { x: 5, y: 5 } });
    await gateway.until(() => standsAfter() === undefined, 'the page to be known no more');
    await refused(first);
  });

  test('is refused after a reload', async () => {
    const seats = gateway.heard.length;
    await page.reload();
    const since = () => gateway.heard.slice(seats).findLast(({ type }) => type === 'seats');
    await gateway.until(() => since()?.seats[0]?.lanes[0]?.state === 'idle', 'the page');
    await refused(first);
  });

  test('is refused where the page shows another answer, or more of them', async () => {
    await page.evaluate(() => {
      const answer = document.querySelector('.answer').cloneNode(true);
      // What a page adds in its first moments after a turn is still of it.
      setTimeout(() => document.querySelector('.answer').after(answer), 3_200);
    });
    await page.waitForFunction(() => document.querySelectorAll('.answer').length === 2);
    await refused(first);
  });
});

inEachBrowser('a pinned conversation', (Browser) => {
  let here, gateway, page, lane;
  before(async () => {
    here = await world({}, Browser);
    gateway = here.gateway;
    ({ page, lane } = await here.open('?wire=fetch'));
  });
  after(() => here.close());

  test('is opened, and typed in once it shows what was there before', async () => {
    const place = '/?wire=fetch&chat=7';
    for (const count of [3, 4]) {
      const at = here.pages.answers.length;
      const job = gateway.give(lane, 'on with it', { conversation: 'continue', place });
      const answer = await here.pages.answer(at);
      answer.write('of course');
      answer.end();
      const end = await gateway.end(job);
      assert.equal(end.type, 'done', JSON.stringify(end));
      assert.equal(await page.evaluate('document.querySelectorAll(".answer").length'), count);
      await gateway.idleLane();
    }
    gateway.say({ type: 'locate', request: 'where', site: 'chat', lane });
    assert.equal((await gateway.message('located')).address, place);
  });

  test('that is gone is not typed in', async () => {
    const asked = here.pages.prompts.length;
    const place = '/?wire=fetch&chat=gone';
    await gateway.idleLane();
    const job = gateway.give(lane, 'lost', { conversation: 'continue', place, accept_ms: 20_000 });
    const end = await gateway.end(job, 30_000);
    assert.equal(end.failure?.class, 'conversation_lost', JSON.stringify(end));
    assert.equal(here.pages.prompts.length, asked, 'nothing was sent');
  });
});
