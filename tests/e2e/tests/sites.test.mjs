// The real pages of Gradio and Chainlit, untouched, with the scripted upstream behind them.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { pair, seatsOf } from '../lib/bridge.mjs';
import { Chromium } from '../lib/chromium.mjs';
import { env } from '../lib/env.mjs';
import { Gateway, ask, collect } from '../lib/gateway.mjs';
import { Mock, expectedAnswer } from '../lib/mock.mjs';
import { python } from '../lib/python.mjs';
import { until } from '../lib/wait.mjs';

const upstream = new Mock(env.siteUpstream);

for (const [name, origin] of [['gradio', env.gradio], ['chainlit', env.chainlit]]) {
  describe(name, () => {
    const model = `${name}/default`;
    let gateway, browser, page;

    const ready = () => until(`${name} to be ready`, async () => {
      const lanes = (await seatsOf(gateway, name)).flatMap((seat) => seat.lanes);
      return lanes.some((lane) => lane.state === 'idle');
    }, 60_000);

    before(async () => {
      gateway = await Gateway.start(() => `[[sites]]\nname = "${name}"\nadapter = "${name}"\norigin = "${origin}"\n`);
      browser = await Chromium.start();
      await pair(gateway, browser);
      page = await browser.open(origin);
      await ready();
    });
    after(async () => {
      await browser?.stop();
      await gateway?.stop();
    });

    test('answers at once', async () => {
      const reply = await gateway.client().chat.completions.create(ask(model, 'Hello from Node, ünïcödé 🦀'));
      assert.equal(reply.choices[0].message.content, expectedAnswer('Hello from Node, ünïcödé 🦀'));
      await browser.picture(page, name);
    });

    test('answers as a stream, while the page writes', async () => {
      await upstream.script({ chunks: 40, chunk_ms: 50 });
      const prompt = Array.from({ length: 40 }, (_, n) => `w${n}`).join(' ');
      const stream = await gateway.client().chat.completions.create(ask(model, prompt, { stream: true }));
      const { text, firstAt, endAt, chunks } = await collect(stream);
      assert.equal(text, expectedAnswer(prompt));
      assert.ok(endAt - firstAt > 500, `the words came over ${endAt - firstAt} ms`);
      assert.ok(chunks.length > 10, `${chunks.length} chunks`);
    });

    test('answers the Python client', async () => {
      const seen = await python(gateway, 'streamed', model, 'Hello from Python');
      assert.equal(seen.text, expectedAnswer('Hello from Python'));
      assert.equal(seen.finish, 'stop');
    });

    test('each request is a chat of its own', async () => {
      await upstream.forget();
      for (const prompt of ['the first chat', 'the second chat']) {
        await gateway.client().chat.completions.create(ask(model, prompt));
      }
      const bodies = (await upstream.journal()).map((entry) => JSON.stringify(entry.body ?? entry));
      assert.ok(!bodies.at(-1).includes('the first chat'), 'no history of another request');
    });

    test('a client that leaves stops the page, and the tab is free', async () => {
      await upstream.script({ endless: true, chunk_ms: 50 });
      const stream = await gateway.client().chat.completions.create(ask(model, 'without end', { stream: true }));
      for await (const chunk of stream) if (chunk.choices[0]?.delta?.content) break;
      await ready();
      const reply = await gateway.client().chat.completions.create(ask(model, 'after it'));
      assert.equal(reply.choices[0].message.content, expectedAnswer('after it'));
    });
  });
}
