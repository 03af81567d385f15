// `tabway demo`, as a new user runs it.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';

import { env } from '../lib/env.mjs';
import { Program, run } from '../lib/program.mjs';

const LIMIT = 120_000;

test('--once prints the answer of the demo page and ends', async () => {
  const demo = await run(env.tabway, ['demo', '--once'], { limit: LIMIT });
  assert.equal(demo.code, 0, demo.stdout + demo.stderr);
  assert.match(demo.stdout, /paired: .* [A-Z2-7]{4}-[A-Z2-7]{4}/);
  assert.match(demo.stdout, /Hello! I am the demo page of Tabway.*to see more\./);
  assert.match(demo.stdout, /first words after \d+ ms/);
});

test('without --once it says how to ask, serves, and ends at Ctrl-C', async () => {
  const demo = new Program(env.tabway, ['demo']);
  const [, url] = await demo.says(/address {3}(\S+)/, LIMIT);
  const [, key] = await demo.says(/key {7}(\S+)/);
  assert.match(demo.stdout, /curl -N/);
  assert.match(demo.stdout, /from openai import OpenAI/);
  const ask = (bearer) => fetch(`${url}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'demo/default', messages: [{ role: 'user', content: 'Hello' }] }),
  });
  assert.equal((await ask(key)).status, 200);
  assert.equal((await ask('wrong')).status, 401);
  const [, folder] = /its data in (\S+)/.exec(demo.stdout);
  assert.equal(await demo.stop('SIGINT'), 0);
  assert.ok(!existsSync(folder), 'nothing is left behind');
});

test('a browser that cannot be used is said in one line', async () => {
  const demo = await run(env.tabway, ['demo', '--once'], { env: { ...process.env, TABWAY_CHROMIUM: '/nowhere' } });
  assert.equal(demo.code, 1);
  assert.match(demo.stderr, /^tabway: \/nowhere cannot be used: .*\n$/);
});

test('a page that is not there is said', async () => {
  const demo = await run(env.tabway, ['demo', '--once', '--site', 'gradio'], {});
  assert.equal(demo.code, 2);
  assert.match(demo.stderr, /--origin/);
});
