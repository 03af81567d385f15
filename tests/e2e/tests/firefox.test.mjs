// Firefox connects, pairs, and is still connected after a silence of three times its background's patience (30 s).

import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { after, before, test } from 'node:test';

import { demoSite, pair } from '../lib/bridge.mjs';
import { Firefox } from '../lib/firefox.mjs';
import { Gateway } from '../lib/gateway.mjs';
import { until } from '../lib/wait.mjs';

const SILENCE = 90_000;

let gateway, firefox;
before(async () => {
  gateway = await Gateway.start((url) => demoSite(url));
  firefox = await Firefox.start();
});
after(async () => {
  await firefox?.stop();
  await gateway?.stop();
});

const connected = async () => (await gateway.api('nodes')).nodes.filter((node) => node.connected);

test('N3: Firefox pairs through its popup and stays', { timeout: SILENCE + 120_000 }, async () => {
  await pair(gateway, firefox);
  // An open view keeps the background alive; the popup is closed, so the silence is real.
  const [before] = await until('the node to be connected', async () => {
    const nodes = await connected();
    return nodes.length === 1 && nodes;
  });
  const sockets = () => gateway.program.stderr.split('path="/node"').length - 1;
  const opened = sockets();
  await pause(SILENCE);
  const [now] = await connected();
  assert.equal(now?.id, before.id, 'still connected');
  assert.equal(sockets(), opened, 'by the same socket');
});
