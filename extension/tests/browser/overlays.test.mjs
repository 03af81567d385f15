// What covers the page: a promotion is closed before each step, a consent is its human's alone.

import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { site } from './support/adapter.mjs';
import { inEachBrowser, pair, push, world } from './support/browser.mjs';
import { ScriptedGateway } from './support/gateway.mjs';
import { OffersPage, offersSite, PICTURE } from './support/offers.mjs';

const OVERLAYS = [{ shown: { css: '#promo' }, close: { css: '#promo button' } }];

/** Puts a promotion over everything, as a modal dialog; `dismissed` counts how often it was closed. */
function cover() {
  window.dismissed ??= 0;
  if (document.getElementById('promo')) return;
  const promo = Object.assign(document.createElement('dialog'), { id: 'promo' });
  promo.style.cssText = 'position:fixed;inset:0;width:100vw;height:100vh';
  promo.innerHTML = '<p>New: our app for your phone!</p><button>Not now</button>';
  promo.querySelector('button').onclick = () => {
    dismissed += 1;
    // As a page that fades it out.
    setTimeout(() => promo.remove(), 40);
  };
  document.body.append(promo);
  promo.showModal();
}

inEachBrowser('a page that is covered', (Browser) => {
  let here, page, lane;
  before(async () => (here = await world({ overlays: OVERLAYS }, Browser)));
  after(() => here.close());
  afterEach(() => page.close());

  /** The page covered from the beginning, and again at each of these events of it. */
  async function covered(...events) {
    ({ page, lane } = await here.open());
    await page.evaluate(`window.cover = ${cover}; null`);
    await page.evaluate((events) => {
      cover();
      for (const [id, type] of events) byId(id).addEventListener(type, () => cover());
    }, events);
  }

  test('by a promotion, again and again, is used once that is closed', async () => {
    const { gateway, pages } = here;
    await covered(['new', 'click'], ['composer', 'input']);
    await page.evaluate("byId('log').innerHTML = '<p class=answer>old</p>'");
    const at = pages.answers.length;
    const job = gateway.give(lane, 'under it');
    (await pages.answer(at)).end();
    assert.equal((await gateway.end(job)).type, 'done');
    assert.equal(pages.prompts.at(-1), 'under it');
    // Before the new chat, before the typing, before the sending.
    assert.equal(await page.evaluate('dismissed'), 3);
  });

  test('by a promotion while it answers is stopped once that is closed', async () => {
    const { gateway, pages } = here;
    await covered();
    const at = pages.answers.length;
    const job = gateway.give(lane, 'tell me');
    (await pages.answer(at)).write('begun');
    await gateway.until(() => gateway.text(job).includes('begun'), 'the first piece');
    await page.evaluate('cover()');
    gateway.say({ type: 'cancel', job });
    const end = await gateway.end(job, 3_000);
    assert.deepEqual([end.type, end.cancelled], ['done', true]);
    assert.deepEqual(await page.evaluate('[dismissed, clicks.stop]'), [2, 1]);
  });

  for (const [taken, failed] of [['consent', 'consent'], ['promotion', 'not_started']]) {
    test(`by a consent that its adapter takes for a ${taken} is never pressed`, async () => {
      const { gateway, pages, popup } = here;
      const overlays = [{ shown: { css: '#consent' }, close: { css: '#agree' } }, ...OVERLAYS];
      const { send, signals } = site(pages.origin).adapter;
      const mistaken = { signals: { ...signals, consent: [] }, send: { ...send, by: ['click'] } };
      await push(gateway, popup, site(pages.origin, { overlays, ...(taken === 'promotion' && mistaken) }));
      await covered();
      const prompts = pages.prompts.length;
      await page.evaluate(() => {
        byId('consent').style.cssText = 'position:fixed;inset:0;background:#fff';
        byId('consent').hidden = false;
      });
      const end = await gateway.end(gateway.give(lane, 'never sent', { accept_ms: 3_000 }));
      assert.deepEqual([end.type, end.failure?.class], ['failed', failed]);
      assert.equal(await page.evaluate('clicks.consent'), 0);
      assert.equal(pages.prompts.length, prompts);
    });
  }
});

inEachBrowser('a page with a menu, settings and files that is covered', (Browser) => {
  let gateway, pages, browser;
  before(async () => {
    [gateway, pages] = await Promise.all([ScriptedGateway.start(), OffersPage.start()]);
    gateway.sites = [offersSite(pages.origin, { overlays: OVERLAYS })];
    browser = await Browser.launch([pages.origin]);
    await pair(browser.context, gateway, Browser);
    await gateway.message('seats', undefined, 30_000);
  });
  after(async () => {
    await browser.close();
    await Promise.all([gateway.stop(), pages.stop()]);
  });

  test('is cleared before the menu, the settings, the files, the typing and the sending', async () => {
    const page = await browser.context.newPage();
    await page.goto(pages.origin);
    await page.evaluate(`window.cover = ${cover}; null`);
    await gateway.until(() => {
      const seat = gateway.heard.findLast(({ type }) => type === 'seats')?.seats[0];
      return seat?.models.includes('beta-2');
    }, 'the list');
    await page.evaluate(() => {
      cover();
      // Each step of the turn brings it back, and none may begin under it.
      window.under = [];
      const step = (id, type) =>
        byId(id).addEventListener(type, () => {
          if (document.getElementById('promo')) under.push(id);
          else cover();
        });
      step('model', 'pointerdown');
      step('search', 'click');
      step('attach', 'click');
      step('composer', 'input');
      step('send', 'click');
    });
    const files = [{ name: 'a.png', mime: 'image/png', size: PICTURE.length }];
    const order = { model: 'beta-2', settings: { search: ['on'] }, files, accept_ms: 30_000 };
    const job = gateway.give(await gateway.idleLane(), 'look', order, [PICTURE]);
    const end = await gateway.end(job, 40_000);
    assert.equal(end.type, 'done', JSON.stringify(end));
    const { prompt, model, settings, files: sent } = pages.asked.at(-1);
    assert.deepEqual([prompt, model, settings.search, sent.length], ['look', 'beta-2', 'true', 1]);
    assert.deepEqual(await page.evaluate('[under, dismissed]'), [[], 5]);
    await page.close();
  });
});
