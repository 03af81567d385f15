// What goes wrong in the middle of a turn: people, tabs, sockets, workers, hostile pages.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { site } from './support/adapter.mjs';
import { push, world } from './support/browser.mjs';
import { POPUP } from './support/chromium.mjs';

describe('a turn that is disturbed', () => {
  let here;
  before(async () => {
    here = await world();
  });
  after(() => here.close());

  /** A turn whose answer has begun. */
  async function begun(query = '', prompt = 'tell me') {
    const { gateway, pages } = here;
    const { page, lane } = await here.open(query);
    const at = pages.answers.length;
    const job = gateway.give(lane, prompt);
    const answer = await pages.answer(at);
    answer.write('begun ');
    await gateway.until(() => gateway.text(job).includes('begun '), 'the first piece');
    return { page, lane, job, answer };
  }

  for (const query of ['', '?stop=reader', '?wire=websocket']) {
    test(`the client leaves: Stop is pressed ${query}`, async () => {
      const { gateway, pages } = here;
      const { page, lane, job } = await begun(query);
      const aborted = pages.aborted;
      gateway.say({ type: 'cancel', job });
      const end = await gateway.end(job, 2_000);
      assert.deepEqual([end.type, end.cancelled], ['done', true]);
      assert.equal(await page.evaluate('clicks.stop'), 1);
      await pages.until(() => pages.aborted > aborted, 'the page to let go of its stream');
      assert.equal(await gateway.idleLane(), lane);
      await page.close();
    });
  }

  test('the client leaves a page without Stop: it is opened anew at once', async () => {
    const { gateway, pages, popup } = here;
    const { adapter } = site(pages.origin);
    const { stop, ...locators } = adapter.locators;
    assert.ok(stop);
    const send = { ...adapter.send, accepted: ['tap_opened'] };
    const signals = { ...adapter.signals, done: [] };
    await push(gateway, popup, site(pages.origin, { locators, send, signals }));
    const { page, job } = await begun();
    const aborted = pages.aborted;
    const opened = page.waitForEvent('load');
    gateway.say({ type: 'cancel', job });
    const end = await gateway.end(job, 2_000);
    assert.deepEqual([end.type, end.cancelled], ['done', true]);
    await opened;
    await pages.until(() => pages.aborted > aborted, 'the page to let go of its stream');
    await gateway.idleLane();
    await page.close();
    await push(gateway, popup, site(pages.origin));
  });

  test('a cancel before anything was typed leaves no trace', async () => {
    const { gateway, pages } = here;
    const { page, lane } = await here.open();
    const prompts = pages.prompts.length;
    await page.evaluate('byId("send").disabled = true');
    const job = gateway.give(lane, 'never sent');
    await page.waitForFunction(() => byId('composer').value === 'never sent');
    gateway.say({ type: 'cancel', job });
    const end = await gateway.end(job);
    assert.deepEqual([end.type, end.cancelled], ['done', true]);
    assert.equal(await page.inputValue('#composer'), '');
    assert.equal(pages.prompts.length, prompts);
    await page.close();
  });

  test('a button that cannot be pressed: the next step of the ladder is taken', async () => {
    const { gateway, pages } = here;
    const { page, lane } = await here.open();
    const at = pages.answers.length;
    await page.evaluate('byId("send").disabled = true');
    const job = gateway.give(lane, 'by the keyboard');
    await gateway.message('accepted', job);
    (await pages.answer(at)).end();
    assert.equal((await gateway.end(job)).type, 'done');
    await page.close();
  });

  test('N9: what the page lacks is named', async () => {
    const { gateway } = here;
    const { page, lane } = await here.open();
    // An earlier answer is shown, and nothing begins a new chat.
    await page.evaluate("byId('new').remove(); byId('log').innerHTML = '<p class=answer>old</p>'");
    const end = await gateway.end(gateway.give(lane, 'x', { accept_ms: 1_500 }));
    assert.deepEqual(
      [end.failure.class, end.failure.locator, end.accepted],
      ['page_changed', 'new_chat', false],
    );
    await page.evaluate('box.remove()');
    await gateway.until(() => gateway.seatState() === 'page_changed', 'the seat to say so');
    const refused = await gateway.end(gateway.give(lane, 'x'));
    assert.deepEqual(
      [refused.failure.class, refused.failure.locator],
      ['page_changed', 'composer'],
    );
    await page.close();
  });

  test('a self-test looks again at a page that is still building itself', async () => {
    const { gateway } = here;
    const { page, lane } = await here.open();
    const look = async (request, wait_ms) => {
      gateway.say({ type: 'diagnose', request, site: 'chat', lane, wait_ms });
      const fits = ({ type, about }) => type === 'diagnosis' && about === request;
      const { locators } = await gateway.until(() => gateway.heard.find(fits), request);
      return locators.find(({ role }) => role === 'composer').count;
    };
    await page.evaluate('box.remove()');
    assert.equal(await look('at once'), 0);
    assert.equal(await look('in vain', 300), 0);
    const later = look('later', 10_000);
    await page.evaluate("byId('box').append(box)");
    assert.equal(await later, 1);
    await page.close();
  });

  test('N12: its human types: the turn fails and the text stays', async () => {
    const { gateway } = here;
    const { page, lane, job, answer } = await begun();
    await page.locator('#composer').pressSequentially('mine');
    const end = await gateway.end(job);
    assert.deepEqual([end.type, end.failure.class, end.accepted], ['failed', 'human_busy', true]);
    assert.equal(await page.inputValue('#composer'), 'mine');
    assert.equal(await page.evaluate('clicks.stop'), 0);
    answer.end();
    // As long as its text is there, the lane is its human's.
    await gateway.until(() => laneOf(gateway, lane)?.state === 'yielded', 'the lane to be yielded');
    const refused = await gateway.end(gateway.give(lane, 'not now'));
    assert.deepEqual([refused.failure.class, refused.accepted], ['human_busy', false]);
    assert.equal(await page.inputValue('#composer'), 'mine');
    await page.close();
  });

  for (const [what, act] of [
    ['closed', (page) => page.close()],
    ['reloaded', (page) => page.reload()],
    ['left', (page) => page.goto('about:blank')],
    ['crashed', (page) => page.goto('chrome://crash').catch(() => {})],
  ]) {
    test(`N1: the tab is ${what}: the turn fails at once, nothing is typed again`, async () => {
      const { gateway, pages } = here;
      const { page, job } = await begun();
      const prompts = pages.prompts.length;
      await act(page);
      const end = await gateway.end(job, 5_000);
      assert.deepEqual([end.type, end.failure.class, end.accepted], ['failed', 'lane_lost', true]);
      if (what === 'reloaded') await gateway.idleLane();
      assert.equal(pages.prompts.length, prompts);
      if (!page.isClosed()) await page.close().catch(() => {});
    });
  }

  test('N4: the socket drops: frames are sent again from where the gateway is', async () => {
    const { gateway } = here;
    const { page, job, answer } = await begun();
    gateway.autoAck = false;
    gateway.socket.terminate();
    answer.write('while away ');
    await gateway.until(
      () =>
        gateway.heard.find(
          (one) => one.type === 'resume' && one.jobs.some((held) => held.job === job),
        ),
      'a resume',
    );
    answer.write('back again');
    answer.end();
    const end = await gateway.end(job);
    assert.equal(end.type, 'done');
    const frames = gateway.frames.get(job);
    assert.deepEqual(
      frames.map(({ seq }) => seq),
      frames.map((_, index) => index + 1),
    );
    assert.match(gateway.text(job), /begun .*while away .*back again/s);
    gateway.autoAck = true;
    await page.close();
  });

  test('N3: the worker is killed: the runner wakes it, the turn goes on', async () => {
    const { gateway, pages, popup } = here;
    const { page, job, answer } = await begun();
    const sockets = gateway.sockets;
    const prompts = pages.prompts.length;
    const cdp = await here.context.newCDPSession(page);
    await popup.close();
    await cdp.send('ServiceWorker.enable').catch(() => {});
    await stopWorker(here.context);
    answer.write('asleep ');
    await gateway.until(() => gateway.sockets > sockets, 'a new socket');
    await gateway.until(
      () => gateway.heard.find((one) => one.type === 'resume' && one.socket > sockets),
      'a resume',
    );
    answer.write('awake');
    answer.end();
    const end = await gateway.end(job);
    assert.equal(end.type, 'done');
    const frames = gateway.frames.get(job);
    assert.deepEqual(
      frames.map(({ seq }) => seq),
      frames.map((_, index) => index + 1),
    );
    assert.match(gateway.text(job), /begun .*asleep .*awake/s);
    assert.equal(pages.prompts.length, prompts);
    here.popup = await here.context.newPage();
    await here.popup.goto(POPUP);
    await page.close();
  });

  test('N7: the clock jumps a day ahead and then two back: the turn goes on, and so does the next', async () => {
    const { gateway, pages } = here;
    const { page, lane, job, answer } = await begun();
    const jump = (ms) => {
      const now = Date.now.bind(Date);
      Date.now = () => now() + ms;
    };
    const day = 86_400_000;
    const [worker] = here.context.serviceWorkers();
    await Promise.all([page.evaluate(jump, day), worker.evaluate(jump, day)]);
    answer.write('later ');
    await gateway.until(() => gateway.text(job).includes('later'), 'the next piece');
    await Promise.all([page.evaluate(jump, -2 * day), worker.evaluate(jump, -2 * day)]);
    answer.write('earlier');
    answer.end();
    assert.equal((await gateway.end(job)).type, 'done');
    assert.match(gateway.text(job), /begun .*later .*earlier/s);
    const at = pages.answers.length;
    const next = gateway.give(lane, 'and again');
    const again = await pages.answer(at);
    again.end();
    assert.equal((await gateway.end(next)).type, 'done');
    await page.close();
  });

  test('the gateway does not know a resumed turn: Stop is pressed', async () => {
    const { gateway } = here;
    const { page, job } = await begun();
    gateway.autoResume = false;
    gateway.socket.terminate();
    await gateway.until(
      () =>
        gateway.heard.find(
          (one) => one.type === 'resume' && one.jobs.some((held) => held.job === job),
        ),
      'a resume',
    );
    gateway.say({ type: 'stop', job });
    await page.waitForFunction(() => clicks.stop === 1);
    gateway.autoResume = true;
    await page.close();
  });

  test('N6: the same turn twice is typed once', async () => {
    const { gateway, pages } = here;
    const { page, lane } = await here.open();
    const at = pages.answers.length;
    const job = gateway.give(lane, 'only once');
    const again = {
      type: 'job',
      job,
      lane,
      site: 'chat',
      prompt: 'only once',
      conversation: 'fresh',
      settings: {},
      files: [],
    };
    gateway.say({ ...again, accept_ms: 5_000, total_ms: 9_000 });
    const answer = await pages.answer(at);
    gateway.say({ ...again, accept_ms: 5_000, total_ms: 9_000 });
    answer.end();
    await gateway.end(job);
    gateway.say({ ...again, accept_ms: 5_000, total_ms: 9_000 });
    // A second turn shows that the lane is free and was not used in between.
    await gateway.idleLane();
    const next = gateway.give(lane, 'another');
    (await pages.answer(at + 1)).end();
    await gateway.end(next);
    assert.equal(pages.prompts.filter((prompt) => prompt === 'only once').length, 1);
    await page.close();
  });

  for (const [id, state] of [
    ['challenge', 'challenge'],
    ['consent', 'consent'],
    ['login', 'signed_out'],
  ]) {
    test(`N9: ${state} is told and never touched`, async () => {
      const { gateway } = here;
      const { page, lane } = await here.open();
      await page.evaluate(`byId('${id}').hidden = false`);
      await gateway.until(() => gateway.seatState() === state, `seat ${state}`);
      const end = await gateway.end(gateway.give(lane, 'let me in'));
      assert.deepEqual([end.failure.class, end.accepted], [state, false]);
      assert.deepEqual(await page.evaluate('[clicks.challenge, clicks.consent, box.value]'), [
        0,
        0,
        '',
      ]);
      await page.close();
    });
  }

  test('N9: a challenge in the middle ends the turn', async () => {
    const { gateway } = here;
    const { page, job, answer } = await begun();
    await page.evaluate("byId('challenge').hidden = false");
    const end = await gateway.end(job);
    assert.deepEqual([end.type, end.failure.class, end.accepted], ['failed', 'challenge', true]);
    assert.equal(await page.evaluate('clicks.challenge'), 0);
    answer.end();
    await page.close();
  });

  test('N9: a limit is told in the words of the site', async () => {
    const { gateway, pages } = here;
    const { page, lane } = await here.open();
    pages.status = 429;
    const job = gateway.give(lane, 'one more');
    const end = await gateway.end(job);
    pages.status = 200;
    assert.equal(end.failure.class, 'rate_limited');
    assert.match(end.failure.site_words, /wait 5 minutes/);
    await page.close();
  });

  test('an error status that no signal names ends the turn by itself, though the page spins on', async () => {
    const { gateway, pages, popup } = here;
    const { adapter } = site(pages.origin);
    const signals = { ...adapter.signals, rate_limited: [], done: [{ shown: { css: '#never' } }] };
    await push(gateway, popup, site(pages.origin, { signals }));
    const { page, lane } = await here.open();
    pages.status = 503;
    const at = pages.answers.length;
    const job = gateway.give(lane, 'anyone?');
    (await pages.answer(at)).end();
    const begun = performance.now();
    const end = await gateway.end(job);
    assert.ok(performance.now() - begun < 3_000);
    pages.status = 200;
    assert.deepEqual([end.type, end.failure?.class], ['failed', 'page_error']);
    assert.match(end.failure.message, /status 503/);
    await page.close();
    await push(gateway, popup, site(pages.origin));
  });

  test('a hidden tab streams at full speed', async () => {
    const { gateway } = here;
    const { page, job, answer } = await begun();
    const front = await here.context.newPage();
    await front.bringToFront();
    const pieces = 400;
    const timer = performance.now();
    for (let at = 0; at < pieces; at++) {
      answer.write(`piece ${at};`);
      if (at % 20 === 0) await new Promise(setImmediate);
    }
    await gateway.until(
      () => gateway.text(job).includes(`piece ${pieces - 1};`),
      'the last piece',
      5_000,
    );
    assert.ok(performance.now() - timer < 5_000);
    answer.end();
    assert.equal((await gateway.end(job, 5_000)).type, 'done');
    await front.close();
    await page.close();
  });

  test('W14: a hostile page is heard by nobody', async () => {
    const { gateway } = here;
    const { page, job, answer } = await begun();
    const heard = gateway.heard.length;
    await page.evaluate((job) => {
      for (const k of ['finished', 'accepted', 'frames', 'hello', 'report', 'navigate']) {
        window.postMessage({ k, job, run: 0, lastSeq: 9, outcome: { kind: 'done' } }, '*');
        document.dispatchEvent(new CustomEvent('tabway-tap-offer', { detail: { k, job } }));
        document.dispatchEvent(
          new MessageEvent('tabway-tap-offer', { ports: [new MessageChannel().port1] }),
        );
      }
      box.dispatchEvent(new KeyboardEvent('keydown', { key: 'x', bubbles: true }));
      box.dispatchEvent(new PointerEvent('pointerdown', { bubbles: true }));
      // Everything that a page can break.
      MessagePort.prototype.postMessage = () => {
        throw new Error('broken');
      };
      EventTarget.prototype.dispatchEvent = () => {
        throw new Error('broken');
      };
      window.MessageEvent = class {};
      Object.prototype.data = 'broken';
      Response.prototype.clone = () => {
        throw new Error('broken');
      };
      ReadableStreamDefaultReader.prototype.read = () => {
        throw new Error('broken');
      };
      Array.prototype.includes = () => true;
      JSON.stringify = () => 'broken';
      EventTarget.prototype.addEventListener = () => {};
    }, job);
    answer.write('still here');
    answer.end();
    await gateway.until(() => gateway.text(job).includes('still here'), 'the rest');
    const said = gateway.heard
      .slice(heard)
      .filter(({ type }) => type !== 'seats' && type !== 'heartbeat');
    assert.ok(
      said.every((one) => one.type === 'done' || one.type === 'failed'),
      JSON.stringify(said),
    );
    await page.close();
    await gateway.end(job);
  });

  test('the page has seen nothing of the tap', async () => {
    const { page } = await here.open();
    assert.deepEqual(await page.evaluate('seen.events'), []);
    assert.equal(await page.evaluate('typeof chrome.runtime?.id'), 'undefined');
    assert.equal(
      await page.evaluate('new WebSocket("ws://" + location.host) instanceof WebSocket'),
      true,
    );
    await page.close();
  });

  test('W15: page text is data: protocol words, half characters, five megabytes', async () => {
    const { gateway } = here;
    const { page, job, answer } = await begun();
    const text = '</script>{"type":"stop"}\u202e\u200b' + 'x'.repeat(5 << 20);
    answer.write(text);
    answer.raw(Buffer.from([0x64, 0xe2, 0x82]));
    answer.raw(Buffer.from([0xac, 0x0a]));
    answer.end();
    assert.equal((await gateway.end(job)).type, 'done');
    assert.ok(gateway.text(job).includes(JSON.stringify(text)));
    assert.ok(gateway.text(job).includes('d€\n'));
    await page.close();
  });

  test('W19: a driven tab is marked, an idle one is not', async () => {
    const { gateway } = here;
    const { page, job, answer } = await begun();
    assert.match(await page.title(), /^▶ /);
    assert.equal(await page.evaluate('document.querySelectorAll("tabway-mark").length'), 1);
    assert.equal(await page.evaluate('document.querySelector("tabway-mark").shadowRoot'), null);
    answer.end();
    await gateway.end(job);
    assert.equal(await page.title(), 'Chat');
    assert.equal(await page.evaluate('document.querySelectorAll("tabway-mark").length'), 0);
    await page.close();
  });
});

function laneOf(gateway, lane) {
  const seats = gateway.heard.findLast(({ type }) => type === 'seats')?.seats ?? [];
  return seats.flatMap(({ lanes }) => lanes).find((one) => one.lane === lane);
}

/** Ends the extension's worker as the browser does when it needs the memory. */
async function stopWorker(context) {
  const page = await context.newPage();
  await page.goto(POPUP.replace('popup.html', 'manifest.json'));
  const cdp = await context.newCDPSession(page);
  await cdp.send('ServiceWorker.enable');
  await cdp.send('ServiceWorker.stopAllWorkers');
  await page.close();
}
