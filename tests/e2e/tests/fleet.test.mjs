// Browsers that Tabway starts: paired without a person, their tabs tended, dead ones started again.

import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { after, before, test } from 'node:test';

import { demoSite } from '../lib/bridge.mjs';
import { Fleet, renderersOf } from '../lib/fleet.mjs';
import { ask, collect, Gateway } from '../lib/gateway.mjs';
import { until } from '../lib/wait.mjs';

const NAMES = ['browser-1', 'browser-2'];
/** A host that is reached through the proxy alone. */
const ELSEWHERE = 'http://elsewhere.test';

let gateway, fleet, supervisor, nodes;
before(async () => {
  gateway = await Gateway.start((url) => demoSite(url) + demoSite(ELSEWHERE, 'elsewhere'));
  fleet = new Fleet(gateway);
});
after(async () => {
  await supervisor?.stop();
  if (gateway) await gateway.cli(['browser', 'stop', '--all']);
  await gateway?.stop();
});

test('two browsers are started, paired by keys of their own, and all their tabs serve', async () => {
  supervisor = fleet.start('--profiles', '2', '--lanes', '2', '--site', 'demo', '--headless');
  const running = await fleet.ready(NAMES);
  assert.match(supervisor.stdout, /browser-1: headless: --headless was given/);
  nodes = NAMES.map((name) => running[name].node);
  assert.equal(new Set(nodes).size, 2);
  const known = (await gateway.api('nodes')).nodes;
  assert.deepEqual(known.map(({ label }) => label).sort(), NAMES);
  for (const name of NAMES) {
    assert.equal(fleet.order(name).key, undefined, 'its key is gone once it is paired');
    assert.equal(statSync(fleet.folder(name)).mode & 0o777, 0o700);
  }
  const debugging = fleet.processes().filter(({ words }) => words.some((word) => word.startsWith('--remote-debugging')));
  assert.deepEqual(debugging, [], 'nobody else can drive or read them');
});

test('four tabs of two browsers answer the official client at once', async () => {
  const one = () => gateway.client().chat.completions
    .create(ask('demo/default', '/words 40 100', { stream: true })).then(collect);
  for (const { text } of await Promise.all([one(), one(), one(), one()])) assert.match(text, /^word1 .* word40$/);
  const seats = (await gateway.api('nodes')).nodes.flatMap((node) => node.seats.filter(({ site }) => site === 'demo'));
  assert.deepEqual(seats.map(({ turns }) => turns), [2, 2]);
});

test('a browser that is killed is started again and is the same node', async () => {
  const before = (await fleet.running())['browser-1'];
  process.kill(before.browser_pid, 'SIGKILL');
  const running = await fleet.ready(NAMES, (browser) => browser.browser_pid !== before.browser_pid);
  assert.deepEqual(NAMES.map((name) => running[name].node), nodes);
  assert.deepEqual(NAMES.map((name) => running[name].restarts), [1, 0]);
  assert.equal((await gateway.api('nodes')).nodes.length, 2);
});

test('tabs that crash are loaded again', async () => {
  const { browser_pid: browser } = (await fleet.running())['browser-2'];
  const shown = renderersOf(browser);
  assert.ok(shown.length >= 2, `${shown.length} processes show pages`);
  for (const pid of shown) process.kill(pid, 'SIGKILL');
  await until('the crash to be seen', async () => (await fleet.running())['browser-2'].state === 'connected');
  const running = await fleet.ready(NAMES, () => true, 60_000);
  assert.deepEqual([running['browser-2'].browser_pid, running['browser-2'].restarts], [browser, 0]);
  const { text } = await gateway.client().chat.completions.create(ask('demo/default', '/words 3', { stream: true })).then(collect);
  assert.match(text, /word3$/);
});

test('a second start of the same profile is refused', async () => {
  const { code, stderr } = await gateway.cli(['browser', 'start', '--profile', 'browser-1']);
  assert.equal(code, 1);
  assert.match(stderr, /`browser-1` is running already; `tabway browser stop browser-1`/);
});

test('stop ends one, then all, and nothing is left', async () => {
  assert.deepEqual(await fleet.json('stop', 'browser-2'), { stopped: ['browser-2'] });
  assert.deepEqual(Object.keys(await fleet.running()), ['browser-1']);
  assert.deepEqual(await fleet.json('stop', '--all'), { stopped: ['browser-1'] });
  assert.equal(await supervisor.ended(), 0);
  await until('every process to be gone', () => fleet.processes().length === 0);
  assert.deepEqual(await fleet.running(), {});
  assert.deepEqual(await fleet.json('stop', '--all'), { stopped: [] });
});

test('a profile is started again in the background as it was, and switched for another', async () => {
  await gateway.cli(['browser', 'start', '--profile', 'browser-2', '--detach'], { limit: 120_000 });
  let running = await fleet.ready(['browser-2']);
  assert.deepEqual([running['browser-2'].node, running['browser-2'].lanes, running['browser-2'].mode], [nodes[1], 2, 'headless']);
  const { code, stderr } = await gateway.cli(['browser', 'switch', 'browser-1'], { limit: 120_000 });
  assert.equal(code, 0, stderr);
  running = await fleet.ready(['browser-1']);
  assert.deepEqual(Object.keys(running), ['browser-1']);
  assert.equal(running['browser-1'].node, nodes[0]);
});

test('what a killed supervisor leaves is ended by the next start', async () => {
  const { supervisor_pid: pid, browser_pid: browser } = (await fleet.running())['browser-1'];
  process.kill(pid, 'SIGKILL');
  await until('nobody to supervise', async () => Object.keys(await fleet.running()).length === 0);
  assert.ok(existsSync(`/proc/${browser}`), 'the browser lives on');
  supervisor = fleet.start('--profile', 'browser-1');
  await supervisor.says(/browser-1: a browser that an earlier run had left was ended/);
  const running = await fleet.ready(['browser-1']);
  assert.notEqual(running['browser-1'].browser_pid, browser);
  assert.equal(running['browser-1'].node, nodes[0]);
});

test('a profile that is removed is unpaired and gone', async () => {
  const refused = await gateway.cli(['browser', 'remove', 'browser-1']);
  assert.match(refused.stderr, /is running already/);
  await fleet.json('stop', '--all');
  assert.deepEqual(await fleet.json('remove', 'browser-1'), { removed: 'browser-1', unpaired: true });
  assert.ok(!existsSync(fleet.folder('browser-1')));
  assert.deepEqual((await gateway.api('nodes')).nodes.map(({ id }) => id), [nodes[1]]);
  const { profiles } = await fleet.json('profiles');
  assert.deepEqual(profiles.map(({ profile, running }) => [profile, running]), [['browser-2', false]]);
});

test('an outbound proxy is asked for sites, and for nothing of this machine', async () => {
  const asked = new Set();
  const proxy = createServer((incoming, outgoing) => {
    const { host, pathname } = new URL(incoming.url);
    asked.add(host);
    if (host !== new URL(ELSEWHERE).host) return outgoing.writeHead(502).end();
    // The gateway's own demo page stands for the site.
    const onward = request(`${gateway.url}${pathname}`, { method: incoming.method }, (answer) => {
      outgoing.writeHead(answer.statusCode, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(onward);
  });
  proxy.on('connect', (incoming, socket) => { asked.add(incoming.url); socket.end('HTTP/1.1 502 No\r\n\r\n'); });
  await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  try {
    supervisor = fleet.start('--profile', 'abroad', '--headless', '--site', 'elsewhere', '--site', 'demo',
      '--proxy', `http://127.0.0.1:${proxy.address().port}`);
    await fleet.ready(['abroad']);
    assert.ok(asked.has('elsewhere.test'), [...asked].join());
    const own = [...asked].filter((host) => /127\.0\.0\.1|localhost/.test(host));
    assert.deepEqual(own, []);
    const { text } = await gateway.client().chat.completions.create(ask('demo/default', '/words 3', { stream: true })).then(collect);
    assert.match(text, /word3$/);
  } finally {
    await supervisor.stop();
    proxy.close();
  }
});

test('what cannot be is refused, with words that say what to do', async () => {
  const start = async (...flags) => {
    const { code, stderr } = await gateway.cli(['browser', 'start', ...flags]);
    return [code, stderr];
  };
  for (const [flags, code, words] of [
    [['--profile', '../x'], 2, /cannot be the name of a profile/],
    [['--site', 'nowhere'], 2, /no site `nowhere`/],
    [['--headed', '--headless'], 2, /cannot be used with/],
    [['--lanes', '17'], 2, /17/],
    [['--proxy', 'http://me:pw@127.0.0.1:1'], 2, /must not hold a password/],
  ]) {
    const [exit, stderr] = await start(...flags);
    assert.equal(exit, code, stderr);
    assert.match(stderr, words);
  }
  const { stderr } = await gateway.cli(['browser', 'switch', 'nobody']);
  assert.match(stderr, /there is no profile `nobody`/);
});
