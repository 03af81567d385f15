// docs/SITES.md is written by a program, and must know what there is today.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { env } from '../lib/env.mjs';
import { FEATURES } from '../lib/features.mjs';
import { run } from '../lib/program.mjs';

const page = readFileSync(new URL('../../../docs/SITES.md', import.meta.url), 'utf8');
const hint = 'write it anew with `cargo xtask sites --write`';

test('docs/SITES.md lists every adapter, with the run that its file names', async () => {
  const { adapters } = JSON.parse((await run(env.tabway, ['adapter', 'list', '--json'])).stdout);
  for (const { name, verified } of adapters) {
    const row = page.split('\n').find((line) => line.startsWith(`| \`${name}\` |`));
    assert.ok(row, `${name} is missing: ${hint}`);
    const ran = verified ? `${verified.version}, ${verified.date}` : 'never run against the real site';
    assert.ok(row.includes(ran), `${name}: ${ran}: ${hint}`);
  }
});

test('docs/SITES.md says of every feature how it went', () => {
  for (const { key, title } of FEATURES) {
    assert.ok(page.includes(`- **${key}**: ${title}`), `${key} is missing: ${hint}`);
  }
});
