// Firefox with the extension, by WebDriver BiDi (<https://w3c.github.io/webdriver-bidi/>): no
// geckodriver, no other package. It has the methods of `Chromium`, so that one test runs in both.

import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { Bidi, plain } from './bidi.mjs';
import { env, folder, freePort, pictures } from './env.mjs';
import { grantedCopy } from './extension.mjs';
import { Program } from './program.mjs';
import { until } from './wait.mjs';

const PREFERENCES = {
  'browser.shell.checkDefaultBrowser': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'app.update.enabled': false,
  // What a temporary add-on has stored outlives a restart, as that of an installed one does.
  'extensions.webextensions.keepStorageOnUninstall': true,
  'extensions.webextensions.keepUuidOnUninstall': true,
};

export class Firefox {
  static title = 'Firefox';
  /** A tab that is not in front knows it. */
  static hides = true;
  #bidi;

  static async start({ origins = ['http://127.0.0.1'], profile = folder('firefox'), preferences = {} } = {}) {
    const browser = new Firefox();
    browser.profile = profile;
    browser.path = grantedCopy('firefox', origins);
    browser.id = JSON.parse(readFileSync(join(browser.path, 'manifest.json'))).browser_specific_settings.gecko.id;
    // The address of an extension's pages is drawn at its install; told beforehand, it is known.
    browser.uuid = randomUUID();
    const all = {
      ...PREFERENCES, ...preferences,
      'extensions.webextensions.uuids': JSON.stringify({ [browser.id]: browser.uuid }),
    };
    const line = ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`;
    writeFileSync(join(profile, 'user.js'), Object.entries(all).map(line).join(''));
    await browser.launch();
    return browser;
  }

  /** Starts it with its profile; again after it was killed. */
  async launch() {
    const port = await freePort();
    this.program = new Program(env.firefox, [
      '--headless', '--no-remote', '--profile', this.profile, '--remote-debugging-port', String(port),
      '--width', '1280', '--height', '900',
      // Without it BiDi opens no page of an extension, and so no popup.
      '--remote-allow-system-access',
    ], { env: { ...process.env, HOME: folder('firefox-home') } });
    this.#bidi = await until('Firefox to listen', () => {
      if (this.program.code !== undefined) throw new Error(`Firefox ended: ${this.program.stderr}`);
      return Bidi.connect(`ws://127.0.0.1:${port}/session`);
    }, 60_000);
    const { capabilities } = await this.call('session.new', { capabilities: {} });
    this.version = `${Firefox.title} ${capabilities.browserVersion}`;
    await this.call('webExtension.install', { extensionData: { type: 'path', path: this.path } });
  }

  call(method, params) { return this.#bidi.call(method, params); }

  /** A tab; its id. */
  async open(url) {
    const { context } = await this.call('browsingContext.create', { type: 'tab' });
    await this.go(context, url);
    return context;
  }

  async go(context, url) { await this.call('browsingContext.navigate', { context, url, wait: 'complete' }); }

  async reload(context) { await this.call('browsingContext.reload', { context, wait: 'complete' }); }

  async close(context) { await this.call('browsingContext.close', { context }); }

  /** Brings a tab to the front: the others of its window are hidden. */
  async front(context) { await this.call('browsingContext.activate', { context }); }

  /** Runs a script in every document of every tab from now on, before the page's own. */
  async inEveryPage(script) {
    await this.call('script.addPreloadScript', { functionDeclaration: `() => { ${script} }` });
  }

  /** The extension's popup, as a tab. While it is open it keeps the background alive. */
  popup() { return this.open(`moz-extension://${this.uuid}/popup.html`); }

  /** The value of an expression, or of a function called with one argument, in a tab. */
  evaluate(context, what, argument) {
    const expression = typeof what === 'function' ? `(${what})(${JSON.stringify(argument)})` : what;
    return this.#evaluate({ context }, expression);
  }

  /** A script in the browser's own window, which may do what no page can. */
  async #inBrowser(expression) {
    const { contexts: [window] } = await this.call('browsingContext.getTree', { 'moz:scope': 'chrome' });
    return this.#evaluate({ context: window.context }, expression);
  }

  async #evaluate(target, expression) {
    const { type, result, exceptionDetails } = await this.call('script.evaluate', {
      expression, target, awaitPromise: true, serializationOptions: { maxObjectDepth: 8 },
    });
    if (type === 'exception') throw new Error(exceptionDetails.text);
    return plain(result);
  }

  /** A click of the mouse in the middle of an element, as a person's, once it is there and enabled. */
  async click(context, css) {
    const ready = (css) => document.querySelector(css)?.checkVisibility() && !document.querySelector(css).matches(':disabled');
    await until(`${css} to be there to click`, async () => {
      // A page that is about to reload has neither.
      const { nodes } = await this.call('browsingContext.locateNodes', {
        context, locator: { type: 'css', value: css }, maxNodeCount: 1,
      });
      // It may go between the look and the click: then nothing was pressed, and it is looked for again.
      if (!nodes[0] || !(await this.evaluate(context, ready, css))) return false;
      await this.#press(context, nodes[0]);
      return true;
    }, 30_000);
  }

  /**
   * An element by its name with all that is in it, closed roots too, or null. A node has its `name`,
   * `children`, a text's `text`, and `press()`: a click of the mouse on it.
   */
  async tree(context, name) {
    const { result } = await this.call('script.evaluate', {
      expression: `document.querySelector('${name}')`, target: { context }, awaitPromise: false,
      serializationOptions: { maxDomDepth: null, includeShadowTree: 'all' },
    });
    const node = ({ sharedId, value }) => ({
      name: value.localName ?? (value.nodeType === 3 ? '#text' : ''),
      text: value.nodeValue,
      children: [...(value.shadowRoot ? [value.shadowRoot] : []), ...(value.children ?? [])].map(node),
      press: () => this.#press(context, { sharedId }),
    });
    return result.type === 'node' ? node(result) : null;
  }

  async #press(context, { sharedId }) {
    const origin = { type: 'element', element: { sharedId } };
    await this.call('input.performActions', {
      context,
      actions: [{
        type: 'pointer', id: 'mouse', actions: [
          { type: 'pointerMove', x: 0, y: 0, origin },
          { type: 'pointerDown', button: 0 }, { type: 'pointerUp', button: 0 },
        ],
      }],
    });
  }

  /** Keys, as a person presses them. */
  async type(context, text) {
    const actions = [...text].flatMap((value) => [{ type: 'keyDown', value }, { type: 'keyUp', value }]);
    await this.call('input.performActions', { context, actions: [{ type: 'key', id: 'keys', actions }] });
  }

  /** Ends the extension's event page, as the browser does when nothing happens in it. */
  async killWorker() {
    await this.#inBrowser(`WebExtensionPolicy.getByID(${JSON.stringify(this.id)})
      .extension.terminateBackground({ ignoreDevToolsAttached: true, disableResetIdleForTest: true })`);
  }

  /** Ends the process that shows a tab. */
  async crash(context) {
    const url = JSON.stringify(await this.evaluate(context, 'location.href'));
    const pid = await this.#inBrowser(`gBrowser.browsers.find((one) => one.currentURI.spec === ${url})
      .browsingContext.currentWindowGlobal.osPid`);
    process.kill(pid, 'SIGKILL');
  }

  /** kill -9, with no word to anybody. */
  async kill() {
    this.program.signal('SIGKILL');
    await this.program.ended();
  }

  async picture(context, name) {
    if (!pictures) return;
    const { data } = await this.call('browsingContext.captureScreenshot', { context });
    writeFileSync(join(pictures, `${name}.png`), Buffer.from(data, 'base64'));
  }

  async stop() {
    this.#bidi.end();
    await this.program.stop();
  }
}
