// Adapters for sites that nobody can be signed in to here, on stand-in pages of the same structure:
// what is proven is that adapter, runner and decoder fit that structure, not that the site has it.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { pair, seatsOf } from '../lib/bridge.mjs';
import { Chromium } from '../lib/chromium.mjs';
import { folder } from '../lib/env.mjs';
import { Firefox } from '../lib/firefox.mjs';
import { Gateway, ask, collect } from '../lib/gateway.mjs';
import { until } from '../lib/wait.mjs';
import { StandIn, answerTo } from '../stand-ins/server.mjs';

/** Each stand-in, where its chat opens, and whether its answers may hold reasoning. */
const SITES = {
  lmarena: { start: '/text/direct', reasons: true },
  'ai-studio': { start: '/prompts/new_chat', reasons: true },
  'gemini-enterprise': { start: '/', reasons: true },
  'open-webui': { start: '/' },
  librechat: { start: '/c/new', reasons: true },
};

const PROMPT = 'Two lines,\n  `code`, «quotes» & <b>marks</b> 🦀';

for (const Browser of [Chromium, Firefox]) {
  describe(`stand-ins in ${Browser.name}`, () => {
    const standIns = {};
    const pages = {};
    let gateway, browser;

    before(async () => {
      for (const name of Object.keys(SITES)) standIns[name] = await StandIn.start(name);
      gateway = await Gateway.start(() => Object.entries(standIns).map(([name, { origin }]) =>
        `[[sites]]\nname = "${name}"\nadapter = "${name}"\norigin = "${origin}"\n`).join('\n'));
      for (const name of Object.keys(SITES)) await hurry(name);
      browser = await Browser.start();
      await pair(gateway, browser);
      for (const [name, { start }] of Object.entries(SITES)) {
        pages[name] = await browser.open(standIns[name].origin + start);
        await ready(name);
      }
    });
    after(async () => {
      await browser?.stop();
      await gateway?.stop();
      for (const standIn of Object.values(standIns)) await standIn.stop();
    });

    /** The pages that people are signed in to are owed long pauses; a stand-in is not. */
    async function hurry(name) {
      const text = readFileSync(new URL(`../../../adapters/${name}.toml`, import.meta.url), 'utf8');
      const file = join(folder('adapter'), `${name}.toml`);
      const quick = text.replace(/^min_gap_ms = .*$/m, 'min_gap_ms = 50').replace(/^per_hour = .*$/m, '');
      writeFileSync(file, quick.replace(/^revision = .*$/m, 'revision = 9'));
      const { code, stderr } = await gateway.cli(['adapter', 'publish', file]);
      assert.equal(code, 0, stderr);
    }

    const ready = (name) => until(`${name} to be ready`, async () => {
      const lanes = (await seatsOf(gateway, name)).flatMap((seat) => seat.lanes);
      return lanes.some((lane) => lane.state === 'idle');
    }, 30_000);

    const turn = async (model, prompt, more) =>
      collect(await gateway.client().chat.completions.create(ask(model, prompt, { stream: true, ...more })));

    /** The code with which a request is refused. */
    const refusal = (model, prompt, more) => gateway.client().chat.completions.create(ask(model, prompt, more))
      .then(() => assert.fail('it was answered'), (error) => error);

    for (const [name, { reasons }] of Object.entries(SITES)) {
      const model = `${name}/default`;

      test(`${name}: a streamed answer, twice, each in a chat of its own`, async () => {
        for (const prompt of [PROMPT, `${PROMPT} again`]) {
          const { text } = await turn(model, prompt);
          assert.equal(text, answerTo(prompt));
          assert.equal(standIns[name].journal.at(-1).prompt, prompt);
        }
      });

      test(`${name}: the first words come before the last`, async () => {
        standIns[name].script({ chunk_ms: 60 });
        const { text, firstAt, endAt } = await turn(model, 'one two three four five six seven eight nine ten');
        assert.match(text, /one two .* ten/);
        assert.ok(endAt - firstAt > 300, `all of it within ${endAt - firstAt} ms`);
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

    test('lmarena: battle gives two choices, streamed together', async () => {
      standIns.lmarena.script({ text: 'The left one.', other: 'And the right one.' });
      const stream = await gateway.client().chat.completions.create(ask('lmarena/battle', 'who wins', { stream: true }));
      const texts = ['', ''];
      for await (const { choices } of stream) {
        for (const { index, delta } of choices) texts[index] += delta.content ?? '';
      }
      assert.deepEqual(texts, ['The left one.', 'And the right one.']);
      assert.equal(standIns.lmarena.journal.at(-1).mode, 'battle');
    });

    test('lmarena: one side of a battle alone', async () => {
      standIns.lmarena.script({ text: 'The left one.', other: 'And the right one.' });
      const reply = await gateway.client().chat.completions.create(ask('lmarena/battle@b', 'who wins'));
      assert.deepEqual(reply.choices.map(({ message }) => message.content), ['And the right one.']);
    });

    test('lmarena: a model of the menu is chosen, and seen to be', async () => {
      const reply = await gateway.client().chat.completions.create(ask('lmarena/cedar-vision', 'hello'));
      assert.equal(reply.choices[0].message.content, answerTo('hello'));
      assert.equal(standIns.lmarena.journal.at(-1).modelAId, 'cedar-vision');
    });

    test('ai-studio: a model by its address, and settings that the next request does not inherit', async () => {
      const settings = { temperature: 0.5, max_tokens: 256, top_p: 0.5, stop: ['END', 'FIN'], web_search_options: {} };
      const messages = [{ role: 'system', content: 'Be brief.' }, { role: 'user', content: 'hello' }];
      const { text } = await turn('ai-studio/models/iris-flash', '', { ...settings, messages });
      assert.equal(text, answerTo('hello'));
      const { model, settings: seen } = standIns['ai-studio'].journal.at(-1);
      assert.equal(model, 'models/iris-flash');
      assert.deepEqual(seen, { system: 'Be brief.', temperature: 0.5, maxTokens: 256, topP: 0.5, stops: ['END', 'FIN'], search: true, tools: null });
      await turn('ai-studio/default', 'and now');
      const after = standIns['ai-studio'].journal.at(-1).settings;
      assert.deepEqual(after, { system: '', temperature: 1, maxTokens: 65536, topP: 0.95, stops: [], search: false, tools: null });
    });

    test('ai-studio: tools in a dialog of the page, put back for a request without any', async () => {
      const place = {
        type: 'object', additionalProperties: false, required: ['city'],
        properties: { city: { type: 'string' }, days: { type: 'array', items: { type: 'integer' } } },
      };
      const tools = [{ type: 'function', function: { name: 'forecast', description: 'Tells the weather.', parameters: place } }];
      const args = { city: 'Zürich', days: [1, 2], exact: true, unit: null };
      const client = gateway.client();
      standIns['ai-studio'].script({ text: 'I shall look.', calls: [['forecast', args]] });
      const messages = [{ role: 'user', content: 'How is the weather?' }];
      const { data: reply, response } = await client.chat.completions
        .create({ model: 'ai-studio/default', messages, tools }).withResponse();
      const [{ finish_reason: reason, message }] = reply.choices;
      assert.deepEqual([reason, message.content], ['tool_calls', 'I shall look.']);
      const [call] = message.tool_calls;
      assert.equal(call.function.name, 'forecast');
      assert.deepEqual(JSON.parse(call.function.arguments), args);
      // The page did it by itself; what its dialog does not know was left out, and is told.
      assert.deepEqual([reply.emulated, response.headers.get('x-tabway-emulated')], [undefined, null]);
      assert.match(response.headers.get('x-tabway-losses'), /tools\.additionalProperties/);
      const seen = standIns['ai-studio'].journal.at(-1);
      assert.equal(seen.prompt, 'How is the weather?');
      const { additionalProperties: _, ...known } = place;
      assert.deepEqual(seen.settings.tools, [{ name: 'forecast', description: 'Tells the weather.', parameters: known }]);

      // Its result goes back in words, in a stream, with the tools still there.
      const result = { role: 'tool', tool_call_id: call.id, content: 'Rain.' };
      standIns['ai-studio'].script({ text: 'It rains.' });
      const { text } = await turn('ai-studio/default', '', { messages: [...messages, message, result], tools });
      assert.equal(text, 'It rains.');
      const after = standIns['ai-studio'].journal.at(-1);
      assert.match(after.prompt, /Rain\./);
      assert.equal(after.settings.tools[0].name, 'forecast');

      // A client without tools gets a page without them.
      await turn('ai-studio/default', 'and now');
      assert.equal(standIns['ai-studio'].journal.at(-1).settings.tools, null);

      // What the dialog does not take goes in words, and is marked so.
      const odd = [{ type: 'function', function: { name: 'refused_by_the_page', parameters: known } }];
      standIns['ai-studio'].script({ text: '<tool_call>\n{"name": "refused_by_the_page", "arguments": {"city": "Bern"}}\n</tool_call>' });
      const worded = await client.chat.completions.create({ model: 'ai-studio/default', messages, tools: odd });
      assert.deepEqual([worded.emulated, worded.choices[0].finish_reason], [['tools'], 'tool_calls']);
      const last = standIns['ai-studio'].journal.at(-1);
      assert.equal(last.settings.tools, null);
      assert.match(last.prompt + last.settings.system, /refused_by_the_page/);

      // A page that does not show its dialog is given them in words, too.
      standIns['ai-studio'].state = 'without_tools';
      const { emulated } = await client.chat.completions.create({ model: 'ai-studio/default', messages, tools });
      standIns['ai-studio'].state = '';
      assert.deepEqual(emulated, ['tools']);
    });

    test('gemini-enterprise: a picture of the answer comes along', async () => {
      const image = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGD4DwABBAEAfbLI3wAAAABJRU5ErkJggg==', 'base64');
      standIns['gemini-enterprise'].script({ text: 'Here it is.', image });
      const reply = await gateway.client().chat.completions.create(ask('gemini-enterprise/default', 'draw'));
      const { content } = reply.choices[0].message;
      assert.match(content, /^Here it is\./);
      const [, address] = /!\[[^\]]*\]\((http[^)]+)\)/.exec(content) ?? assert.fail(content.slice(0, 200));
      const kept = await fetch(address);
      assert.equal(kept.headers.get('content-type'), 'image/png');
      assert.deepEqual(Buffer.from(await kept.arrayBuffer()), image);
    });

    test('open-webui: a model by its address, and two files', async () => {
      const file = (name, text) => ({
        type: 'file', file: { filename: name, file_data: `data:text/plain;base64,${Buffer.from(text).toString('base64')}` },
      });
      const content = [{ type: 'text', text: 'read them' }, file('a.txt', 'one'), file('b.txt', 'three')];
      const reply = await gateway.client().chat.completions.create(ask('open-webui/pine-vision', content));
      assert.equal(reply.choices[0].message.content, answerTo('read them'));
      const journal = standIns['open-webui'].journal;
      assert.equal(journal.at(-1).model, 'pine-vision');
      const files = journal.at(-1).files.map((id) => journal.find((one) => one.id === id));
      assert.deepEqual(files.map(({ file: name, bytes }) => [name, bytes]), [['a.txt', 3], ['b.txt', 5]]);
    });

    test('what the sites refuse has its own code and their words', async () => {
      standIns['gemini-enterprise'].script({ refused: "Blocked by your company's policy." });
      const moderated = await refusal('gemini-enterprise/default', 'something');
      assert.equal(moderated.code, 'moderated');
      assert.match(moderated.message, /Blocked by your company/);
      standIns.librechat.script({ error: 'The model is not available.' });
      assert.equal((await refusal('librechat/default', 'something')).code, 'page_error');
      standIns.lmarena.script({ status: 429 });
      const limited = await refusal('lmarena/default', 'something');
      assert.equal(limited.code, 'site_rate_limited');
      assert.match(limited.message, /Try again in 7 minutes/);
      const seconds = Number(limited.headers.get('retry-after'));
      assert.ok(seconds > 400 && seconds <= 420, `Retry-After ${seconds}`);
      assert.equal((await refusal('lmarena/default', 'again')).code, 'site_rate_limited');
    });

    test('a page that is signed out is said to be', async () => {
      standIns.librechat.state = 'signed_out';
      await browser.close(pages.librechat);
      pages.librechat = await browser.open(`${standIns.librechat.origin}/c/new`);
      await until('the seat to be signed out', async () =>
        (await seatsOf(gateway, 'librechat')).some(({ state }) => state === 'signed_out'), 15_000);
      assert.equal((await refusal('librechat/default', 'anyone?')).code, 'signed_out');
    });
  });
}
