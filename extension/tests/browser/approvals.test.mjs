// A revision that touches something else waits for its owner; a page that must be seen has a window.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { site } from './support/adapter.mjs';
import { world } from './support/browser.mjs';

describe('a revision of an adapter', () => {
  test('that clicks elsewhere is not used before its owner has agreed', async () => {
    const here = await world();
    const { gateway, pages, popup } = here;
    try {
      const { page, lane } = await here.open();
      const { adapter } = site(pages.origin);
      const revised = site(pages.origin, {
        revision: 2,
        locators: { ...adapter.locators, send: [{ css: '#delete' }, { css: '#send' }] },
        new_chat: 'navigate',
      });
      gateway.say({ type: 'sites', sites: [revised] });
      await gateway.until(() => gateway.seatState() === 'not_permitted', 'the question');
      const seat = gateway.heard.findLast(({ type }) => type === 'seats').seats[0];
      assert.match(seat.detail, /how it opens a new chat, the send.*open the popup/);
      const refused = await gateway.end(gateway.give(lane, 'not yet'));
      assert.deepEqual([refused.failure.class, refused.accepted], ['bad_job', false]);
      assert.deepEqual(pages.prompts, []);

      const change = popup.locator('[data-testid=change-chat]');
      assert.deepEqual(await change.locator('li').allTextContents(), [
        'how it opens a new chat',
        'the send',
      ]);
      assert.equal(await popup.getAttribute('#overall', 'data-state'), 'needs_human');
      await change.locator('[data-testid=approve-chat]').click();
      await change.waitFor({ state: 'detached' });
      const job = gateway.give(await gateway.idleLane(), 'now');
      (await pages.answer(0)).end();
      assert.equal((await gateway.end(job)).type, 'done');

      // What is only read is not asked about.
      const read = { ...revised.adapter, revision: 3, title: 'Retitled', signals: { done: [{ gone: 'stop' }] } };
      gateway.say({ type: 'sites', sites: [{ ...revised, adapter: read }] });
      await popup.locator('[data-testid=site-chat][data-revision="3"]').waitFor();
      assert.equal(await change.count(), 0);
      await gateway.idleLane();
      await page.close();
    } finally {
      await here.close();
    }
  });
});

test('a page that must be seen is alone in a window, while another is used', async () => {
  const page = { start: '/', deny: [], proof: [{ css: '#log' }], needs_visible: true };
  const here = await world({ page });
  const { gateway, popup, context } = here;
  try {
    const { lane } = await here.open();
    const look = () =>
      popup.evaluate(async (tab) => {
        const { windowId, active, autoDiscardable } = await chrome.tabs.get(tab);
        const beside = await chrome.tabs.query({ windowId });
        const { state, focused } = await chrome.windows.get(windowId);
        const mine = await chrome.tabs.getCurrent();
        return { tabs: beside.length, active, autoDiscardable, state, focused, other: mine.windowId !== windowId };
      }, lane);
    const alone = async () => {
      const { tabs, other } = await look();
      return tabs === 1 && other;
    };
    await waitFor(alone);
    // The tab in front of a window that is not minimised is what a browser calls visible.
    const { active, autoDiscardable, state } = await look();
    assert.deepEqual([active, autoDiscardable, state], [true, false, 'normal']);

    // Somebody opens another tab in its window: it is moved out again.
    await popup.evaluate(async (tab) => {
      const { windowId } = await chrome.tabs.get(tab);
      await chrome.tabs.create({ windowId, active: true, url: 'about:blank' });
    }, lane);
    await waitFor(alone);
    assert.equal((await look()).active, true);

    // It is minimised: the next turn brings it back.
    await popup.evaluate(async (tab) => {
      const { windowId } = await chrome.tabs.get(tab);
      await chrome.windows.update(windowId, { state: 'minimized' });
    }, lane);
    const job = gateway.give(await gateway.idleLane(), 'look');
    (await here.pages.answer(0)).end();
    assert.equal((await gateway.end(job)).type, 'done');
    await waitFor(async () => (await look()).state === 'normal');
    assert.equal(context.pages().length > 1, true);
  } finally {
    await here.close();
  }
});

async function waitFor(look) {
  const deadline = performance.now() + 15_000;
  while (!(await look())) {
    assert.ok(performance.now() < deadline, 'waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
