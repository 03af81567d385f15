// What goes wrong in a browser while a page answers. The turn resumes or fails cleanly within its
// deadline, and nothing is typed twice: the page's own requests are counted at the gateway.

import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, test } from 'node:test';

import { Bridge, demoSite } from '../lib/bridge.mjs';
import { BROWSERS } from '../lib/browsers.mjs';
import { ask, Gateway } from '../lib/gateway.mjs';
import { Proxy } from '../lib/proxy.mjs';
import { until, within } from '../lib/wait.mjs';

/** How often the page has sent a prompt. */
const sent = (bridge) => bridge.gateway.program.stderr.split('path="/demo/api/turn"').length - 1;

/** A running answer: what came so far, and its end. */
function start(bridge, prompt) {
  const answer = { bridge, text: '', ended: undefined };
  const controller = new AbortController();
  answer.leave = () => controller.abort();
  answer.end = (async () => {
    const response = await bridge.gateway.chat(ask('demo/default', prompt, { stream: true }), { signal: controller.signal });
    answer.status = response.status;
    if (!response.ok) {
      answer.code = (await response.json()).error.code;
      return answer;
    }
    let raw = '';
    for await (const bytes of response.body) {
      raw += Buffer.from(bytes).toString('utf8');
      const events = raw.split('\n\n').filter((event) => event.startsWith('data: {')).flatMap((event) => {
        try { return [JSON.parse(event.slice(6))]; } catch { return []; }
      });
      answer.text = events.map((event) => event.choices?.[0]?.delta?.content ?? '').join('');
      answer.code = events.find((event) => event.error)?.error.code;
    }
    answer.complete = raw.trimEnd().endsWith('data: [DONE]');
    return answer;
  })();
  answer.end.catch(() => {});
  return answer;
}

const words = (count) => Array.from({ length: count }, (_, n) => `word${n + 1}`).join(' ');

/** The answer is under way. */
const underWay = (answer) => until('the answer to begin', () => answer.text.includes('word5'));

async function failsCleanly(answer, limit = 45_000) {
  await within('the answer to end', answer.end, limit);
  assert.equal(answer.complete, false, 'no [DONE] that looks like success');
  assert.equal(answer.code, 'outcome_unknown');
  assert.equal(sent(answer.bridge), 1, 'the prompt was sent once');
}

/** The client gets all of it, and the page got the prompt once. */
async function comesWhole(answer, count) {
  await within('the answer to end', answer.end, 90_000);
  assert.equal(answer.code, undefined);
  assert.equal(answer.text, words(count));
  assert.ok(answer.complete);
  assert.equal(sent(answer.bridge), 1, 'the prompt was sent once');
}

function disturbed(Browser) {
  describe(Browser.title, { concurrency: 1 }, () => {
    let bridge, proxy;
    beforeEach(async () => {
      bridge = await Bridge.start({
        Browser, via: async (gateway) => (proxy = await Proxy.start(gateway.port)).url,
      });
    });
    afterEach(async () => {
      await bridge?.stop();
      await proxy?.stop();
    });

    test('N1: the tab is closed, and its answer read in another', async () => {
      bridge.pages.push(await bridge.tab());
      await bridge.ready(2);
      const answer = start(bridge, '/words 100 50');
      await underWay(answer);
      const turns = (page) => bridge.browser.evaluate(page, 'Number(document.body.dataset.turns ?? 0)');
      const [first, second] = bridge.pages;
      await bridge.browser.close((await turns(first)) > 0 ? first : second);
      await comesWhole(answer, 100);
    });

    test('N1: the tab is reloaded, and its answer read', async () => {
      const answer = start(bridge, '/words 100 50');
      await underWay(answer);
      await bridge.browser.reload(bridge.page);
      await comesWhole(answer, 100);
      await bridge.ready();
      const again = start(bridge, '/words 3');
      await within('the next answer', again.end);
      assert.equal(again.text, words(3));
    });

    test('N1: the page is left for another', async () => {
      const answer = start(bridge, '/words 200 50');
      await underWay(answer);
      await bridge.browser.go(bridge.page, 'about:blank');
      await failsCleanly(answer);
    });

    test('N1: the page crashes', async () => {
      const answer = start(bridge, '/words 200 50');
      await underWay(answer);
      await bridge.browser.crash(bridge.page);
      await failsCleanly(answer);
    });

    test('N2: the browser is killed, comes back paired, and reads the answer', async () => {
      const answer = start(bridge, '/words 100 50');
      await underWay(answer);
      await bridge.browser.kill();
      await bridge.browser.launch();
      await bridge.tab();
      await comesWhole(answer, 100);
      await bridge.ready();
      const again = start(bridge, '/words 3');
      await within('the next answer', again.end);
      assert.equal(again.text, words(3));
    });

    test('N13: the extension is loaded anew, and the answer read', async () => {
      const answer = start(bridge, '/words 100 50');
      await underWay(answer);
      const popup = await bridge.browser.popup();
      await bridge.browser.evaluate(popup, 'void setTimeout(() => chrome.runtime.reload(), 100)');
      await comesWhole(answer, 100);
    });

    test('N4: the socket is gone for 10 s: the answer goes on without a gap', async () => {
      const answer = start(bridge, '/words 300 50');
      await underWay(answer);
      proxy.cut();
      await pause(10_000);
      proxy.mend();
      await within('the answer to end', answer.end, 60_000);
      assert.equal(answer.text, words(300));
      assert.ok(answer.complete);
      assert.equal(sent(bridge), 1);
    });

    test('N3: the background is ended: the answer goes on without a gap', async () => {
      const answer = start(bridge, '/words 200 50');
      await underWay(answer);
      await bridge.browser.killWorker();
      await within('the answer to end', answer.end, 60_000);
      assert.equal(answer.text, words(200));
      assert.ok(answer.complete);
      assert.equal(sent(bridge), 1);
    });

    test('N4: the gateway is killed, and the client that asks again gets the answer', async () => {
      // The page is another server's: it outlives the gateway.
      const server = await Gateway.start();
      try {
        const { gateway, browser } = bridge;
        appendFileSync(gateway.file, demoSite(server.url, 'other'));
        gateway.program.signal('SIGKILL');
        await gateway.program.ended();
        await gateway.launch();
        const page = await browser.open(`${server.url}/demo/`);
        await bridge.ready(1, 'other', 60_000);
        const client = gateway.client({ maxRetries: 20 });
        const answer = client.chat.completions.create(ask('other/default', '/words 150 50'));
        answer.catch(() => {});
        await until('the answer to begin', () => browser.evaluate(page, "document.body.textContent.includes('word5')"));
        gateway.program.signal('SIGKILL');
        await gateway.program.ended();
        await gateway.launch();
        const { choices } = await within('the answer', answer, 90_000);
        assert.equal(choices[0].message.content, words(150));
        const prompts = server.program.stderr.split('path="/demo/api/turn"').length - 1;
        assert.equal(prompts, 1, 'the prompt was sent once');
      } finally {
        await server.stop();
      }
    });

    test('a client that leaves presses Stop, and the tab is free', async () => {
      const answer = start(bridge, '/words 2000 50');
      await underWay(answer);
      answer.leave();
      await until('Stop to be pressed', async () =>
        Number(await bridge.browser.evaluate(bridge.page, 'document.body.dataset.stopped ?? 0')) === 1, 5_000);
      await bridge.ready();
    });

    test('a hidden tab writes as fast as one in front', async () => {
      const front = await bridge.browser.open('about:blank');
      await bridge.browser.front(front);
      if (Browser.hides) {
        await until('the tab to be hidden', () => bridge.browser.evaluate(bridge.page, 'document.hidden'));
      }
      const begun = performance.now();
      const answer = start(bridge, '/words 300 10');
      await within('the answer to end', answer.end, 20_000);
      assert.equal(answer.text, words(300));
      assert.ok(performance.now() - begun < 15_000, 'no timer of a hidden tab on the way');
    });

    test('N12: a person who writes has the tab, also in the middle of an answer', async () => {
      const { browser, page } = bridge;
      const answer = start(bridge, '/words 200 50');
      await underWay(answer);
      await browser.front(page);
      await browser.click(page, '[data-testid=composer]');
      await browser.type(page, 'my own words');
      await within('the answer to end', answer.end, 5_000);
      assert.equal(answer.complete, false);
      await until('the tab to be left to its human', async () => (await bridge.lanes()).idle === 0);
      const left = "[document.querySelector('[data-testid=composer]').value, document.body.dataset.stopped ?? '0']";
      assert.deepEqual(await browser.evaluate(page, left), ['my own words', '0'], 'neither overwritten nor stopped');
      assert.equal(sent(bridge), 1);
    });
  });
}

// In both at once: much of their time is waiting.
describe('an answer that is disturbed', { concurrency: BROWSERS.length }, () => {
  for (const Browser of BROWSERS) disturbed(Browser);
});
