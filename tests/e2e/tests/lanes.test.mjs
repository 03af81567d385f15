// Many tabs at once: they answer side by side, and no word reaches another's request.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Bridge } from '../lib/bridge.mjs';
import { BROWSERS } from '../lib/browsers.mjs';
import { ask, collect } from '../lib/gateway.mjs';
import { until } from '../lib/wait.mjs';

/** Tabs of one browser. */
const LANES = 4;
/** Requests through them, and clients that send them: more at once than there are tabs. */
const CANARIES = Number(process.env.TABWAY_CANARIES ?? 120);
const CLIENTS = 12;

for (const Browser of BROWSERS) {
  describe(`${LANES} tabs of ${Browser.title}`, () => {
    let bridge;
    before(async () => { bridge = await Bridge.start({ Browser, lanes: LANES }); });
    after(() => bridge?.stop());

    test('N11: all answer at once', async () => {
      const streams = [];
      for (let n = 0; n < LANES; n += 1) {
        streams.push(bridge.gateway.client().chat.completions
          .create(ask('demo/default', '/words 60 50', { stream: true })).then(collect));
      }
      await until('all tabs to write', async () => {
        const writing = await Promise.all(bridge.pages.map((page) =>
          bridge.browser.evaluate(page, "document.querySelectorAll('li[data-writing]').length")));
        return writing.every((count) => count === 1);
      });
      for (const { text } of await Promise.all(streams)) assert.match(text, /^word1 .* word60$/);
    });

    test(`N11: of ${CANARIES} canaries none is heard by another`, async (t) => {
      const canaries = Array.from({ length: CANARIES }, (_, n) => `canary-${n}-${Math.random().toString(36).slice(2)}.`);
      const client = bridge.gateway.client();
      const answers = new Map();
      const waiting = [...canaries];
      const began = performance.now();
      await Promise.all(Array.from({ length: CLIENTS }, async () => {
        while (waiting.length > 0) {
          const canary = waiting.pop();
          const request = ask('demo/default', `Tell me of ${canary}`, { stream: true });
          answers.set(canary, (await collect(await client.chat.completions.create(request))).text);
        }
      }));
      const seconds = ((performance.now() - began) / 1_000).toFixed(1);
      const leaks = [...answers].flatMap(([canary, text]) => {
        const heard = text.match(/canary-[^.]*\./g) ?? [];
        return heard.length === 1 && heard[0] === canary ? [] : [`${heard} in the answer to ${canary}`];
      });
      t.diagnostic(`soaked browser=${Browser.title} lanes=${LANES} requests=${answers.size} seconds=${seconds} leaks=${leaks.length}`);
      assert.deepEqual(leaks, []);
      assert.equal(answers.size, CANARIES);
    });
  });
}
