// A revision that touches something else waits for its owner; a page that must be seen has a window.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { site } from './support/adapter.mjs';
import { approve, inEachBrowser, world } from './support/browser.mjs';

inEachBrowser('a revision of an adapter', (Browser) => {
  test('that clicks elsewhere is not used before its owner has agreed', async () => {
    const here = await world({}, Browser);
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

      const change = '[data-testid=change-chat]';
      await popup.waitForFunction((css) => !!document.querySelector(css), change);
      assert.deepEqual(
        await popup.evaluate(
          (css) => [...document.querySelectorAll(`${css} li`)].map((one) => one.textContent),
          change,
        ),
        ['how it opens a new chat', 'the send'],
      );
      assert.equal(await popup.evaluate('document.querySelector("#overall").dataset.state'), 'needs_human');
      await approve(popup, `${change} [data-testid=approve-chat]`);
      await popup.waitForFunction((css) => !document.querySelector(css), change);
      const job = gateway.give(await gateway.idleLane(), 'now');
      (await pages.answer(0)).end();
      assert.equal((await gateway.end(job)).type, 'done');

      // What is only read is not asked about.
      const read = { ...revised.adapter, revision: 3, title: 'Retitled', signals: { done: [{ gone: 'stop' }] } };
      gateway.say({ type: 'sites', sites: [{ ...revised, adapter: read }] });
      await popup.waitForFunction(
        () => document.querySelector('[data-testid=site-chat]')?.dataset.revision === '3',
      );
      assert.equal(await popup.evaluate((css) => !!document.querySelector(css), change), false);
      await gateway.idleLane();
      await page.close();
    } finally {
      await here.close();
    }
  });
});

inEachBrowser('a page that must be seen', (Browser) => {
  test('is alone in a window, while another is used', async () => {
    const page = { start: '/', deny: [], proof: [{ css: '#log' }], needs_visible: true };
    const here = await world({ page }, Browser);
    const { gateway, popup } = here;
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
        // Firefox knows no window of a tab that is on its way to another.
        const { tabs, other } = await look().catch(() => ({}));
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
    } finally {
      await here.close();
    }
  });
});

async function waitFor(look) {
  const deadline = performance.now() + 15_000;
  while (!(await look())) {
    assert.ok(performance.now() < deadline, 'waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
