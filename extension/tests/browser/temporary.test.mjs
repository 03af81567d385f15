// Chats that the site does not keep: the page's switch is on before anything is typed.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { site } from './support/adapter.mjs';
import { inEachBrowser, push, world } from './support/browser.mjs';

inEachBrowser('a temporary chat', (Browser) => {
  let here;
  before(async () => (here = await world({}, Browser)));
  after(() => here.close());

  /** A page with a switch, of this make, that a new chat puts back; it notes how each prompt was sent. */
  async function open(make) {
    const { gateway, pages, popup } = here;
    const { adapter } = site(pages.origin);
    const locators = { ...adapter.locators, temporary_chat: [{ role: 'switch', name: ['Temporary chat'] }] };
    await push(gateway, popup, site(pages.origin, { locators, temporary_chat: true }));
    const opened = await here.open();
    await opened.page.evaluate((make) => {
      window.sent = [];
      window.presses = 0;
      if (make === 'none') return;
      const toggle = document.createElement('button');
      toggle.setAttribute('role', 'switch');
      let on = false;
      const show = () => {
        if (make === 'told') toggle.setAttribute('aria-checked', String(on));
        toggle.textContent = on && make === 'renamed' ? 'Keep this chat' : 'Temporary chat';
      };
      show();
      toggle.onclick = () => {
        presses += 1;
        on = make !== 'dead' && !on;
        setTimeout(show, 30);
      };
      byId('new').addEventListener('click', () => {
        on = false;
        show();
      });
      byId('send').addEventListener('click', () => sent.push(on), true);
      document.body.prepend(toggle);
    }, make);
    return opened;
  }

  async function turn(lane, prompt) {
    const { gateway, pages } = here;
    const at = pages.answers.length;
    const job = gateway.give(lane, prompt);
    (await pages.answer(at)).end();
    assert.equal((await gateway.end(job)).type, 'done');
  }

  for (const make of ['told', 'renamed']) {
    test(`N20: is switched on for each new chat, by a switch that is ${make}`, async () => {
      const { page, lane } = await open(make);
      await turn(lane, 'one');
      await turn(await here.gateway.idleLane(), 'two');
      assert.deepEqual(await page.evaluate('[sent, presses]'), [[true, true], 2]);
      await page.close();
    });
  }

  for (const [make, kind] of [['none', 'page_changed'], ['dead', 'choice_refused']]) {
    test(`that the page does not make (${make}) fails before anything is typed`, async () => {
      const { page, lane } = await open(make);
      const end = await here.gateway.end(here.gateway.give(lane, 'secret', { accept_ms: 4_000 }));
      assert.deepEqual([end.type, end.accepted], ['failed', false]);
      assert.deepEqual([end.failure.class, end.failure.locator], [kind, 'temporary_chat']);
      assert.deepEqual(await page.evaluate('[sent, box.value]'), [[], '']);
      await page.close();
    });
  }
});
