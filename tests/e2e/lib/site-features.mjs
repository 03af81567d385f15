// What every real site must do in every browser: one test a feature, the same body for all.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';

import { seatsOf } from './bridge.mjs';
import { BROWSERS } from './browsers.mjs';
import { env, isWanted, timedTurns } from './env.mjs';
import { FEATURES } from './features.mjs';
import { timeFirsts } from './firsts.mjs';
import { ask } from './gateway.mjs';
import { fillForm } from './hands.mjs';
import { expectedAnswer } from './mock.mjs';
import { run } from './program.mjs';
import { RealSite } from './real-site.mjs';
import { PNG, TEXT } from './samples.mjs';
import { until, within } from './wait.mjs';

/** What every page that chats has. */
const ALWAYS = ['chat', 'stream', 'stop', 'signed out', 'reload'];

const BODIES = {
  'chat': answersAtOnce,
  'stream': streams,
  'stop': stops,
  'model': choosesModels,
  'file': takesFiles,
  'image in': takesPictures,
  'image out': givesPictures,
  'signed out': waitsForItsPerson,
  'reload': survivesReload,
};

/**
 * The tests of one site in both browsers. `answer` is a selector of the page's answers, `signIn` the
 * form by which its person signs in, `offers` what the page has beside text.
 */
export function describeSite(name, { answer, signIn, offers = [] }) {
  if (!isWanted(name)) return;
  for (const Browser of BROWSERS) {
    describe(`${name} in ${Browser.title}`, () => {
      let real;
      before(async () => { real = await RealSite.start(name, Browser, { answer }); });
      after(async () => {
        real?.report();
        await real?.stop();
      });
      for (const { key, title } of FEATURES) {
        if (ALWAYS.includes(key) || offers.includes(key)) {
          test(title, () => real.feature(key, () => BODIES[key](real, signIn)));
        }
      }
      test('the added time to first token', async (context) => {
        real.found.firsts = await timeFirsts(real, timedTurns);
        const { page, client, added } = real.found.firsts;
        context.diagnostic(`upstream to page ${page.toFixed(0)} ms, to client ${client.toFixed(0)} ms, added ${added.toFixed(1)} ms`);
      });
    });
  }

  test(`tabway demo --once --site ${name}`, async () => {
    const prompt = `Hello, ${name}`;
    const args = ['demo', '--once', '--site', name, '--origin', env.site(name).origin, '--prompt', prompt];
    const demo = await run(env.tabway, args, { limit: 120_000 });
    assert.equal(demo.code, 0, demo.stdout + demo.stderr);
    assert.ok(demo.stdout.includes(expectedAnswer(prompt)), demo.stdout);
  });
}

/** A prompt of so many words. */
const words = (count) => Array.from({ length: count }, (_, n) => `w${n + 1}`).join(' ');

/** Text of a paragraph as Markdown means it, where white space is any. */
const flat = (text) => text.replace(/\s+/g, ' ');

async function whole(real, prompt, model = real.model) {
  await real.ready();
  const reply = await real.gateway.client().chat.completions.create(ask(model, prompt));
  return reply.choices[0].message;
}

async function answersAtOnce(real) {
  const prompt = 'Hello from Node, ünïcödé 🦀';
  assert.equal((await whole(real, prompt)).content, expectedAnswer(prompt));
  await real.browser.picture(real.page, `${real.name}-${real.browser.version}`);
  // Each request is a chat of its own.
  await real.upstream.forget();
  await whole(real, 'another chat');
  const [{ body }] = await real.upstream.chats();
  assert.equal(body.messages.length, 1, 'no history of another request');
}

async function streams(real) {
  await real.ready();
  await real.upstream.forget();
  await real.upstream.script({ chunks: 60, chunk_ms: 50 });
  const stream = await real.gateway.client().chat.completions.create(ask(real.model, words(60), { stream: true }));
  const chunks = [];
  let atFirst;
  for await (const { choices: [choice] } of stream) {
    if (choice?.delta?.content) atFirst ??= (await real.upstream.chats())[0].outcome;
    chunks.push(choice);
  }
  assert.equal(chunks.map((choice) => choice.delta.content ?? '').join(''), expectedAnswer(words(60)));
  assert.equal(atFirst, 'open', 'the upstream still writes when the client has the first words');
  assert.ok(chunks.length > 10, `${chunks.length} chunks`);
  assert.equal(chunks.at(-1).finish_reason, 'stop');
}

async function stops(real) {
  await real.ready();
  await real.upstream.forget();
  await real.upstream.script({ endless: true, chunk_ms: 50 });
  const stream = await real.gateway.client().chat.completions.create(ask(real.model, 'without end', { stream: true }));
  for await (const chunk of stream) if (chunk.choices[0]?.delta?.content) break;
  // The page's own Stop ends what the site asks of its upstream; closing our stream alone would not.
  await until('the site to stop', async () => (await real.upstream.chats()).at(-1)?.outcome === 'client_closed');
  assert.equal((await whole(real, 'after it')).content, expectedAnswer('after it'));
}

async function choosesModels(real) {
  const { data } = await real.gateway.client().models.list();
  const offered = data.map(({ id }) => id);
  await real.upstream.forget();
  for (const size of ['Large', 'Small', 'Large']) {
    assert.ok(offered.includes(`${real.name}/${size}`), offered.join(', '));
    await whole(real, `from the ${size} one`, `${real.name}/${size}`);
  }
  const asked = (await real.upstream.chats()).map(({ body }) => body.model.split('-')[0]);
  assert.deepEqual(asked, ['large', 'small', 'large']);
}

/** Sends a prompt with a part beside it, and expects the site to have got exactly its bytes. */
async function takes(real, part, name, bytes) {
  const prompt = `What is in ${name}?`;
  const { content } = await whole(real, [{ type: 'text', text: prompt }, part]);
  const sum = createHash('sha256').update(bytes).digest('hex');
  assert.equal(flat(content), expectedAnswer(`${prompt} ${name} ${sum}`));
}

function takesFiles(real) {
  const file_data = `data:text/plain;base64,${TEXT.toString('base64')}`;
  return takes(real, { type: 'file', file: { filename: 'notes.txt', file_data } }, 'notes.txt', TEXT);
}

function takesPictures(real) {
  const url = `data:image/png;base64,${PNG.toString('base64')}`;
  return takes(real, { type: 'image_url', image_url: { url } }, 'image-1.png', PNG);
}

async function givesPictures(real) {
  const { content } = await whole(real, '/picture of three bands');
  const [, address] = /!\[[^\]]*\]\((http[^)]+)\)/.exec(content) ?? assert.fail(content.slice(0, 500));
  const kept = await fetch(address);
  assert.equal(kept.headers.get('content-type'), 'image/png');
  assert.deepEqual(Buffer.from(await kept.arrayBuffer()).subarray(0, 8), PNG.subarray(0, 8), 'a PNG');
  assert.ok(content.startsWith(expectedAnswer('/picture of three bands')), content.slice(0, 200));
}

async function waitsForItsPerson(real, signIn) {
  const page = await real.browser.open(real.signIn);
  const shows = (state) => until(`the seat to be ${state}`,
    async () => (await seatsOf(real.gateway, 'guarded')).some((seat) => seat.state === state), 20_000);
  await shows('signed_out');
  const refused = await real.gateway.chat(ask('guarded/default', 'is anybody there?'));
  assert.equal(refused.status, 503);
  assert.equal((await refused.json()).error.code, 'signed_out');
  await fillForm(real.browser, page, signIn);
  await real.ready('guarded');
  const reply = await real.gateway.client().chat.completions.create(ask('guarded/default', 'and now?'));
  assert.equal(reply.choices[0].message.content, expectedAnswer('and now?'));
  await real.browser.close(page);
}

async function survivesReload(real) {
  await real.ready();
  await real.upstream.forget();
  await real.upstream.script({ endless: true, chunk_ms: 50 });
  const response = await real.gateway.chat(ask(real.model, 'to be cut', { stream: true }));
  let raw = '';
  const read = async () => { for await (const bytes of response.body) raw += Buffer.from(bytes).toString('utf8'); };
  const ended = read();
  await until('the answer to begin', () => /"content":"[^"]/.test(raw));
  await real.browser.reload(real.page);
  // The page is given time to show its chat again, which none of these does.
  await within('the answer to end', ended, 30_000);
  assert.match(raw, /"code":"outcome_unknown"/);
  assert.doesNotMatch(raw, /\[DONE\]/, 'nothing that looks like success');
  await whole(real, 'after the reload');
  const prompts = (await real.upstream.chats()).map(({ body }) => body.messages.at(-1).content);
  assert.deepEqual(prompts, ['to be cut', 'after the reload']);
}
