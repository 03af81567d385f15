// What keeps the gateway from starting: one clear line, an exit code, nothing half done.

import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';

import { env, folder, freePort, isRoot } from '../lib/env.mjs';
import { Gateway } from '../lib/gateway.mjs';
import { run } from '../lib/program.mjs';

const CONFIG = 3;
const FAILURE = 1;

async function refuses(text, { args = [], data = join(folder('start'), 'data') } = {}) {
  const file = join(folder('config'), 'config.toml');
  writeFileSync(file, text);
  const ended = await run(env.tabway, ['serve', '--config', file, '--data-dir', data, ...args], { limit: 10_000 });
  const lines = ended.stderr.trim().split('\n');
  const said = lines.pop();
  assert.match(said, /^tabway: /, ended.stderr);
  return { code: ended.code, said, data };
}

test('a setting that does not exist is named, with a suggestion', async () => {
  const { code, said, data } = await refuses('lissten = "127.0.0.1:0"\n');
  assert.equal(code, CONFIG);
  assert.match(said, /lissten/);
  assert.match(said, /listen\b/);
  assert.ok(!existsSync(data), 'no data folder was made');
});

test('a site whose adapter does not exist is named', async () => {
  const { code, said } = await refuses('[[sites]]\nname = "x"\nadapter = "gradioo"\norigin = "http://127.0.0.1:1"\n');
  assert.equal(code, CONFIG);
  assert.match(said, /gradioo/);
});

test('a taken port is named', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => holder.once('listening', resolve));
  const { port } = holder.address();
  const { code, said } = await refuses('discover = false\n', { args: ['--port', String(port)] });
  holder.close();
  assert.equal(code, FAILURE);
  assert.match(said, new RegExp(String(port)));
});

test('a data folder that cannot be written is named', async () => {
  // Root may write everywhere; a file in the way stops root too.
  const parent = folder('data');
  const data = join(parent, 'data');
  if (isRoot) {
    writeFileSync(data, 'in the way');
  } else {
    mkdirSync(data);
    chmodSync(data, 0o500);
  }
  const { code, said } = await refuses('discover = false\n', { args: ['--port', String(await freePort())], data });
  assert.equal(code, FAILURE);
  assert.ok(said.includes(data), said);
});

test('a second gateway on the same data is refused, and the first serves on', async () => {
  const first = await Gateway.start();
  const { code, said } = await refuses('discover = false\n', {
    args: ['--port', String(await freePort())],
    data: first.data,
  });
  assert.equal(code, FAILURE);
  assert.match(said, /in use|another|already/i);
  assert.ok((await fetch(`${first.url}/healthz`)).ok);
  await first.stop();
});
