// Two browsers with two tabs each: four answers at once, and no word reaches another's request.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Bridge } from '../lib/bridge.mjs';
import { ask, collect } from '../lib/gateway.mjs';
import { until } from '../lib/wait.mjs';

let bridge;
before(async () => { bridge = await Bridge.start({ nodes: 2, lanes: 2 }); });
after(() => bridge?.stop());

test('N11: four answers at once', async () => {
  const streams = [];
  for (let n = 0; n < 4; n += 1) {
    streams.push(bridge.gateway.client().chat.completions
      .create(ask('demo/default', '/words 60 50', { stream: true })).then(collect));
  }
  await until('all four tabs to write', async () => {
    const writing = await Promise.all(bridge.pages.map((page) => page.locator('li[data-writing]').count()));
    return writing.every((count) => count === 1);
  });
  for (const { text } of await Promise.all(streams)) assert.match(text, /^word1 .* word60$/);
});

test('N11: no canary is heard by another', async () => {
  const canaries = Array.from({ length: 24 }, (_, n) => `canary-${n}-${Math.random().toString(36).slice(2)}`);
  const client = bridge.gateway.client();
  const one = async (canary) => {
    // More at once than there are tabs: the rest wait their turn.
    const request = ask('demo/default', `Tell me of ${canary}.`, { stream: true });
    const { text } = await collect(await client.chat.completions.create(request));
    assert.ok(text.includes(canary), `${canary} is not in its answer`);
    for (const other of canaries) assert.ok(other === canary || !text.includes(other), `${other} leaked to ${canary}`);
  };
  const waiting = [...canaries];
  await Promise.all(Array.from({ length: 6 }, async () => {
    while (waiting.length > 0) await one(waiting.pop());
  }));
});
