// Who may not open the node's socket: pages, programs without an origin, other extensions. And names
// that only pretend to be us.

import assert from 'node:assert/strict';
import { createServer, request } from 'node:http';
import { after, before, test } from 'node:test';

import WebSocket from 'ws';

import { Chromium } from '../lib/chromium.mjs';
import { Gateway } from '../lib/gateway.mjs';

let gateway;
before(async () => { gateway = await Gateway.start(); });
after(() => gateway.stop());

/** The status with which a handshake is refused, or 'open'. */
function handshake(options) {
  return new Promise((resolve) => {
    const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/node`, options);
    socket.once('open', () => { socket.terminate(); resolve('open'); });
    socket.once('unexpected-response', (_, response) => resolve(response.statusCode));
    socket.once('error', (error) => resolve(error.message));
  });
}

test('W1: a page on another site cannot open the socket, whatever it calls us', async () => {
  const evil = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<h1>evil</h1>'));
  await new Promise((resolve) => evil.listen(0, '127.0.0.1', resolve));
  const browser = await Chromium.start({
    flags: ['--host-resolver-rules=MAP evil.test 127.0.0.1'],
  });
  try {
    const page = await browser.open(`http://evil.test:${evil.address().port}/`);
    for (const host of ['127.0.0.1', 'localhost', '0.0.0.0', '[::1]']) {
      const seen = await page.evaluate((url) => new Promise((resolve) => {
        const socket = new WebSocket(url);
        const heard = [];
        socket.onmessage = ({ data }) => heard.push(data);
        socket.onopen = () => resolve('open');
        socket.onclose = () => resolve(heard.length === 0 ? 'refused' : 'spoken to');
      }), `ws://${host}:${gateway.port}/node`);
      assert.equal(seen, 'refused', host);
    }
  } finally {
    await browser.stop();
    evil.close();
  }
});

test('W2: only the extension may: each other origin is refused before a word of the protocol', async () => {
  for (const origin of [undefined, 'null', 'https://evil.test', gateway.url,
    'chrome-extension://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa']) {
    assert.equal(await handshake(origin === undefined ? {} : { origin }), 403, String(origin));
  }
});

test('W3: a name that was made to point at us is refused on every route', async () => {
  for (const path of ['/', '/healthz', '/metrics', '/v1/models', '/v1/chat/completions', '/api/status', '/extension/', '/demo/']) {
    const status = await new Promise((resolve, reject) => {
      const asked = request({ host: '127.0.0.1', port: gateway.port, path, headers: { host: 'rebind.test' } });
      asked.once('response', (response) => { response.resume(); resolve(response.statusCode); });
      asked.once('error', reject).end();
    });
    assert.equal(status, 421, path);
  }
});

test('W4: a page of another site changes nothing by forms and plain posts', async () => {
  for (const path of ['/api/keys', '/api/pairing', '/v1/chat/completions']) {
    const response = await fetch(`${gateway.url}${path}`, {
      method: 'POST',
      headers: { origin: 'https://evil.test', 'content-type': 'text/plain' },
      body: '{}',
    });
    assert.ok([401, 403].includes(response.status), `${path}: ${response.status}`);
  }
});
