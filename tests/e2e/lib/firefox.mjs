// Firefox with the extension, by WebDriver BiDi (<https://w3c.github.io/webdriver-bidi/>): no
// geckodriver, no other package.

import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import WebSocket from 'ws';

import { env, folder, freePort } from './env.mjs';
import { grantedCopy } from './extension.mjs';
import { Program } from './program.mjs';
import { until } from './wait.mjs';

export class Firefox {
  #socket;
  #calls = new Map();
  #lastId = 0;

  static async start({ origins = ['http://127.0.0.1'] } = {}) {
    const browser = new Firefox();
    const path = grantedCopy('firefox', origins);
    // The address of an extension's pages is drawn at its install; told beforehand, it is known.
    browser.uuid = randomUUID();
    const { id } = JSON.parse(readFileSync(join(path, 'manifest.json'))).browser_specific_settings.gecko;
    const uuids = JSON.stringify(JSON.stringify({ [id]: browser.uuid }));
    const profile = folder('firefox');
    writeFileSync(join(profile, 'user.js'), `user_pref("extensions.webextensions.uuids", ${uuids});\n`);
    const port = await freePort();
    browser.program = new Program(env.firefox, [
      '--headless', '--no-remote', '--profile', profile, '--remote-debugging-port', String(port),
      // Without it BiDi opens no page of an extension, and so no popup.
      '--remote-allow-system-access',
    ], { env: { ...process.env, HOME: folder('firefox-home') } });
    browser.#socket = await until('Firefox to listen', () => open(`ws://127.0.0.1:${port}/session`), 60_000);
    browser.#socket.on('message', (data) => browser.#heard(JSON.parse(data)));
    await browser.call('session.new', { capabilities: {} });
    const { extension } = await browser.call('webExtension.install', { extensionData: { type: 'path', path } });
    browser.extension = extension;
    return browser;
  }

  #heard({ id, type, result, message }) {
    const call = this.#calls.get(id);
    if (!call) return;
    this.#calls.delete(id);
    if (type === 'success') call.resolve(result);
    else call.reject(new Error(message));
  }

  call(method, params) {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject });
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }

  /** A tab; its id. */
  async open(url) {
    const { context } = await this.call('browsingContext.create', { type: 'tab' });
    await this.call('browsingContext.navigate', { context, url, wait: 'complete' });
    return context;
  }

  /** The extension's popup, as a tab. While it is open it keeps the background alive. */
  popup() { return this.open(`moz-extension://${this.uuid}/popup.html`); }

  async close(context) { await this.call('browsingContext.close', { context }); }

  /** The value of an expression in a tab. */
  async evaluate(context, expression) {
    const { type, result, exceptionDetails } = await this.call('script.evaluate', {
      expression, target: { context }, awaitPromise: true,
    });
    if (type === 'exception') throw new Error(exceptionDetails.text);
    return result.value;
  }

  async stop() {
    this.#socket.terminate();
    await this.program.stop();
  }
}

function open(url) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url);
    socket.once('open', () => resolve(socket));
    socket.once('error', reject);
  });
}
