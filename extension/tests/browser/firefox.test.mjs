// Firefox: the same source connects, pairs and stays connected though nothing travels, and serves a
// page. Driven by WebDriver BiDi, which installs the package as a temporary add-on.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { deriveTestCopy } from '../../scripts/derive-test-copy.mjs';
import { firefox } from '../../scripts/manifest.mjs';
import { site } from './support/adapter.mjs';
import { ScriptedGateway } from './support/gateway.mjs';
import { Pages } from './support/pages.mjs';

const DIST = fileURLToPath(new URL('../../dist/firefox', import.meta.url));
/** The event page ends after 30 s without an event: this is longer. */
const SILENCE_MS = Number(process.env.TABWAY_SILENCE_MS ?? 45_000);
const FIREFOX = process.env.FIREFOX ?? '/usr/bin/firefox-esr';
const skip = existsSync(FIREFOX) ? false : `no Firefox at ${FIREFOX}`;
const UUID = 'c4e7a1de-0000-4000-8000-000000000001';

/** A session of WebDriver BiDi. */
class Bidi {
  #last = 0;
  #open = new Map();

  static async connect(url) {
    const bidi = new Bidi();
    for (;;) {
      bidi.socket = new WebSocket(url);
      const opened = await once(bidi.socket, 'open').then(
        () => true,
        () => false,
      );
      if (opened) break;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    bidi.socket.on('message', (data) => {
      const { id, result, error, message } = JSON.parse(data.toString());
      const waiting = bidi.#open.get(id);
      bidi.#open.delete(id);
      if (error) waiting?.reject(new Error(`${error}: ${message}`));
      else waiting?.resolve(result);
    });
    await bidi.call('session.new', { capabilities: {} });
    return bidi;
  }

  call(method, params) {
    const id = ++this.#last;
    this.socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve, reject) => this.#open.set(id, { resolve, reject }));
  }

  async evaluate(context, expression) {
    const { result, exceptionDetails } = await this.call('script.evaluate', {
      expression,
      target: { context },
      awaitPromise: true,
    });
    if (exceptionDetails) throw new Error(exceptionDetails.text);
    return result.value;
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function start() {
  const profile = mkdtempSync(join(tmpdir(), 'tabway-firefox-'));
  const { gecko } = firefox().browser_specific_settings;
  const prefs = {
    'extensions.webextensions.uuids': JSON.stringify({ [gecko.id]: UUID }),
    'browser.shell.checkDefaultBrowser': false,
    'datareporting.policy.dataSubmissionEnabled': false,
    'app.update.enabled': false,
  };
  const lines = Object.entries(prefs).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`,
  );
  writeFileSync(join(profile, 'user.js'), lines.join(''));
  const port = await freePort();
  const browser = spawn(
    FIREFOX,
    [
      '--headless',
      '--no-remote',
      '--profile',
      profile,
      `--remote-debugging-port=${port}`,
      '--remote-allow-system-access',
    ],
    { stdio: 'ignore' },
  );
  const bidi = await Bidi.connect(`ws://127.0.0.1:${port}/session`);
  const close = async () => {
    bidi.socket.terminate();
    browser.kill('SIGKILL');
    await once(browser, 'exit');
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  return { bidi, close };
}

/** BiDi may not navigate to an extension's page; the browser's own window may. */
async function openPopup(bidi) {
  const url = `moz-extension://${UUID}/popup.html`;
  const chrome = await bidi.call('browsingContext.getTree', { 'moz:scope': 'chrome' });
  await bidi.evaluate(
    chrome.contexts[0].context,
    `void openTrustedLinkIn(${JSON.stringify(url)}, 'tab')`,
  );
  for (;;) {
    const { contexts } = await bidi.call('browsingContext.getTree', {});
    const found = contexts.find((one) => one.url === url);
    const ready = found && "document.readyState === 'complete'";
    if (ready && (await bidi.evaluate(found.context, ready))) return found.context;
  }
}

/** Installs a package and types address and code into its popup; the popup's tab. */
async function pairIn(bidi, path, gateway) {
  await bidi.call('webExtension.install', { extensionData: { type: 'path', path } });
  const popup = await openPopup(bidi);
  const typed = { 'gateway-url': gateway.url, 'pair-code': gateway.code };
  for (const [id, value] of Object.entries(typed)) {
    await bidi.evaluate(popup, `document.getElementById('${id}').value = ${JSON.stringify(value)}`);
  }
  await bidi.evaluate(popup, "document.getElementById('pair-button').click()");
  await gateway.message('seats', undefined, 30_000);
  return popup;
}

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
