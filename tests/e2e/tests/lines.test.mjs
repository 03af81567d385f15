// The lines we hold (README.md). Each test fails when its line is crossed.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { Bridge } from '../lib/bridge.mjs';
import { grantedCopy, packageFolder } from '../lib/extension.mjs';
import { ask } from '../lib/gateway.mjs';
import { framesToServer, Proxy } from '../lib/proxy.mjs';
import { until } from '../lib/wait.mjs';

const SECRETS = { cookie: 'canary-cookie-5a17', local: 'canary-local-77c2', session: 'canary-session-90be' };

let bridge, proxy, gateway;
before(async () => {
  bridge = await Bridge.start({ via: async (gateway) => (proxy = await Proxy.start(gateway.port)).url });
  gateway = bridge.gateway;
});
after(async () => {
  await bridge?.stop();
  await proxy?.stop();
});

const sources = (browser) => readdirSync(packageFolder(browser)).filter((name) => name.endsWith('.js'))
  .map((name) => [name, readFileSync(join(packageFolder(browser), name), 'utf8')]);
const manifest = (folder) => JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
const turns = () => gateway.program.stderr.split('\n').filter((line) => line.includes('path="/demo/api/turn"'));

async function fails(prompt) {
  const response = await gateway.chat(ask('demo/default', prompt));
  const { error } = await response.json();
  return { status: response.status, code: error.code, message: error.message, after: response.headers.get('retry-after') };
}

test('1: a challenge is never touched: the seat rests, its owner is told, the request gets a clear 503', async () => {
  const { page } = bridge;
  await page.addInitScript(() => {
    globalThis.touched = [];
    for (const kind of ['pointerdown', 'mousedown', 'click', 'keydown', 'input', 'focusin', 'submit']) {
      addEventListener(kind, (event) => globalThis.touched.push(`${kind} ${event.target.outerHTML}`), true);
    }
  });
  await page.goto(`${gateway.url}/demo/?state=challenge`);
  await bridge.shows('challenge');
  const before = turns().length;
  for (let n = 0; n < 3; n += 1) {
    const { status, code, after } = await fails('are you there?');
    assert.deepEqual([status, code], [503, 'challenge']);
    assert.ok(Number(after) > 0, 'says when to come back');
  }
  const { needs_human: needs } = await gateway.api('status');
  assert.ok(needs.some((need) => need.site === 'demo' && /challenge/.test(need.problem)), JSON.stringify(needs));
  assert.deepEqual(await page.evaluate(() => globalThis.touched), []);
  assert.equal(turns().length, before, 'nothing was sent');
  await bridge.browser.picture(page, 'challenge');
  const status = await bridge.browser.open(`${gateway.url}/`);
  assert.match(await status.textContent('body'), /challenge/i);
  await bridge.browser.picture(status, 'status');
  await status.close();
  await page.goto(`${gateway.url}/demo/`);
  await bridge.ready();
});

test('1: a challenge in the middle of an answer is not touched either', async () => {
  const { code } = await fails('/challenge');
  assert.equal(code, 'challenge');
  await bridge.shows('challenge');
  assert.equal(await bridge.page.locator('[data-clicked]').count(), 0);
  // Its human answers it.
  await bridge.page.click('[data-testid=challenge-button]');
  await bridge.ready();
});

test('2: a refusal is passed on in the words of the site, once', async () => {
  const before = turns().length;
  const { status, code, message } = await fails('/refuse');
  assert.deepEqual([status, code], [422, 'moderated']);
  assert.match(message, /I will not talk about that/);
  assert.equal(turns().length, before + 1, 'it was not tried again');
  await bridge.page.reload();
  await bridge.ready();
});

test('3: an ordinary browser, visibly marked while it is driven', async () => {
  const flags = readFileSync(`/proc/${bridge.browser.program.pid}/cmdline`, 'utf8');
  assert.doesNotMatch(flags, /AutomationControlled|user-agent|lang=|fingerprint|disable-web-security/);
  const demo = readFileSync(new URL('../../../crates/server/src/browser/launch.rs', import.meta.url), 'utf8');
  assert.doesNotMatch(demo, /AutomationControlled|--user-agent|disable-web-security|webdriver/);
  for (const browser of ['chromium', 'firefox']) {
    for (const [name, text] of sources(browser)) {
      assert.doesNotMatch(text, /navigator\.webdriver|userAgentData\s*=|defineProperty\(navigator/, name);
    }
  }
  const marked = () => bridge.page.evaluate(() => ({
    mark: !!document.querySelector('tabway-mark'), title: document.title,
  }));
  const answer = gateway.chat(ask('demo/default', '/words 40 50')).then((response) => response.json());
  await until('the mark', async () => (await marked()).mark);
  await until('the answer to show', () => bridge.page.locator('text=word5').count());
  assert.match((await marked()).title, /^▶/);
  await bridge.browser.picture(bridge.page, 'driven');
  await answer;
  await until('the mark to go', async () => !(await marked()).mark);
  assert.doesNotMatch((await marked()).title, /^▶/);
});

test('4: cookies and tokens of the page never leave the browser', async () => {
  await bridge.page.evaluate(({ cookie, local, session }) => {
    document.cookie = `sid=${cookie}`;
    localStorage.setItem('token', local);
    sessionStorage.setItem('token', session);
  }, SECRETS);
  const prompt = 'a prompt that is looked for';
  assert.equal((await gateway.chat(ask('demo/default', prompt))).status, 200);
  const told = framesToServer(proxy).toString('latin1');
  assert.ok(told.includes('a page like any other') || told.includes('looked'), 'the traffic is readable');
  const logged = gateway.program.stdout + gateway.program.stderr;
  for (const secret of Object.values(SECRETS)) {
    assert.ok(!told.includes(secret), `${secret} left the browser`);
    assert.ok(!logged.includes(secret), `${secret} is in the log`);
  }
});

test('4: the extension has no means to read them, and no page is granted at install', () => {
  for (const browser of ['chromium', 'firefox']) {
    const { permissions, host_permissions, content_scripts, externally_connectable } = manifest(packageFolder(browser));
    assert.deepEqual(permissions.toSorted(), ['activeTab', 'alarms', 'scripting', 'storage']);
    assert.equal(host_permissions, undefined);
    assert.equal(content_scripts, undefined);
    assert.equal(externally_connectable, undefined);
    for (const [name, text] of sources(browser)) {
      assert.doesNotMatch(text, /document\.cookie|\bcookies\.(get|set)|\blocalStorage\b|\bsessionStorage\b|indexedDB\.databases/, name);
      assert.doesNotMatch(text, /\beval\(|new Function\(|importScripts\(/, name);
    }
  }
});

test('5: one turn at a time in a tab, with the gap of the site between two', async () => {
  const before = turns().length;
  let most = 0;
  const writing = setInterval(async () => {
    most = Math.max(most, await bridge.page.locator('li[data-writing]').count().catch(() => 0));
  }, 20);
  const replies = await Promise.all([1, 2, 3].map(() => gateway.chat(ask('demo/default', '/words 5 20'))));
  clearInterval(writing);
  assert.deepEqual(replies.map((reply) => reply.status), [200, 200, 200]);
  assert.equal(most, 1, 'never two at once');
  const times = turns().slice(before).map((line) => Date.parse(/\d{4}-\S+Z/.exec(line)[0]));
  assert.equal(times.length, 3);
  for (const n of [1, 2]) assert.ok(times[n] - times[n - 1] >= 100, `${times[n] - times[n - 1]} ms`);
});

test('5 and 2: a limit of the site is waited out, not worked around', async () => {
  const first = await fails('/ratelimit');
  assert.deepEqual([first.status, first.code], [429, 'site_rate_limited']);
  const before = turns().length;
  const second = await fails('again');
  assert.deepEqual([second.status, second.code], [429, 'site_rate_limited']);
  assert.ok(Number(second.after) > 0);
  assert.equal(turns().length, before, 'the page was left alone');
  assert.equal(await bridge.page.evaluate(() => localStorage.getItem('token')), SECRETS.local, 'no storage was cleared');
});

test('6: the terms of a site are shown to its owner', async () => {
  const popup = await bridge.browser.popup();
  await popup.waitForSelector('[data-testid=site-demo]');
  assert.match(await popup.textContent('[data-testid=site-demo]'), /A page of your own gateway/);
  await bridge.browser.picture(popup, 'popup');
  await popup.close();
  const adapters = new URL('../../../adapters/', import.meta.url);
  for (const name of readdirSync(adapters).filter((name) => name.endsWith('.toml'))) {
    assert.match(readFileSync(new URL(name, adapters), 'utf8'), /^terms = ".{10,}"/m, name);
  }
});

test('W16: the copy for tests differs from the package only in granted origins', () => {
  for (const browser of ['chromium', 'firefox']) {
    const [ours, copy] = [packageFolder(browser), grantedCopy(browser, ['http://127.0.0.1:7070'])];
    const files = readdirSync(ours, { recursive: true });
    assert.deepEqual(files.toSorted(), readdirSync(copy, { recursive: true }).toSorted());
    const { host_permissions, ...rest } = manifest(copy);
    assert.deepEqual(host_permissions, ['http://127.0.0.1/*']);
    assert.deepEqual(rest, manifest(ours));
    for (const file of files.filter((name) => /\.\w+$/.test(name) && name !== 'manifest.json')) {
      assert.ok(readFileSync(join(ours, file)).equals(readFileSync(join(copy, file))), file);
    }
  }
});
