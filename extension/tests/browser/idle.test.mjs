// A tab that nobody has used for long is loaded again at the gateway's word, in a real browser.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { inEachBrowser, world } from './support/browser.mjs';

inEachBrowser('an idle tab', (Browser) => {
  let here;
  before(async () => (here = await world({}, Browser)));
  after(() => here.close());

  test('is loaded again, and serves', async () => {
    const { gateway, context, pages } = here;
    const { page, lane } = await here.open();
    // Its person looks at another.
    const other = await context.newPage();
    await page.evaluate('window.isOld = true');
    const said = gateway.heard.length;
    gateway.say({ type: 'reload_idle', site: 'chat', lane, idle_ms: 0 });
    await page.waitForFunction(() => window.isOld === undefined);
    const isBack = () =>
      gateway.heard
        .slice(said)
        .some(({ seats }) => seats?.[0]?.lanes.some((one) => one.lane === lane && one.state === 'idle'));
    await gateway.until(isBack, 'the lane again');
    const job = gateway.give(lane, 'hello again');
    const answer = await pages.answer(0);
    answer.write('well');
    answer.end();
    assert.equal((await gateway.end(job)).type, 'done');
    await other.close();
    await page.close();
  });
});
