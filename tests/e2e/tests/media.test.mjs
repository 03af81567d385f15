// Files in and pictures out through pages, by the official clients.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { toFile } from 'openai';

import { pair, seatsOf } from '../lib/bridge.mjs';
import { BROWSERS } from '../lib/browsers.mjs';
import { folder } from '../lib/env.mjs';
import { Gateway, ask } from '../lib/gateway.mjs';
import { python } from '../lib/python.mjs';
import { PNG, TEXT } from '../lib/samples.mjs';
import { until } from '../lib/wait.mjs';
import { StandIn, answerTo } from '../stand-ins/server.mjs';

const SITES = { 'gemini-enterprise': { start: '/', tabs: 2 }, 'open-webui': { start: '/', tabs: 1 } };

/** The longest prompt of a page with `long_prompt = "attach"`. */
const MOST = 300;

const standIns = {};
let gateway, browser;

before(async () => {
  for (const name of Object.keys(SITES)) standIns[name] = await StandIn.start(name);
});
after(async () => {
  for (const standIn of Object.values(standIns)) await standIn.stop();
});

async function start(Browser) {
  gateway = await Gateway.start(() => Object.entries(standIns).map(([name, { origin }]) =>
    `[[sites]]\nname = "${name}"\nadapter = "${name}"\norigin = "${origin}"\n`).join('\n'));
  for (const name of Object.keys(SITES)) await hurry(name);
  browser = await Browser.start();
  await pair(gateway, browser);
  for (const [name, { start, tabs }] of Object.entries(SITES)) {
    for (let tab = 0; tab < tabs; tab += 1) await browser.open(standIns[name].origin + start);
    await until(`${name} to be ready`, async () => {
      const lanes = (await seatsOf(gateway, name)).flatMap((seat) => seat.lanes);
      return lanes.filter((lane) => lane.state === 'idle').length === tabs;
    }, 30_000);
  }
}

async function stop() {
  await browser?.stop();
  await gateway?.stop();
}

/** The pages that people are signed in to are owed long pauses; a stand-in is not. */
async function hurry(name) {
  const text = readFileSync(new URL(`../../../adapters/${name}.toml`, import.meta.url), 'utf8');
  const file = join(folder('adapter'), `${name}.toml`);
  const quick = text.replace(/^min_gap_ms = .*$/m, 'min_gap_ms = 50').replace(/^per_hour = .*$/m, '');
  // As where a page takes few characters and many files.
  const short = quick.replace('[composer]', '[composer]\nlong_prompt = "attach"')
    .replace('[limits]', `[limits]\nmax_prompt_chars = ${MOST}`);
  const changed = name === 'open-webui' ? short : quick;
  writeFileSync(file, changed.replace(/^revision = .*$/m, 'revision = 2'));
  const { code, stderr } = await gateway.cli(['adapter', 'publish', file]);
  assert.equal(code, 0, stderr);
}

/** The prompts that the page has sent since, each with its files in their order. */
function sent(from) {
  const journal = standIns['open-webui'].journal.slice(from);
  return journal.filter(({ prompt }) => prompt !== undefined)
    .map(({ prompt, files }) => ({ prompt, files: files.map((id) => journal.find((one) => one.id === id)) }));
}

/** Names and sizes of the files of the one prompt that was sent since. */
const uploaded = (from) => sent(from).flatMap(({ files }) => files.map(({ file, bytes }) => [file, bytes]));

/** Both of these pictures, in any order: two tabs answer as they can. */
function same(pictures, expected) {
  const sorted = (list) => list.map((one) => one.toString('base64')).sort();
  assert.deepEqual(sorted(pictures), sorted(expected));
}

const OTHER = Buffer.concat([PNG, Buffer.from('other')]);

for (const Browser of BROWSERS) describe(Browser.title, () => {
  before(() => start(Browser));
  after(stop);
  /** What is the same to every browser is shown in the first. */
  const isFirst = Browser === BROWSERS[0];

  describe('files in', () => {
    test('node: an upload by its id, data beside it, and a picture, in one prompt', async () => {
      const client = gateway.client();
      const kept = await client.files.create({ file: await toFile(TEXT, 'notes.csv', { type: 'text/csv' }), purpose: 'user_data' });
      assert.deepEqual([kept.object, kept.bytes, kept.filename], ['file', TEXT.length, 'notes.csv']);
      const from = standIns['open-webui'].journal.length;
      const content = [
        { type: 'text', text: 'read them' },
        { type: 'file', file: { file_id: kept.id } },
        { type: 'file', file: { filename: 'b.txt', file_data: `data:text/plain;base64,${Buffer.from('three').toString('base64')}` } },
        { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG.toString('base64')}` } },
      ];
      const reply = await client.chat.completions.create(ask('open-webui/default', content));
      assert.equal(reply.choices[0].message.content, answerTo('read them'));
      assert.deepEqual(uploaded(from), [['notes.csv', TEXT.length], ['b.txt', 5], ['image-3.png', PNG.length]]);

      const ids = [];
      for await (const { id } of client.files.list()) ids.push(id);
      assert.deepEqual(ids, [kept.id]);
      assert.deepEqual(Buffer.from(await (await client.files.content(kept.id)).arrayBuffer()), TEXT);
      assert.equal((await client.files.delete(kept.id)).deleted, true);
      await assert.rejects(client.files.retrieve(kept.id), { status: 404, code: 'not_found' });
      await assert.rejects(client.chat.completions.create(ask('open-webui/default', content)), { status: 404 });
    });

    if (isFirst) test('python: an upload by its id', async () => {
      const from = standIns['open-webui'].journal.length;
      const seen = await python(gateway, 'files', 'open-webui/default', 'read it');
      assert.equal(seen.text, answerTo('read it'));
      assert.deepEqual([seen.listed, seen.content, seen.deleted, seen.missing], [true, 'hello', true, 'NotFoundError']);
      assert.deepEqual(uploaded(from), [['hello.txt', 5]]);
    });
  });

  describe('a prompt above the limit of the page', () => {
    const line = 'Ünïcödé, 漢字 and 🦀.\n';

    test('is a file with the very text, and a short prompt that names it', async () => {
      const from = standIns['open-webui'].journal.length;
      const long = line.repeat(30);
      const reply = await gateway.client().chat.completions.create(ask('open-webui/default', long));
      const [{ prompt, files: [file, ...more] }] = sent(from);
      assert.deepEqual([file.file, String(file.body), more.length], ['prompt.txt', long, 0]);
      assert.ok(prompt.length < 100 && prompt.includes('prompt.txt'), prompt);
      assert.equal(reply.choices[0].message.content, answerTo(prompt));
    });

    test('comes after the files of the request, with all of the conversation', async () => {
      const from = standIns['open-webui'].journal.length;
      const messages = [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: line.repeat(20) },
        { role: 'assistant', content: 'Read.' },
        { role: 'user', content: [
          { type: 'text', text: 'and now this' },
          { type: 'file', file: { filename: 'b.csv', file_data: `data:text/csv;base64,${TEXT.toString('base64')}` } },
        ] },
      ];
      await gateway.client().chat.completions.create({ model: 'open-webui/default', messages });
      const [{ prompt, files: [own, file, ...more] }] = sent(from);
      assert.deepEqual([own.file, own.body], ['b.csv', TEXT]);
      assert.deepEqual([file.file, prompt.includes('prompt.txt'), more.length], ['prompt.txt', true, 0]);
      const positions = messages.map(({ content }) => String(file.body).indexOf(content.at(0).text ?? content));
      assert.ok(positions.every((at, n) => at > (positions[n - 1] ?? -1)), positions.join());
    });

    if (isFirst) test('is typed whole where it just fits', async () => {
      const from = standIns['open-webui'].journal.length;
      // Counted as its reader counts: neither bytes nor halves of a crab.
      const exactly = `${[...line.repeat(30)].slice(0, MOST - 1).join('')}!`;
      assert.equal((await python(gateway, 'buffered', 'open-webui/default', exactly)).text, answerTo(exactly));
      assert.deepEqual(sent(from), [{ prompt: exactly, files: [] }]);
    });
  });

  describe('pictures out', () => {
    test('node: two of them, by address, from two tabs', async () => {
      standIns['gemini-enterprise'].script({ text: 'Here.', image: PNG }, { text: 'Here.', image: OTHER });
      const reply = await gateway.client().images.generate({ model: 'gemini-enterprise/default', prompt: 'draw', n: 2 });
      const pictures = await Promise.all(reply.data.map(async ({ url }) => {
        const kept = await fetch(url);
        assert.equal(kept.headers.get('content-type'), 'image/png');
        return Buffer.from(await kept.arrayBuffer());
      }));
      same(pictures, [PNG, OTHER]);
    });

    if (isFirst) test('python: two of them, as base64', async () => {
      standIns['gemini-enterprise'].script({ text: 'Here.', image: PNG }, { text: 'Here.', image: OTHER });
      const { pictures } = await python(gateway, 'pictures', 'gemini-enterprise/default', 'draw');
      same(pictures.map((data) => Buffer.from(data, 'base64')), [PNG, OTHER]);
    });

    if (isFirst) test('what came is given where one of two fails; words alone are a 422', async () => {
      standIns['gemini-enterprise'].script({ text: 'Here.', image: PNG }, { text: 'I would rather not.' });
      const request = { model: 'gemini-enterprise/default', prompt: 'draw', n: 2, response_format: 'b64_json' };
      const { data, response } = await gateway.client().images.generate(request).withResponse();
      same(data.data.map((one) => Buffer.from(one.b64_json, 'base64')), [PNG]);
      assert.equal(response.headers.get('x-tabway-losses'), 'n');

      standIns['gemini-enterprise'].script({ text: 'I would rather not.' });
      const refused = gateway.client().images.generate({ ...request, n: 1 });
      await assert.rejects(refused, { status: 422, code: 'no_image', message: /I would rather not/ });
    });
  });
});
