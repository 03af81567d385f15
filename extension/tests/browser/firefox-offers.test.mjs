// Firefox: what a page offers beside text, as in Chromium.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { deriveTestCopy } from '../../scripts/derive-test-copy.mjs';
import { DIST, pairIn, skip, start } from './support/firefox.mjs';
import { ScriptedGateway } from './support/gateway.mjs';
import { OffersPage, offersSite, PICTURE, REPORT, sumOf } from './support/offers.mjs';

describe('in Firefox', { skip, timeout: 180_000 }, () => {
  let gateway;
  let site;
  let browser;
  const folder = mkdtempSync(join(tmpdir(), 'tabway-firefox-copy-'));
  before(async () => {
    [gateway, site] = await Promise.all([ScriptedGateway.start(), OffersPage.start()]);
    gateway.sites = [offersSite(site.origin)];
    // A match pattern of Firefox has no port.
    deriveTestCopy(DIST, folder, ['http://127.0.0.1']);
    browser = await start();
    await pairIn(browser.bidi, folder, gateway);
  });
  after(async () => {
    await browser.close();
    await Promise.all([gateway.stop(), site.stop()]);
    rmSync(folder, { recursive: true });
  });

  async function turn(query, prompt, more = {}, files = []) {
    const { context } = await browser.bidi.call('browsingContext.create', { type: 'tab' });
    const url = `${site.origin}/${query}`;
    await browser.bidi.call('browsingContext.navigate', { context, url, wait: 'complete' });
    const lane = await gateway.idleLane();
    const job = gateway.give(lane, prompt, { accept_ms: 30_000, ...more }, files);
    const end = await gateway.end(job, 40_000);
    assert.equal(end.type, 'done', JSON.stringify(end));
    await browser.bidi.call('browsingContext.close', { context });
    return { job, asked: site.asked.at(-1) };
  }

  test('a model is chosen in a menu, and settings in their controls', async () => {
    const settings = { temperature: ['0.3'], top_p: ['0.9'], stop: ['END'], system: ['Be brief.'] };
    const { asked } = await turn('', 'hi', { model: 'beta-2', settings });
    assert.equal(asked.model, 'beta-2');
    const { range, slider, chips, system } = asked.settings;
    assert.deepEqual([range, slider, chips, system], ['0.3', '0.9', ['END'], 'Be brief.']);
  });

  // Not by drop and paste: Firefox does not always let a page read what an extension hands it so.
  for (const ways of ['detached', 'connected']) {
    test(`files get in by a ${ways} way`, async () => {
      const large = Buffer.alloc(700_000, 'tabway ');
      const files = [
        { name: 'a.png', mime: 'image/png', size: PICTURE.length },
        { name: 'b.txt', mime: 'text/plain', size: large.length },
      ];
      const { asked } = await turn(`?ways=${ways}`, 'look', { files }, [PICTURE, large]);
      const sums = asked.files.map(({ name, sum }) => [name, sum]).sort();
      assert.deepEqual(sums, [
        ['a.png', sumOf(PICTURE)],
        ['b.txt', sumOf(large)],
      ]);
    });
  }

  test('an answer brings its picture, by a blob’s address, and its file', async () => {
    site.events = [['token', { text: 'See:' }], ['picture', {}]];
    const { job } = await turn('', 'draw');
    const bytes = (number) =>
      Buffer.concat(
        gateway.frames
          .get(job)
          .filter(({ kind, stream }) => kind === 'media_bytes' && stream === number)
          .map(({ payload }) => payload),
      );
    assert.ok(bytes(1).equals(PICTURE));
    assert.equal(bytes(2).toString(), REPORT);
  });
});
