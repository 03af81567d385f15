// An agent that people use, unchanged, works through a page: Continue's command line, on a task of
// several steps with tools. Gateway, extension, browser and agent are real; the page's model is a
// script that follows the instructions in its prompt (lib/tool-model.mjs).

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { pair, seatsOf } from '../lib/bridge.mjs';
import { Chromium } from '../lib/chromium.mjs';
import { folder } from '../lib/env.mjs';
import { Gateway, KEY } from '../lib/gateway.mjs';
import { run } from '../lib/program.mjs';
import { adder } from '../lib/tool-model.mjs';
import { until } from '../lib/wait.mjs';
import { StandIn } from '../stand-ins/server.mjs';

const CN = new URL('../node_modules/@continuedev/cli/dist/cn.js', import.meta.url).pathname;

let standIn, gateway, browser;
before(async () => {
  standIn = await StandIn.start('librechat');
  standIn.model = adder;
  gateway = await Gateway.start(() => `[[sites]]\nname = "page"\nadapter = "librechat"\norigin = "${standIn.origin}"\n`);
  browser = await Chromium.start();
  await pair(gateway, browser);
  await browser.open(`${standIn.origin}/c/new`);
  await until('the page to be ready', async () => {
    const lanes = (await seatsOf(gateway, 'page')).flatMap((seat) => seat.lanes);
    return lanes.some((lane) => lane.state === 'idle');
  }, 30_000);
});
after(async () => {
  await browser?.stop();
  await gateway?.stop();
  await standIn?.stop();
});

/** Runs the agent in a folder of its own, with nothing of this machine's. */
async function agent(work, task) {
  const home = folder('agent-home');
  const config = join(home, 'config.yaml');
  writeFileSync(config, [
    'name: e2e', 'version: 0.0.1', 'schema: v1', 'models:', '  - name: page', '    provider: openai',
    '    model: page/default', `    apiBase: ${gateway.url}/v1`, `    apiKey: ${KEY}`,
    '    roles: [chat]', '    capabilities: [tool_use]', '',
  ].join('\n'));
  return run(process.execPath, [CN, '-p', '--auto', '--config', config, task], {
    cwd: work,
    stdio: ['ignore', 'pipe', 'pipe'],
    limit: 180_000,
    env: {
      PATH: process.env.PATH, HOME: home, CONTINUE_GLOBAL_DIR: join(home, '.continue'),
      CONTINUE_TELEMETRY_ENABLED: '0', CONTINUE_CLI_ENABLE_TELEMETRY: '0',
    },
  });
}

test('an agent finishes a task of several steps with tools, one of them mended', async () => {
  const work = join(folder('agent'), 'work');
  mkdirSync(work);
  writeFileSync(join(work, 'numbers.txt'), '12\n30\n');
  const ended = await agent(work, 'Add the numbers in numbers.txt and write the sum to sum.txt.');
  assert.equal(ended.code, 0, ended.stdout + ended.stderr);
  assert.equal(readFileSync(join(work, 'sum.txt'), 'utf8').trim(), '42');
  assert.match(ended.stdout, /The sum is 42, and it is in sum\.txt\./);
  assert.doesNotMatch(ended.stdout, /<\/tool_call>|"arguments"/, 'no markup reaches the agent');
  const prompts = standIn.journal.map(({ prompt }) => prompt);
  assert.equal(prompts.length, 5, 'four steps and one repair');
  assert.match(prompts[2], /lacks `content`/);
});
