// Each failure has its own status and code, and both official clients see it.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Bridge, demoSite } from '../lib/bridge.mjs';
import { BROWSERS } from '../lib/browsers.mjs';
import { KEY, ask } from '../lib/gateway.mjs';
import { python } from '../lib/python.mjs';

let bridge, gateway;

async function start(Browser) {
  bridge = await Bridge.start({
    Browser,
    config: (url) => demoSite('http://127.0.0.1:9', 'nobody') +
      '[[models]]\nname = "hasty"\ntargets = [{ site = "demo", model = "default" }]\n' +
      'first_byte_timeout = "1500ms"\nidle_timeout = "1500ms"\ncommit_after = "20s"\n' +
      // Its first word has the time that a busy machine takes.
      '[[models]]\nname = "stalling"\ntargets = [{ site = "demo", model = "default" }]\n' +
      'first_byte_timeout = "20s"\nidle_timeout = "1500ms"\ncommit_after = "20s"\n' +
      '[limits]\nmax_body_bytes = 100000\n',
  });
  gateway = bridge.gateway;
}

/** What the official Node client sees. */
async function nodeSees(model, prompt, options = {}) {
  try {
    await gateway.client(options).chat.completions.create(ask(model, prompt));
  } catch (error) {
    return { status: error.status, code: error.code, message: error.message, request_id: error.requestID };
  }
  return { status: 200 };
}

/** Asks by both clients and expects the same of them. */
async function bothSee(status, code, model, prompt, { key = KEY, between } = {}) {
  const seen = [await nodeSees(model, prompt, { apiKey: key })];
  await between?.();
  seen.push(await python(gateway, 'failure', model, prompt, key));
  for (const failure of seen) {
    assert.deepEqual({ status: failure.status, code: failure.code }, { status, code }, JSON.stringify(failure));
    assert.match(failure.request_id, /^req_/);
  }
  return seen[0];
}

describe('the request', () => {
  before(() => start());
  after(() => bridge?.stop());

  test('unknown model', () => bothSee(404, 'model_not_found', 'no-such-model', 'x'));

  test('bad key', () => bothSee(401, 'invalid_api_key', 'demo/default', 'x', { key: 'tw-wrong' }));

  test('body too large', () => bothSee(413, 'body_too_large', 'demo/default', 'x'.repeat(150_000).slice(0, 110_000)));

  test('bad JSON', async () => {
    const response = await gateway.chat('{"model": "demo/default", "messages": [');
    assert.equal(response.status, 400);
    const { error } = await response.json();
    assert.equal(error.code, 'invalid_json');
    assert.match(error.request_id, /^req_/);
    assert.equal(response.headers.get('x-request-id'), error.request_id);
  });
});

for (const Browser of BROWSERS) {
  describe(`the page in ${Browser.title}`, () => {
    before(() => start(Browser));
    after(() => bridge?.stop());

    test('no node', () => bothSee(503, 'no_node', 'nobody/default', 'x'));

    for (const [state, words] of [['signed_out', /sign/i], ['challenge', /challenge/i], ['consent', /consent/i]]) {
      test(`N9: ${state.replace('_', ' ')}`, async () => {
        await bridge.browser.go(bridge.page, `${gateway.url}/demo/?state=${state}`);
        await bridge.shows(state);
        const { message } = await bothSee(503, state, 'demo/default', 'x');
        assert.match(message, words);
        await bridge.browser.go(bridge.page, `${gateway.url}/demo/`);
        await bridge.ready();
      });
    }

    test('N9: page changed, with the name of the locator', async () => {
      await bridge.browser.evaluate(bridge.page, "document.querySelector('[data-testid=composer]').remove()");
      await bridge.shows('page_changed');
      const { message } = await bothSee(502, 'page_changed', 'demo/default', 'x');
      assert.match(message, /composer/);
      await bridge.browser.reload(bridge.page);
      await bridge.ready();
    });

    test('first-token timeout', async () => {
      await bothSee(504, 'first_token_timeout', 'hasty', '/silent', { between: () => bridge.ready() });
      await bridge.ready();
    });

    test('silence timeout: an error event, and no [DONE] that looks like success', async () => {
      const response = await gateway.chat(ask('stalling', '/stall 3', { stream: true }));
      assert.equal(response.status, 200);
      const text = await response.text();
      assert.match(text, /word3/);
      assert.match(text, /"code":"silence_timeout"/);
      assert.doesNotMatch(text, /\[DONE\]/);
      await bridge.ready();
      await bothSee(504, 'silence_timeout', 'stalling', '/stall 3', { between: () => bridge.ready() });
      await bridge.ready();
    });

    test('an error of the page is not an answer', async () => {
      const failure = await nodeSees('demo/default', '/error');
      assert.equal(failure.status, 502);
      assert.equal(failure.code, 'page_error');
      await bridge.browser.reload(bridge.page);
      await bridge.ready();
    });

    test('a refusal is passed on in the words of the site', async () => {
      const failure = await nodeSees('demo/default', '/refuse');
      assert.equal(failure.status, 422);
      assert.equal(failure.code, 'moderated');
      assert.match(failure.message, /I will not talk about that/);
      await bridge.browser.reload(bridge.page);
      await bridge.ready();
    });

    test('N9: a limit of the site means waiting', async () => {
      const response = await gateway.chat(ask('demo/default', '/ratelimit'));
      assert.equal(response.status, 429);
      assert.equal((await response.json()).error.code, 'site_rate_limited');
      assert.ok(Number(response.headers.get('retry-after')) > 0);
    });
  });
}
