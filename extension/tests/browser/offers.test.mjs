// What a page offers beside text, in a real browser: models, settings, files in, media out, and the
// streams that lie beside the answer.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { inEachBrowser, pair, push } from './support/browser.mjs';
import { ScriptedGateway } from './support/gateway.mjs';
import { OffersPage, offersSite, PICTURE, REPORT, sumOf } from './support/offers.mjs';

const DEFAULTS = {
  limit: '1024',
  range: '1',
  slider: '0.95',
  chips: [],
  search: 'false',
  effort: 'fast',
  thinking: 'Normal',
  system: '',
};

inEachBrowser('what a page offers', (Browser) => {
  let gateway;
  let site;
  let browser;
  let popup;
  before(async () => {
    [gateway, site] = await Promise.all([ScriptedGateway.start(), OffersPage.start()]);
    gateway.sites = [offersSite(site.origin)];
    browser = await Browser.launch([site.origin]);
    popup = await pair(browser.context, gateway, Browser);
    await gateway.message('seats', undefined, 30_000);
  });
  after(async () => {
    await browser.close();
    await Promise.all([gateway.stop(), site.stop()]);
  });

  async function open(query = '', change = {}) {
    // What a test's page had before is nothing to the next one's.
    await push(gateway, popup, offersSite(site.origin, change));
    site.events = [['token', { text: 'Hello' }]];
    const page = await browser.context.newPage();
    await page.goto(`${site.origin}/${query}`);
    const lane = await gateway.idleLane();
    return { page, lane };
  }

  async function ended(job) {
    const end = await gateway.end(job);
    assert.equal(end.type, 'done', JSON.stringify(end));
    return site.asked.at(-1);
  }

  const lastSeat = () => gateway.heard.findLast(({ type }) => type === 'seats').seats[0];
  const seatModels = () => lastSeat().models;

  describe('models', () => {
    test('are learned from the list that the page fetched before anybody watched', async () => {
      const { page } = await open();
      await gateway.until(() => seatModels().includes('beta-2'), 'the list');
      assert.deepEqual(seatModels(), ['alpha-1', 'beta-2']);
      assert.equal(await page.evaluate('listed.data.length'), 2);
      await page.close();
    });

    test('are read from JSON in the page', async () => {
      const source = { kind: 'page_data', css: '#boot', list: '/models', id: '/id', label: '/title' };
      const { page } = await open('', { models: { names: [], source } });
      await gateway.until(() => seatModels().includes('gamma-3-mini'), 'the list');
      await page.close();
    });

    test('are read from the menu once, and the menu is closed again', async () => {
      const models = { names: [], source: { kind: 'menu' }, select: { kind: 'menu' } };
      const { page, lane } = await open('', { models });
      await gateway.until(() => seatModels().includes('Alpha mini'), 'the menu');
      assert.deepEqual(seatModels(), ['Alpha', 'Alpha mini', 'Beta']);
      await page.waitForFunction(() => !document.querySelector('.portal'));
      assert.equal(await page.evaluate('menus'), 1);
      const asked = await ended(gateway.give(lane, 'hi', { model: 'Alpha mini' }));
      assert.equal(asked.model, 'alpha-1-mini');
      await page.close();
    });

    test('are read again at the gateway’s word: from the menu, or with the page where a list comes with it', async () => {
      const models = { names: [], source: { kind: 'menu' }, select: { kind: 'menu' } };
      const menu = await open('', { models });
      await gateway.until(() => seatModels().includes('Alpha mini'), 'the menu');
      const again = async (request) => {
        gateway.say({ type: 'reread', request });
        const about = (one) => one.type === 'reread' && one.request === request;
        return gateway.until(() => gateway.heard.find(about), 'the reading', 20_000);
      };
      // The models that an earlier test's page told still stand.
      await menu.page.waitForFunction(
        () => typeof menus !== 'undefined' && menus === 1 && !document.querySelector('.portal'),
      );
      await gateway.idleLane();
      assert.deepEqual((await again('menu')).read, [lastSeat().site]);
      assert.equal(await menu.page.evaluate('menus'), 2);
      assert.equal(await menu.page.evaluate('document.querySelector(".portal")'), null);
      await menu.page.close();
      const { page } = await open();
      await gateway.until(() => seatModels().includes('beta-2'), 'the list');
      await page.evaluate('window.before = true');
      await gateway.idleLane();
      assert.deepEqual((await again('list')).read, [lastSeat().site]);
      assert.equal(await page.evaluate('window.before'), undefined);
      await page.close();
    });

    test('are chosen in a menu of a portal; the next turn gets the page’s own again', async () => {
      const { page, lane } = await open('', { new_chat: 'navigate' });
      await gateway.until(() => seatModels().includes('beta-2'), 'the list');
      assert.equal((await ended(gateway.give(lane, 'hi', { model: 'beta-2' }))).model, 'beta-2');
      const again = gateway.give(await gateway.idleLane(), 'hi', { conversation: 'continue' });
      assert.equal((await ended(again)).model, 'alpha-1');
      await page.close();
    });

    test('that the page does not have, or does not show, are refused before anything is typed', async () => {
      const { page, lane } = await open('?stuck');
      await gateway.until(() => seatModels().includes('beta-2'), 'the list');
      const asked = site.asked.length;
      for (const model of ['omega', 'beta-2']) {
        const end = await gateway.end(gateway.give(await gateway.idleLane(), 'hi', { model }));
        assert.equal(end.failure?.class, 'choice_refused', JSON.stringify(end));
        assert.match(end.failure.message, new RegExp(model));
        assert.equal(end.accepted, false);
      }
      assert.equal(site.asked.length, asked);
      assert.equal(await page.inputValue('#composer'), '');
      assert.ok(lane);
      await page.close();
    });

    test('are chosen by the address', async () => {
      const models = { names: ['x'], select: { kind: 'query', parameter: 'model' } };
      const { page, lane } = await open('', { models });
      assert.equal((await ended(gateway.give(lane, 'hi', { model: 'x' }))).model, 'x');
      assert.equal((await ended(gateway.give(await gateway.idleLane(), 'hi'))).model, 'alpha-1');
      await page.close();
    });

    test('a mode is opened by its path, and left again', async () => {
      const modes = [{ name: 'battle', start: '/battle', sides: 2, select: false }];
      const { page, lane } = await open('', { modes });
      await ended(gateway.give(lane, 'hi', { mode: 'battle' }));
      assert.equal(await page.evaluate('location.pathname'), '/battle');
      await ended(gateway.give(await gateway.idleLane(), 'hi'));
      assert.equal(await page.evaluate('location.pathname'), '/');
      await page.close();
    });
  });

  describe('settings', () => {
    test('reach each kind of control, and are put back for a turn that does not name them', async () => {
      const { page, lane } = await open();
      const settings = {
        max_tokens: ['2000'],
        temperature: ['0.3'],
        top_p: ['0.72'],
        stop: ['END', 'STOP'],
        search: ['on'],
        thinking: ['high'],
        system: ['Be brief.\nAlways.'],
      };
      const asked = await ended(gateway.give(lane, 'hi', { settings }));
      assert.deepEqual(asked.settings, {
        ...DEFAULTS,
        limit: '2000',
        range: '0.3',
        slider: '0.7',
        chips: ['END', 'STOP'],
        search: 'true',
        effort: 'deep',
        system: 'Be brief.\nAlways.',
      });
      const again = gateway.give(await gateway.idleLane(), 'hi', { conversation: 'continue' });
      assert.deepEqual((await ended(again)).settings, DEFAULTS);
      await page.close();
    });

    test('are chosen in a list of the page’s own making', async () => {
      const at = [{ css: '#thinking' }];
      const open_ = [{ css: '#settings' }];
      const thinking = { kind: 'select', at, open: open_, values: { high: 'Deep' } };
      const { page, lane } = await open('', { parameters: { thinking } });
      const asked = await ended(gateway.give(lane, 'hi', { settings: { thinking: ['high'] } }));
      assert.equal(asked.settings.thinking, 'Deep');
      await page.close();
    });

    test('that a control cannot take are refused before anything is typed', async () => {
      const { page } = await open();
      const asked = site.asked.length;
      for (const [settings, words] of [
        [{ temperature: ['3'] }, /temperature takes 0 to 2, not 3/],
        [{ max_tokens: ['9000'] }, /max_tokens takes 1 to 4096/],
        [{ thinking: ['low'] }, /thinking takes Fast, Deep thinking, not low/],
      ]) {
        const end = await gateway.end(gateway.give(await gateway.idleLane(), 'hi', { settings }));
        assert.equal(end.failure?.class, 'choice_refused', JSON.stringify(end));
        assert.match(end.failure.message, words);
      }
      assert.equal(site.asked.length, asked);
      await page.close();
    });
  });

  describe('files', () => {
    const large = Buffer.alloc(700_000, 'tabway ');
    const files = [
      { name: 'a.png', mime: 'image/png', size: PICTURE.length },
      { name: 'b.txt', mime: 'text/plain', size: large.length },
    ];
    const expected = [
      { name: 'a.png', type: 'image/png', sum: sumOf(PICTURE) },
      { name: 'b.txt', type: 'text/plain', sum: sumOf(large) },
    ];
    const byName = (a, b) => a.name.localeCompare(b.name);

    for (const ways of ['detached', 'connected', 'drop', 'paste']) {
      test(`get into a page by a ${ways} way, and no picker opens`, async () => {
        const { page, lane } = await open(`?ways=${ways}`);
        // Ways that the page does not take need their time.
        const slow = { files, accept_ms: 30_000 };
        const chooser = [];
        await page.on('filechooser', (one) => chooser.push(one));
        const asked = await ended(gateway.give(lane, 'look', slow, [PICTURE, large]));
        assert.deepEqual(asked.files.sort(byName), expected);
        assert.equal(asked.prompt, 'look');
        assert.equal(chooser.length, 0);
        await page.close();
      });
    }

    test('that the page refuses fail in its words, and nothing of them stays', async () => {
      const { page, lane } = await open();
      const asked = site.asked.length;
      const program = { name: 'x.exe', mime: 'application/octet-stream', size: 3 };
      const list = [files[0], program];
      const job = gateway.give(lane, 'look', { files: list }, [PICTURE, Buffer.from('abc')]);
      const end = await gateway.end(job);
      assert.equal(end.failure?.class, 'file_refused', JSON.stringify(end));
      assert.equal(end.failure.site_words, 'Programs are not allowed');
      assert.equal(site.asked.length, asked);
      await page.waitForFunction(
        () => !document.querySelector('.preview') && window.composer?.value === '',
      );
      assert.deepEqual((await ended(gateway.give(await gateway.idleLane(), 'hi'))).files, []);
      await page.close();
    });

    test('that did not come whole are not typed around', async () => {
      const { page, lane } = await open();
      const end = await gateway.end(gateway.give(lane, 'look', { files }, [PICTURE]));
      assert.equal(end.failure?.class, 'bad_job');
      await page.close();
    });
  });

  describe('answers', () => {
    test('come by two stages with the names of their events; the page’s other requests do not count', async () => {
      const { page, lane } = await open();
      const job = gateway.give(lane, 'hi');
      await ended(job);
      assert.match(gateway.text(job), /event: token\ndata: {"text":"Hello"}\n\n/);
      assert.match(gateway.text(job), /event: end\n/);
      const opened = gateway.frames.get(job).filter(({ kind }) => kind === 'opened');
      assert.deepEqual(opened.map(({ payload }) => JSON.parse(payload).tap), [1]);
      assert.ok(site.titles > 0);
      await page.close();
    });

    test('bring their pictures and files', async () => {
      const { page, lane } = await open();
      site.events = [['token', { text: 'See:' }], ['picture', {}]];
      const job = gateway.give(lane, 'draw');
      await ended(job);
      const frames = gateway.frames.get(job);
      const heads = frames.filter(({ kind }) => kind === 'media');
      assert.deepEqual(
        heads.map(({ stream, payload }) => [stream, JSON.parse(payload)]),
        [
          [1, { mime: 'image/png', name: 'A dot', size: PICTURE.length, choice: 0 }],
          [2, { mime: 'text/csv', name: 'report.csv', size: REPORT.length, choice: 0 }],
        ],
      );
      const bytes = (number) =>
        Buffer.concat(
          frames
            .filter(({ kind, stream }) => kind === 'media_bytes' && stream === number)
            .map(({ payload }) => payload),
        );
      assert.ok(bytes(1).equals(PICTURE));
      assert.equal(bytes(2).toString(), REPORT);
      await page.close();
    });

    test('whose pictures the page may show and not read go by their addresses; the text is kept', async () => {
      const { page, lane } = await open();
      // Another origin's, without leave to read it; one that is gone; one of no address.
      const other = await OffersPage.start();
      const [foreign, gone] = [`${other.origin}/picture.png`, `${site.origin}/gone.png`];
      site.events = [['token', { text: 'See:' }], ['shown', [foreign, gone, 'blob:nothing', '/picture.png']]];
      const job = gateway.give(lane, 'draw');
      await ended(job);
      assert.match(gateway.text(job), /See:/);
      const heads = gateway.frames.get(job).filter(({ kind }) => kind === 'media');
      const lost = { mime: 'image/*', name: 'A cat', size: 0, choice: 0 };
      assert.deepEqual(heads.map(({ payload }) => JSON.parse(payload)), [
        { ...lost, unread: foreign },
        { ...lost, unread: gone },
        { ...lost, unread: '' },
        { mime: 'image/png', name: 'A cat', size: PICTURE.length, choice: 0 },
      ]);
      await other.stop();
      await page.close();
    });

    test('run at full speed in a hidden tab', async () => {
      const { page, lane } = await open();
      const words = Array.from({ length: 400 }, (_, at) => ['token', { text: `${at} ` }]);
      let release;
      site.events = new Promise((resolve) => (release = () => resolve(words)));
      const job = gateway.give(lane, 'count');
      await gateway.message('accepted', job);
      const front = await browser.context.newPage();
      await front.bringToFront();
      const begun = performance.now();
      release();
      await gateway.until(() => gateway.text(job).includes('399 '), 'the last word', 4_000);
      const took = performance.now() - begun;
      assert.ok(took < 4_000, `${took} ms`);
      await ended(job);
      await front.close();
      await page.close();
    });
  });
});
