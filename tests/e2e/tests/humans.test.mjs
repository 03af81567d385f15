// N9: a page that needs its person. They are told in the popup, on the status page, by a webhook and
// by `tabway node check`; nobody clicks for them; it is in service again once they have done it.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';

import { Bridge } from '../lib/bridge.mjs';
import { BROWSERS } from '../lib/browsers.mjs';
import { ask } from '../lib/gateway.mjs';
import { until } from '../lib/wait.mjs';

/** What the webhook was told. */
const told = [];
let hook, bridge, gateway, popup;

function listen() {
  hook = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    told.push({ secret: request.headers.authorization, ...JSON.parse(body) });
    response.writeHead(204).end();
  });
  return new Promise((done) => hook.listen(0, '127.0.0.1', done));
}

const check = () => gateway.cli(['node', 'check']);
const inPopup = (script) => bridge.browser.evaluate(popup, script);
const heard = (event, reason) =>
  until(`${event} for ${reason}`, () => told.find((one) => one.event === event && one.reason === reason));

for (const Browser of BROWSERS) {
  describe(`a page that needs its person in ${Browser.title}`, () => {
    before(async () => {
      told.length = 0;
      await listen();
      const { port } = hook.address();
      bridge = await Bridge.start({
        Browser,
        config: () => `[alerts]\nwebhook = "http://127.0.0.1:${port}/"\nsecret = "hush"\nafter = "200ms"\n`,
      });
      gateway = bridge.gateway;
      popup = await bridge.browser.popup();
    });
    after(async () => {
      await bridge?.stop();
      hook?.close();
    });

    test('N9: nothing is switched on without its owner', async () => {
      assert.equal(await inPopup("document.querySelector('#pictures').checked"), false);
      assert.equal(await inPopup("document.querySelector('#notify').checked"), false);
      const { code, stdout } = await check();
      assert.equal(code, 0, stdout);
      assert.match(stdout, /demo in .*: ready \(.*composer found/);
    });

    for (const reason of ['signed_out', 'challenge', 'consent']) {
      test(`N9: ${reason} is told once, everywhere, and its end too`, async () => {
        await bridge.browser.go(bridge.page, `${gateway.url}/demo/?state=${reason}`);
        const message = await heard('seat.needs_human', reason);
        assert.equal(message.secret, 'Bearer hush');
        assert.ok(message.advice && message.since_ms > 0, JSON.stringify(message));
        for (let turn = 0; turn < 3; turn += 1) {
          await assert.rejects(gateway.client().chat.completions.create(ask('demo/default', 'x')), {
            status: 503,
            code: reason,
          });
        }
        const { code, stdout } = await check();
        assert.equal(code, 1, stdout);
        assert.ok(stdout.includes(message.advice), stdout);
        assert.match(await (await fetch(gateway.url)).text(), /Needs you[^]*<td>demo<\/td>/);
        await until('the popup to say so', () => inPopup(`document.querySelector('[data-testid=need-demo]')?.dataset.reason === '${reason}'`));
        // The page stands as it was: nobody has clicked it away.
        assert.match(await bridge.browser.evaluate(bridge.page, 'location.search'), new RegExp(reason));
        await bridge.browser.go(bridge.page, `${gateway.url}/demo/`);
        await heard('seat.back', reason);
        await until('the popup to forget it', () => inPopup("document.querySelector('[data-testid=need-demo]') === null"));
        const answer = await gateway.client().chat.completions.create(ask('demo/default', 'hello'));
        assert.ok(answer.choices[0].message.content);
        assert.equal(told.filter((one) => one.reason === reason).length, 2, JSON.stringify(told));
      });
    }

    test('N9: a picture of the page is kept only while its owner allows it', async () => {
      await inPopup("document.querySelector('#pictures').click()");
      await bridge.browser.go(bridge.page, `${gateway.url}/demo/?state=challenge`);
      const { nodes: [{ id }] } = await gateway.api('nodes');
      const picture = `${gateway.url}/page/pictures/${id}/demo`;
      const image = await until('the picture', async () => {
        const response = await fetch(picture);
        return response.ok && response;
      });
      assert.equal(image.headers.get('content-type'), 'image/svg+xml');
      const svg = await image.text();
      assert.match(svg, /^<svg/);
      assert.doesNotMatch(svg, /human/i, 'no word of the page is in it');
      await inPopup("document.querySelector('#pictures').click()");
      await until('the picture to be gone', async () => (await fetch(picture)).status === 404);
    });
  });
}
