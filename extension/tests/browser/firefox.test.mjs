// Firefox alone: its event page ends after 30 s without an event, and the node stays connected.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pair } from './support/browser.mjs';
import { Firefox, UUID } from './support/firefox.mjs';
import { ScriptedGateway } from './support/gateway.mjs';

const SILENCE_MS = Number(process.env.TABWAY_SILENCE_MS ?? 45_000);
const { skip } = Firefox;

test('N3: stays connected in silence', { skip, timeout: SILENCE_MS + 90_000 }, async () => {
  const gateway = await ScriptedGateway.start();
  // Not a word of ours either: only its alarm may keep the event page alive.
  gateway.heartbeatMs = 3_600_000;
  const { context, close } = await Firefox.launch();
  try {
    const popup = await pair(context, gateway, Firefox);
    await gateway.message('seats', undefined, 30_000);
    assert.ok(gateway.proofHolds);
    assert.equal(gateway.origin, `moz-extension://${UUID}`);
    const shown = await popup.evaluate("document.getElementById('fingerprint').textContent");
    assert.equal(shown, gateway.fingerprint);
    assert.match(gateway.heard[0].browser, /^Firefox \d+/);
    // An open page of the extension would keep it awake.
    await popup.close();
    await new Promise((resolve) => setTimeout(resolve, SILENCE_MS));
    assert.deepEqual(gateway.closes, []);
    gateway.say({ type: 'heartbeat' });
    await gateway.message('heartbeat');
    assert.equal(gateway.sockets, 1);
  } finally {
    await close();
    await gateway.stop();
  }
});
