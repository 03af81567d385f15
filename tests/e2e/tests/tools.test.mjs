// The tools of those who write adapters, on a live page in a real browser.

import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { Bridge } from '../lib/bridge.mjs';
import { BROWSERS } from '../lib/browsers.mjs';
import { env, folder } from '../lib/env.mjs';
import { run } from '../lib/program.mjs';
import { until } from '../lib/wait.mjs';

const CANARY = 'canary-5c2e';
const adapters = new URL('../../../adapters/', import.meta.url).pathname;

for (const Browser of BROWSERS) {
  describe(`on a live page in ${Browser.title}`, () => {
    let bridge;
    before(async () => { bridge = await Bridge.start({ Browser }); });
    after(() => bridge?.stop());

    const cli = async (args) => {
      const ended = await bridge.gateway.cli(args);
      return { ...ended, value: args.includes('--json') && ended.stdout ? JSON.parse(ended.stdout) : null };
    };

    test('doctor: which locator finds what, and no text of the page', async () => {
      await bridge.browser.evaluate(bridge.page, `(() => {
        document.title = '${CANARY}';
        document.querySelector('[data-testid=composer]').placeholder = '${CANARY}';
        document.body.append(Object.assign(document.createElement('p'), { textContent: '${CANARY}' }));
      })()`);
      const out = join(folder('doctor'), 'page.html');
      const { code, value, stderr } = await cli(['adapter', 'doctor', 'demo', '--out', out, '--json']);
      assert.equal(code, 0, stderr);
      assert.equal(value.state, 'ready');
      const of = (role) => value.locators.find((found) => found.role === role);
      assert.deepEqual({ ...of('composer') }, {
        role: 'composer', locator: 0, count: 1, visible: true, enabled: true, element: of('composer').element,
      });
      assert.match(of('composer').element, /^textarea.*\[data-testid=composer\]/);
      assert.equal(of('proof').count, 1);
      assert.match(value.sketch, /^<svg .*>composer<\/text>/);
      const report = readFileSync(out, 'utf8');
      assert.match(report, /data:image\/svg\+xml;base64,/);
      for (const text of [JSON.stringify(value), report]) assert.doesNotMatch(text, new RegExp(CANARY));
      const table = await cli(['adapter', 'doctor', 'demo']);
      assert.match(table.stdout, /ROLE +LOCATOR +FOUND/);
    });

    test('record: a turn becomes a recording that replays', async () => {
      const out = join(folder('record'), 'demo.fixtures');
      const recorded = await cli(['adapter', 'record', 'demo', '--prompt', 'Write to me@example.org, Zoe', '--redact', 'Zoe', '--out', out, '--json']);
      assert.equal(recorded.code, 0, recorded.stderr);
      assert.ok(recorded.value.redacted >= 2, recorded.stdout);
      const records = readFileSync(join(out, 'turn.records.jsonl'), 'utf8');
      assert.doesNotMatch(records, /Zoe|me@example/);
      assert.match(readFileSync(join(out, 'turn.answer.md'), 'utf8'), /xx@xxxxxxx\.xxx/);
      const replayed = await cli(['adapter', 'test', join(adapters, 'demo.toml'), out, '--json']);
      assert.equal(replayed.code, 0, replayed.stderr);
      writeFileSync(join(out, 'turn.answer.md'), 'Something else.\n');
      const differs = await cli(['adapter', 'test', join(adapters, 'demo.toml'), out]);
      assert.equal(differs.code, 1);
      assert.match(differs.stdout, /DIFFERS +turn: the answer, line 1: .* and not "Something else\."/);
    });

    test('a turn that fails on its page leaves what the page showed', async () => {
      await until('an idle lane', async () => (await bridge.lanes()).idle > 0);
      const reply = await bridge.gateway.chat({
        model: 'demo/default', messages: [{ role: 'user', content: `/error ${CANARY}` }],
      });
      assert.equal((await reply.json()).error.code, 'page_error');
      // The page's state follows the answer.
      const last = await until('what the page showed', async () => {
        const { diagnoses } = await bridge.gateway.api('sites/demo/diagnoses');
        return diagnoses.find(({ about }) => about.startsWith('job_'));
      });
      assert.match(last.summary, /^signal error \(.*composer found by test id/);
      assert.doesNotMatch(JSON.stringify(last), new RegExp(CANARY));
    });

    test('doctor without a tab says so', async () => {
      await bridge.browser.close(bridge.page);
      await until('the tab to be gone', async () => (await bridge.lanes()).all === 0);
      const { code, value } = await cli(['adapter', 'doctor', 'demo', '--json']);
      assert.equal(code, 1);
      assert.equal(value.state, 'no_tab');
      assert.ok(value.advice.length > 0);
    });
  });
}

test('check and test need no gateway', async () => {
  const check = await run(env.tabway, ['adapter', 'check', join(adapters, 'demo.toml'), '--json']);
  assert.equal(check.code, 0, check.stderr);
  assert.ok(JSON.parse(check.stdout).roles.includes('composer'));
  const replay = await run(env.tabway, ['adapter', 'test', join(adapters, 'demo.toml')]);
  assert.equal(replay.code, 0, replay.stdout);
  assert.match(replay.stdout, /^ok +markdown/m);
});

// It starts a Chromium of its own: what is saved of a page is the same to any browser.
test('test --browser: locators are tried on saved pages', async () => {
  const fixtures = folder('fixtures');
  cpSync(join(adapters, 'demo.fixtures'), fixtures, { recursive: true });
  const page = new URL('../../../crates/server/assets/demo/index.html', import.meta.url);
  const html = readFileSync(page, 'utf8');
  writeFileSync(join(fixtures, 'rest.page.html'), html);
  const args = ['adapter', 'test', join(adapters, 'demo.toml'), fixtures, '--browser'];
  const found = await run(env.tabway, [...args, '--json']);
  assert.equal(found.code, 0, found.stderr);
  const [rest] = JSON.parse(found.stdout).pages;
  assert.equal(rest.locators.find(({ role }) => role === 'composer').count, 1);
  writeFileSync(join(fixtures, 'rest.page.html'), html.replace('data-testid="composer"', ''));
  const differs = await run(env.tabway, args);
  assert.equal(differs.code, 1);
  assert.match(differs.stdout, /DIFFERS +rest\.page\.html: nothing was found for composer/);
});
