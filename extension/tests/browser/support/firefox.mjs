// Firefox with the package as a temporary add-on, driven by WebDriver BiDi and paired by its popup.

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { firefox } from '../../../scripts/manifest.mjs';

export const DIST = fileURLToPath(new URL('../../../dist/firefox', import.meta.url));
const FIREFOX = process.env.FIREFOX ?? '/usr/bin/firefox-esr';
/** Why its tests cannot run, if so. */
export const skip = existsSync(FIREFOX) ? false : `no Firefox at ${FIREFOX}`;
export const UUID = 'c4e7a1de-0000-4000-8000-000000000001';

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

export async function start() {
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
export async function pairIn(bidi, path, gateway) {
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
