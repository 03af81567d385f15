// Firefox: the same source connects, pairs and stays connected though nothing travels, and serves a
// page. Driven by WebDriver BiDi, which installs the package as a temporary add-on.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { deriveTestCopy } from '../../scripts/derive-test-copy.mjs';
import { site } from './support/adapter.mjs';
import { DIST, pairIn, skip, start, UUID } from './support/firefox.mjs';
import { ScriptedGateway } from './support/gateway.mjs';
import { Pages } from './support/pages.mjs';

/** The event page ends after 30 s without an event: this is longer. */
const SILENCE_MS = Number(process.env.TABWAY_SILENCE_MS ?? 45_000);

test('stays connected in silence', { skip, timeout: SILENCE_MS + 90_000 }, async () => {
  const gateway = await ScriptedGateway.start();
  // Not a word of ours either: only its alarm may keep the event page alive.
  gateway.heartbeatMs = 3_600_000;
  const { bidi, close } = await start();
  try {
    const popup = await pairIn(bidi, DIST, gateway);
    assert.ok(gateway.proofHolds);
    assert.equal(gateway.origin, `moz-extension://${UUID}`);
    const shown = await bidi.evaluate(popup, "document.getElementById('fingerprint').textContent");
    assert.equal(shown, gateway.fingerprint);
    assert.match(gateway.heard[0].browser, /^Firefox \d+/);
    // An open page of the extension would keep it awake.
    await bidi.call('browsingContext.close', { context: popup });
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

test('serves a page over every transport', { skip, timeout: 120_000 }, async () => {
  const [gateway, pages] = await Promise.all([ScriptedGateway.start(), Pages.start()]);
  gateway.sites = [site(pages.origin)];
  const folder = mkdtempSync(join(tmpdir(), 'tabway-firefox-copy-'));
  // A match pattern of Firefox has no port.
  deriveTestCopy(DIST, folder, ['http://127.0.0.1']);
  const { bidi, close } = await start();
  try {
    await pairIn(bidi, folder, gateway);
    for (const wire of ['fetch', 'two_stage', 'xhr', 'eventsource', 'websocket']) {
      const at = pages.answers.length;
      const { context } = await bidi.call('browsingContext.create', { type: 'tab' });
      const url = `${pages.origin}/?wire=${wire}`;
      await bidi.call('browsingContext.navigate', { context, url, wait: 'complete' });
      const job = gateway.give(await gateway.idleLane(), `hello ${wire}`);
      const answer = await pages.answer(at);
      answer.write('first ');
      await gateway.until(() => gateway.text(job).includes('first '), `the first piece by ${wire}`);
      answer.write('last');
      answer.end();
      assert.equal((await gateway.end(job)).type, 'done');
      assert.match(gateway.text(job), /last/);
      await bidi.call('browsingContext.close', { context });
    }
  } finally {
    await close();
    await Promise.all([gateway.stop(), pages.stop()]);
    rmSync(folder, { recursive: true });
  }
});
