// Pairing, permissions, lanes, and what the node refuses.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { site } from './support/adapter.mjs';
import { pair, world } from './support/browser.mjs';
import { launch } from './support/chromium.mjs';
import { ScriptedGateway } from './support/gateway.mjs';
import { Pages } from './support/pages.mjs';

/** Runs a test with a world of its own. */
async function inWorld(change, run) {
  const here = await world(change);
  try {
    await run(here);
  } finally {
    await here.close();
  }
}

describe('pairing', () => {
  test('W6: both sides show the same fingerprint, and the node is in once it is accepted', async () => {
    const gateway = await ScriptedGateway.start();
    gateway.holdPairing = true;
    const { context, close } = await launch(['http://127.0.0.1:1']);
    const popup = await pair(context, gateway);
    await popup.waitForSelector('#pair-state[data-state=pairing]');
    assert.equal(await popup.textContent('#fingerprint'), gateway.fingerprint);
    assert.ok(gateway.proofHolds);
    assert.match(gateway.origin, /^chrome-extension:\/\/[a-p]{32}$/);
    gateway.acceptPairing();
    await popup.waitForSelector('#pair-state[data-state=connected]');
    assert.equal(await popup.getAttribute('#overall', 'data-state'), 'on');

    // The code was for once: the next socket proves the key alone.
    gateway.socket.terminate();
    const hello = await gateway.until(
      () => gateway.heard.find((one) => one.type === 'hello' && one.socket === 2),
      'a second hello',
    );
    assert.equal(hello.code, undefined);
    await gateway.until(
      () => gateway.heard.find((one) => one.type === 'seats' && one.socket === 2),
      'seats',
    );

    // A heartbeat is answered with one.
    gateway.say({ type: 'heartbeat' });
    await gateway.message('heartbeat');

    // Paused within a second, and said so.
    await popup.check('#pause');
    await gateway.until(
      () => gateway.heard.some((one) => one.type === 'seats' && one.paused),
      'the pause',
      1_000,
    );
    await popup.uncheck('#pause');

    // Forgotten: the socket is closed and stays so.
    await popup.click('[data-testid=forget]');
    await popup.waitForFunction(
      () => document.querySelectorAll('[data-testid=gateway]').length === 0,
    );
    await gateway.until(() => gateway.closes.includes(1000), 'the close');
    await close();
    await gateway.stop();
  });

  test('W6: a wrong code is refused in words and not tried again', async () => {
    const gateway = await ScriptedGateway.start();
    const { context, close } = await launch(['http://127.0.0.1:1']);
    gateway.code = 'RIGHT';
    const popup = await pair(context, { url: gateway.url, code: 'WRONG' });
    await popup.waitForSelector('#pair-state[data-state=refused]');
    assert.match(await popup.textContent('#pair-state'), /code is not good/);
    assert.equal(gateway.sockets, 1);
    await close();
    await gateway.stop();
  });

  test('another fingerprint means somebody in between: the node hangs up', async () => {
    const gateway = await ScriptedGateway.start();
    gateway.forgedFingerprint = 'AAAA-AAAA';
    const { context, close } = await launch(['http://127.0.0.1:1']);
    const popup = await pair(context, gateway);
    await popup.waitForSelector('#pair-state[data-state=refused]');
    assert.match(await popup.textContent('#pair-state'), /fingerprint/);
    assert.deepEqual(gateway.closes, [4403]);
    await close();
    await gateway.stop();
  });

  test('W18: no TLS over a network is refused before anything is sent', async () => {
    const { context, close } = await launch(['http://127.0.0.1:1']);
    const popup = await pair(context, { url: 'http://gateway.example:7070', code: 'X' });
    await popup.waitForSelector('#problem:not([hidden])');
    assert.match(await popup.textContent('#problem'), /TLS/);
    assert.equal(await popup.locator('[data-testid=gateway]').count(), 0);
    assert.equal(await popup.isVisible('#insecure-row'), true);
    await close();
  });

  test('two gateways at once', async () => {
    const [one, two] = await Promise.all([ScriptedGateway.start(), ScriptedGateway.start()]);
    const { context, close } = await launch(['http://127.0.0.1:1']);
    await pair(context, one);
    await one.message('seats');
    await pair(context, two);
    await two.message('seats');
    assert.equal(one.heard.at(-1).socket, 1);
    one.say({ type: 'heartbeat' });
    await one.message('heartbeat');
    await close();
    await Promise.all([one.stop(), two.stop()]);
  });
});

describe('what a gateway may not do', () => {
  test('W17: an order outside the closed list is not obeyed', () =>
    inWorld({}, async ({ gateway, context, popup }) => {
      const tabs = context.pages().length;
      const beats = () => gateway.heard.filter(({ type }) => type === 'heartbeat').length;
      for (const type of ['open_url', 'run_script', 'read_cookies', 'constructor']) {
        const before = beats();
        gateway.say({ type, url: 'http://127.0.0.1/', code: '1' });
        gateway.say({ type: 'heartbeat' });
        await gateway.until(() => beats() > before, `a sign of life after ${type}`);
        const words = `says \`${type}\`, which this extension does not know`;
        await popup.waitForFunction((text) => document.body.textContent.includes(text), words);
      }
      assert.equal(context.pages().length, tabs);
      assert.deepEqual(gateway.closes, []);
    }));

  test('W17: an order without its fields ends the connection', () =>
    inWorld({}, async ({ gateway }) => {
      for (const order of [{ type: 'cancel' }, { type: 'job', job: 'job_1', lane: 1 }, 'nonsense']) {
        const sockets = gateway.sockets;
        gateway.say(order);
        await gateway.until(
          () => gateway.closes.at(sockets - 1) === 4400,
          `${JSON.stringify(order)} to be refused`,
        );
        // It comes back, each time later, and stays honest.
        const back = (one) => one.type === 'seats' && one.socket === sockets + 1;
        await gateway.until(() => gateway.heard.some(back), 'the node to come back');
      }
    }));

  test('W19: turns of no lane, no site or a paused node are refused, one by one', () =>
    inWorld({}, async ({ gateway, popup, open }) => {
      const { lane } = await open();
      const failed = async (job) => (await gateway.end(job)).failure.class;
      assert.equal(await failed(gateway.give(lane + 1, 'x')), 'bad_job');
      assert.equal(await failed(gateway.give(lane, 'x', { site: 'other' })), 'bad_job');
      await popup.check('#pause');
      await gateway.until(() => gateway.heard.at(-1).paused, 'the pause');
      assert.equal(await failed(gateway.give(lane, 'x')), 'bad_job');
    }));
});

describe('lanes', () => {
  test('a tab that was open before is bridged, and one on a denied path is not', async () => {
    const [gateway, pages] = await Promise.all([ScriptedGateway.start(), Pages.start()]);
    gateway.sites = [site(pages.origin)];
    const { context, close } = await launch([pages.origin]);
    const early = await context.newPage();
    await early.goto(`${pages.origin}/`);
    await pair(context, gateway);
    const lane = await gateway.idleLane();
    const job = gateway.give(lane, 'hello');
    (await pages.answer(0)).end();
    assert.equal((await gateway.end(job)).type, 'done');
    await early.goto(`${pages.origin}/admin/users`);
    await gateway.until(() => gateway.seatState() === 'no_tab', 'no tab');
    await close();
    await Promise.all([gateway.stop(), pages.stop()]);
  });

  test('a tab in which somebody has written is not reloaded', async () => {
    const [gateway, pages] = await Promise.all([ScriptedGateway.start(), Pages.start()]);
    gateway.sites = [site(pages.origin)];
    const { context, close } = await launch([pages.origin]);
    const early = await context.newPage();
    await early.goto(`${pages.origin}/`);
    await early.fill('#composer', 'my draft');
    await pair(context, gateway);
    await gateway.until(
      () =>
        gateway.heard.findLast(({ type }) => type === 'seats')?.seats[0].detail.includes('Reload'),
      'the advice',
    );
    assert.equal(await early.inputValue('#composer'), 'my draft');
    await close();
    await Promise.all([gateway.stop(), pages.stop()]);
  });

  test('an origin that was not granted is told, and its pages are left alone', async () => {
    const [gateway, pages] = await Promise.all([ScriptedGateway.start(), Pages.start()]);
    gateway.sites = [site(pages.origin)];
    const { context, close } = await launch(['http://127.0.0.1:1']);
    const popup = await pair(context, gateway);
    await gateway.until(() => gateway.seatState() === 'not_permitted', 'the lack');
    await popup.waitForSelector('[data-testid=allow-chat]');
    const page = await context.newPage();
    await page.goto(`${pages.origin}/`);
    assert.equal(await page.evaluate('fetch.toString().includes("native code")'), true);
    await close();
    await Promise.all([gateway.stop(), pages.stop()]);
  });

  test('N11: two lanes answer at once and never mix', () =>
    inWorld({}, async ({ gateway, pages, open, context }) => {
      const first = await open();
      const second = await context.newPage();
      await second.goto(`${pages.origin}/`);
      await gateway.idleLane(15_000, 2);
      const seats = gateway.heard.findLast(({ type }) => type === 'seats').seats[0];
      const lanes = seats.lanes.map(({ lane }) => lane);
      assert.ok(lanes.includes(first.lane));
      const jobs = lanes.map((lane) => gateway.give(lane, `canary ${lane}`));
      await pages.until(() => pages.answers.length === 2, 'both');
      pages.answers.forEach((answer, at) => {
        answer.write(`for ${pages.prompts[at]}.`);
        answer.end();
      });
      for (const [at, job] of jobs.entries()) {
        await gateway.end(job);
        assert.ok(gateway.text(job).includes(`for canary ${lanes[at]}.`));
        assert.ok(!gateway.text(job).includes(`for canary ${lanes[1 - at]}.`));
      }
    }));
});

describe('the page as the stream', () => {
  const dom = {
    answer: { kind: 'dom', strip: ['button'] },
    tap: [],
    send: { by: ['click'], accepted: ['stop_visible'], proof_ms: 2000 },
  };

  test('blocks are sent as they change, closed once another follows', () =>
    inWorld(dom, async ({ gateway, pages, open }) => {
      const { lane } = await open();
      const job = gateway.give(lane, 'hello');
      const answer = await pages.answer(0);
      const records = () =>
        (gateway.frames.get(job) ?? []).map(({ kind, stream, payload }) => {
          assert.deepEqual([kind, stream], ['dom', 0]);
          return JSON.parse(payload.toString());
        });
      answer.write('one');
      await gateway.until(
        () => records().some(({ html }) => html === '<p>one</p>'),
        'the first state',
      );
      answer.write(' two\n\nthree');
      await gateway.until(
        () => records().some(({ block, html }) => block === 1 && html === '<p>three</p>'),
        'the second block',
      );
      answer.end();
      assert.equal((await gateway.end(job)).type, 'done');
      const last = (block) => records().findLast((record) => record.block === block);
      assert.deepEqual(last(0), { block: 0, html: '<p>one two</p>', closed: true });
      assert.deepEqual(last(1), { block: 1, html: '<p>three</p>', closed: true });

      // The next turn begins a new chat and sees nothing of this one.
      await gateway.idleLane();
      const next = gateway.give(lane, 'again');
      const second = await pages.answer(1);
      second.write('fresh');
      second.end();
      await gateway.end(next);
      const texts = gateway.frames
        .get(next)
        .map(({ payload }) => JSON.parse(payload.toString()).html);
      assert.deepEqual([...new Set(texts)], ['<p>fresh</p>']);
    }));

  test('a new chat by opening the start path again', () =>
    inWorld({ ...dom, new_chat: 'navigate' }, async ({ gateway, pages, open }) => {
      const { lane } = await open();
      const first = gateway.give(lane, 'one');
      (await pages.answer(0)).write('first answer');
      pages.answers[0].end();
      await gateway.end(first);
      await gateway.idleLane();
      const second = gateway.give(lane, 'two');
      const answer = await pages.answer(1);
      answer.write('second answer');
      answer.end();
      const end = await gateway.end(second);
      assert.equal(end.type, 'done', JSON.stringify(end));
      assert.deepEqual(pages.prompts, ['one', 'two']);
      const texts = gateway.frames
        .get(second)
        .map(({ payload }) => JSON.parse(payload.toString()).html);
      assert.ok(
        texts.every((html) => !html.includes('first')),
        texts.join(),
      );
    }));

  test('the composer, when it goes, is named', () =>
    inWorld({}, async ({ gateway, open }) => {
      const { page, lane } = await open();
      await page.evaluate(
        "byId('send').remove(); box.addEventListener('keydown', (event) => event.stopImmediatePropagation(), true)",
      );
      const job = gateway.give(lane, 'nowhere to go', { accept_ms: 3_000 });
      const end = await gateway.end(job);
      assert.deepEqual(
        [end.type, end.failure.class, end.accepted],
        ['failed', 'not_started', false],
      );
      await page.waitForFunction(() => box.value === '');
    }));
});
