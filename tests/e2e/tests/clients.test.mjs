// The official clients, Node and Python, against both kinds of target: a provider and a page.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Bridge } from '../lib/bridge.mjs';
import { ask, collect } from '../lib/gateway.mjs';
import { expectedAnswer, startMock } from '../lib/mock.mjs';
import { python } from '../lib/python.mjs';
import { until } from '../lib/wait.mjs';

let bridge, mock, gateway;
before(async () => {
  mock = await startMock();
  bridge = await Bridge.start({
    config: () => `[[providers]]\nname = "mock"\nbase_url = "${mock.baseUrl}"\n\n` +
      '[[models]]\nname = "mock-model"\ntargets = [{ provider = "mock", model = "mock-model" }]\n' +
      '[[models]]\nname = "either"\ntargets = [{ provider = "mock", model = "mock-model" }, { site = "demo", model = "default" }]\n',
  });
  gateway = bridge.gateway;
});
after(async () => {
  await bridge?.stop();
  await mock?.stop();
});

/** What each target answers to a prompt. */
const TARGETS = [
  { name: 'a provider', model: 'mock-model', answers: (prompt) => (text) => assert.equal(text, expectedAnswer(prompt)) },
  { name: 'a page', model: 'demo/default', answers: (prompt) => (text) => assert.match(text, new RegExp(`You wrote: “${prompt}”.*to see more\\.$`)) },
];

for (const { name, model, answers } of TARGETS) {
  describe(name, () => {
    test('is in the list of models', async () => {
      const ids = [];
      for await (const { id } of gateway.client().models.list()) ids.push(id);
      assert.ok(ids.includes(model), ids.join());
      assert.ok((await python(gateway, 'models', model)).ids.includes(model));
    });

    test('answers at once', async () => {
      const reply = await gateway.client().chat.completions.create(ask(model, 'buffered node'));
      answers('buffered node')(reply.choices[0].message.content);
      assert.equal(reply.choices[0].finish_reason, 'stop');
      assert.ok(reply.usage.total_tokens > 0);

      const seen = await python(gateway, 'buffered', model, 'buffered python');
      answers('buffered python')(seen.text);
      assert.equal(seen.finish, 'stop');
      assert.ok(seen.usage.total_tokens > 0);
    });

    test('answers as a stream, with usage where asked', async () => {
      const client = gateway.client();
      const request = ask(model, 'streamed node', { stream: true, stream_options: { include_usage: true } });
      const { text, chunks } = await collect(await client.chat.completions.create(request));
      answers('streamed node')(text);
      assert.ok(chunks.length > 5, `${chunks.length} chunks`);
      const withUsage = chunks.filter((chunk) => chunk.usage);
      assert.equal(withUsage.length, 1);
      assert.equal(withUsage[0], chunks.at(-1));

      const seen = await python(gateway, 'streamed', model, 'streamed python');
      answers('streamed python')(seen.text);
      assert.ok(seen.deltas > 5);
      assert.equal(seen.finish, 'stop');
      assert.ok(seen.usage.total_tokens > 0);
    });

    test('tells no usage in a stream where it was not asked for', async () => {
      const request = ask(model, 'no usage', { stream: true });
      const { chunks } = await collect(await gateway.client().chat.completions.create(request));
      assert.ok(chunks.every((chunk) => !chunk.usage));
    });
  });
}

describe('a stream that the client aborts', () => {
  for (const [name, abort] of [
    ['node', async () => {
      const stream = await gateway.client().chat.completions.create(ask('demo/default', '/words 500 50', { stream: true }));
      for await (const chunk of stream) if (chunk.choices[0]?.delta?.content) break;
    }],
    ['python', async () => {
      const { first } = await python(gateway, 'aborted', 'demo/default', '/words 500 50');
      assert.ok(first);
    }],
  ]) {
    test(`${name}: the page's Stop is pressed within 2 s and the lane is free`, async () => {
      const stopped = () => bridge.page.evaluate(() => Number(document.body.dataset.stopped ?? 0));
      const before = await stopped();
      await abort();
      await until('Stop to be pressed', async () => await stopped() === before + 1, 2_000);
      await bridge.ready(1, 'demo', 5_000);
      const reply = await gateway.client().chat.completions.create(ask('demo/default', 'after'));
      assert.match(reply.choices[0].message.content, /after/);
    });
  }
});

test('a stream is real: the first words are with the client long before the page is done', async () => {
  const stream = await gateway.client().chat.completions.create(ask('demo/default', '/words 40 50', { stream: true }));
  const { firstAt, endAt, chunks } = await collect(stream);
  const page = await bridge.page.evaluate(() => {
    const { firstAt, doneAt } = document.querySelector('li[data-role=assistant]').dataset;
    return { first: Number(firstAt), done: Number(doneAt) };
  });
  const firstHere = performance.timeOrigin + firstAt;
  assert.ok(firstHere < page.done - 1_000, 'the first words came while the page was writing');
  assert.ok(endAt - firstAt > 1_000, 'the rest came as it was written');
  const pieces = chunks.filter((chunk) => chunk.choices[0]?.delta?.content);
  assert.ok(pieces.length >= 30, `${pieces.length} pieces of 40 words`);
});

test('a model with two targets falls back from a provider to a page', async () => {
  await mock.script({ status: 500 });
  const reply = await gateway.client().chat.completions.create(ask('either', 'fallback')).withResponse();
  assert.match(reply.data.choices[0].message.content, /demo page of Tabway/);
  assert.equal(reply.response.headers.get('x-tabway-attempts'), '2');
});
