// The commands of a person: pair at a terminal, add a site, make a key, ask, look.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { fingerprintOf, pairedIn, typeCode } from '../lib/bridge.mjs';
import { Chromium } from '../lib/chromium.mjs';
import { env } from '../lib/env.mjs';
import { Gateway, ask } from '../lib/gateway.mjs';
import { Program, run } from '../lib/program.mjs';
import { until } from '../lib/wait.mjs';

let gateway, browser;
before(async () => {
  gateway = await Gateway.start();
  browser = await Chromium.start();
});
after(async () => {
  await browser?.stop();
  await gateway?.stop();
});

/** `tabway node pair` at a terminal, which `script` plays. */
async function pairAtTerminal(reply) {
  const command = [env.tabway, 'node', 'pair', ...gateway.flags()].join(' ');
  const asked = new Program('script', ['-qec', command, '/dev/null']);
  const [, code] = await asked.says(/Code\s+(\S+)/);
  const popup = await browser.popup();
  await typeCode(browser, popup, gateway.url, code);
  const theirs = await fingerprintOf(browser, popup);
  const [, ours] = await asked.says(/Fingerprint\s+(\S+)/);
  assert.equal(ours, theirs);
  await asked.says(/\[y\/N\]/);
  asked.tell(`${reply}\n`);
  const exit = await asked.ended();
  return { exit, popup };
}

test('node pair: a no keeps the browser out', async () => {
  const { exit, popup } = await pairAtTerminal('n');
  assert.equal(exit, 1);
  await until('the popup to say so', () => popup.locator('#pair-state[data-state=refused]').count());
  await popup.close();
  assert.deepEqual((await gateway.api('nodes')).nodes, []);
});

test('node pair: a yes lets it in', async () => {
  const { exit, popup } = await pairAtTerminal('y');
  assert.equal(exit, 0);
  await pairedIn(browser, popup);
  await popup.close();
  const listed = JSON.parse((await gateway.cli(['node', 'list', '--json'])).stdout);
  assert.equal(listed.nodes.length, 1);
});

test('site add, open the page, chat', async () => {
  const added = await gateway.cli(['site', 'add', 'mine', '--adapter', 'demo', '--origin', gateway.url]);
  assert.equal(added.code, 0, added.stderr);
  await browser.open(`${gateway.url}/demo/`);
  await until('the browser to be ready', async () => (await gateway.cli(['node', 'check'])).code === 0);
  const chat = await run(env.tabway, ['chat', '-m', 'mine/default', 'From the command line', ...gateway.flags()], {
    env: { ...process.env, TABWAY_KEY: 'tw-e2e-key' },
  });
  assert.equal(chat.code, 0, chat.stderr);
  assert.match(chat.stdout, /You wrote: “From the command line”/);
});

test('chat without a key, or with a wrong one, says what to do', async () => {
  const { TABWAY_KEY: _, ...without } = process.env;
  for (const [key, words] of [[{}, /give one with --key or in TABWAY_KEY/], [{ TABWAY_KEY: 'tw-wrong' }, /does not know the key/]]) {
    const chat = await run(env.tabway, ['chat', '-m', 'mine/default', 'x', ...gateway.flags()], { env: { ...without, ...key } });
    assert.equal(chat.code, 1);
    assert.match(chat.stderr, words);
    assert.match(chat.stderr, /tabway key create NAME/);
  }
});

test('key create: the key works until it is revoked', async () => {
  const made = await gateway.cli(['key', 'create', 'second', '--json']);
  assert.equal(made.code, 0, made.stderr);
  const [key] = /tw-[A-Za-z0-9]{20,}/.exec(made.stdout);
  const status = async () => (await gateway.chat(ask('mine/default', 'hi'), { headers: { authorization: `Bearer ${key}` } })).status;
  assert.equal(await status(), 200);
  assert.equal((await gateway.cli(['key', 'revoke', 'second'])).code, 0);
  assert.equal(await status(), 401);
});

test('status says what there is', async () => {
  const { code, stdout } = await gateway.cli(['status', '--json']);
  assert.equal(code, 0);
  const status = JSON.parse(stdout);
  assert.equal(status.nodes.connected, 1);
});

test('a gateway that is not there is exit code 4', async () => {
  const other = await Gateway.start();
  await other.stop();
  const { code, stderr } = await other.cli(['status']);
  assert.equal(code, 4, stderr);
  assert.equal(stderr.trim().split('\n').length, 1);
});
