// Firefox with a package as a temporary add-on, driven by WebDriver BiDi. What `launch` gives, and its
// pages, have the methods of Playwright's that the tests use, so that one test runs in both browsers.

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deriveTestCopy } from '../../../scripts/derive-test-copy.mjs';
import { firefox } from '../../../scripts/manifest.mjs';
import { Bidi } from './bidi.mjs';

const DIST = fileURLToPath(new URL('../../../dist/firefox', import.meta.url));
const FIREFOX = process.env.FIREFOX ?? '/usr/bin/firefox-esr';
export const UUID = 'c4e7a1de-0000-4000-8000-000000000001';

/** How long a page may take to show something. */
const WAIT_MS = 30_000;

class Page {
  #isClosed = false;

  constructor(bidi, context) {
    this.bidi = bidi;
    this.context = context;
  }

  /** Of Playwright's events, the one that a test listens to. */
  on(event, heard) {
    if (event !== 'filechooser') throw new Error(`no event ${event}`);
    return this.bidi.on('input.fileDialogOpened', heard);
  }

  async goto(url) {
    await this.bidi.call('browsingContext.navigate', {
      context: this.context,
      url,
      wait: 'complete',
    });
  }

  async reload() {
    await this.bidi.call('browsingContext.reload', { context: this.context, wait: 'complete' });
  }

  async close() {
    this.#isClosed = true;
    await this.bidi.call('browsingContext.close', { context: this.context });
  }

  isClosed() {
    return this.#isClosed;
  }

  async bringToFront() {
    await this.bidi.call('browsingContext.activate', { context: this.context });
  }

  /** The value of an expression, or of a function called with one argument. */
  evaluate(what, argument) {
    const call = typeof what === 'function' ? `(${what})(${JSON.stringify(argument)})` : what;
    return this.bidi.evaluate(this.context, call);
  }

  /** A function, never a text: Playwright reads a text anew for each look, which the popup's policy forbids. */
  async waitForFunction(what, argument) {
    if (typeof what !== 'function') throw new TypeError(`not a function: ${what}`);
    const deadline = performance.now() + WAIT_MS;
    let last;
    // A page that is being opened anew has nothing yet that can be asked for.
    const look = () => this.evaluate(what, argument).catch((error) => void (last = error));
    while (!(await look())) {
      if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`, { cause: last });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  inputValue(css) {
    return this.evaluate((css) => document.querySelector(css).value, css);
  }

  title() {
    return this.evaluate('document.title');
  }
}

class Context {
  constructor(bidi) {
    this.bidi = bidi;
  }

  async newPage() {
    const { context } = await this.bidi.call('browsingContext.create', { type: 'tab' });
    return new Page(this.bidi, context);
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

/** With a copy of the package that has these origins' permission; without any, the package itself. */
async function launch(origins = []) {
  const folder = mkdtempSync(join(tmpdir(), 'tabway-firefox-'));
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
  writeFileSync(join(folder, 'user.js'), lines.join(''));
  let path = DIST;
  if (origins.length > 0) {
    path = join(folder, 'tabway-extension');
    // A match pattern of Firefox has no port.
    const hosts = origins.map((origin) => new URL(origin)).map((url) => `${url.protocol}//${url.hostname}`);
    deriveTestCopy(DIST, path, hosts);
  }
  const port = await freePort();
  const browser = spawn(
    FIREFOX,
    [
      '--headless',
      '--no-remote',
      '--profile',
      folder,
      `--remote-debugging-port=${port}`,
      // Without it BiDi opens no page of an extension, and so no popup.
      '--remote-allow-system-access',
    ],
    { stdio: 'ignore' },
  );
  const bidi = await Bidi.connect(`ws://127.0.0.1:${port}/session`);
  await bidi.call('webExtension.install', { extensionData: { type: 'path', path } });
  const close = async () => {
    bidi.end();
    browser.kill('SIGKILL');
    await once(browser, 'exit');
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  return { context: new Context(bidi), close };
}

export const Firefox = {
  title: 'Firefox',
  popup: `moz-extension://${UUID}/popup.html`,
  /** Why its tests cannot run, if so. */
  skip: existsSync(FIREFOX) ? false : `no Firefox at ${FIREFOX}`,
  launch,
};
