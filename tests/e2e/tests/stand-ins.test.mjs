// Adapters for sites that nobody can be signed in to here, on stand-in pages of the same structure:
// what is proven is that adapter, runner and decoder fit that structure, not that the site has it.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { pair, seatsOf } from '../lib/bridge.mjs';
import { Chromium } from '../lib/chromium.mjs';
import { Firefox } from '../lib/firefox.mjs';
import { Gateway, ask, collect } from '../lib/gateway.mjs';
import { until } from '../lib/wait.mjs';
import { StandIn, answerTo } from '../stand-ins/server.mjs';

/** Each stand-in, the adapter that serves it, and where its chat opens. */
const SITES = {
  librechat: { start: '/c/new', reasons: true },
  'open-webui': { start: '/' },
};

for (const Browser of [Chromium, Firefox]) {
  describe(`stand-ins in ${Browser.name}`, () => {
    const standIns = {};
    let gateway, browser;

    before(async () => {
      for (const name of Object.keys(SITES)) standIns[name] = await StandIn.start(name);
      gateway = await Gateway.start(() => Object.entries(standIns).map(([name, { origin }]) =>
        `[[sites]]\nname = "${name}"\nadapter = "${name}"\norigin = "${origin}"\n`).join('\n'));
      browser = await Browser.start();
      await pair(gateway, browser);
      for (const [name, { start }] of Object.entries(SITES)) {
        await browser.open(standIns[name].origin + start);
        await ready(name);
      }
    });
    after(async () => {
      await browser?.stop();
      await gateway?.stop();
      for (const standIn of Object.values(standIns)) await standIn.stop();
    });

    const ready = (name) => until(`${name} to be ready`, async () => {
      const lanes = (await seatsOf(gateway, name)).flatMap((seat) => seat.lanes);
      return lanes.some((lane) => lane.state === 'idle');
    }, 30_000);

    const turn = async (model, prompt, more) =>
      collect(await gateway.client().chat.completions.create(ask(model, prompt, { stream: true, ...more })));

    for (const [name, { reasons }] of Object.entries(SITES)) {
      const model = `${name}/default`;
      const prompt = 'Two lines,\n  `code`, «quotes» & <b>marks</b> 🦀';

      test(`${name}: a streamed answer, twice, each in a chat of its own`, async () => {
        for (const one of [prompt, `${prompt} again`]) {
          const { text } = await turn(model, one);
          assert.equal(text, answerTo(one));
          assert.equal(standIns[name].journal.at(-1).prompt, one);
        }
      });

      test(`${name}: a client that leaves stops the page`, async () => {
        standIns[name].script({ text: 'word '.repeat(2_000), chunk_ms: 20 });
        const stream = await gateway.client().chat.completions.create(ask(model, 'long', { stream: true }));
        for await (const chunk of stream) if (chunk.choices[0]?.delta?.content) break;
        await ready(name);
        assert.equal((await turn(model, 'after it')).text, answerTo('after it'));
      });

      if (reasons) {
        test(`${name}: reasoning stays apart`, async () => {
          standIns[name].script({ text: 'The answer.', reasoning: 'First I think.' });
          const { text, chunks } = await turn(model, 'think');
          assert.equal(text, 'The answer.');
          const thought = chunks.map(({ choices }) => choices[0]?.delta?.reasoning_content ?? '').join('');
          assert.equal(thought, 'First I think.');
        });
      }
    }
  });
}
