// Chromium with the extension, as a person would have it, driven over its DevTools port.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { chromium } from 'playwright-core';

import { env, folder, isRoot, pictures } from './env.mjs';
import { chromiumId, grantedCopy } from './extension.mjs';
import { Program } from './program.mjs';
import { until } from './wait.mjs';

const FLAGS = [
  '--headless', '--disable-gpu', '--disable-quic', '--no-first-run', '--no-default-browser-check',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
  '--remote-debugging-port=0', '--window-size=1280,900',
];

export class Chromium {
  static title = 'Chromium';
  /** Playwright has every page believe that it is in front. */
  static hides = false;
  /** A DevTools session of each tab that was asked for one. */
  #sessions = new WeakMap();

  static async start({ origins = ['http://127.0.0.1'], profile = folder('profile'), flags = [] } = {}) {
    const browser = new Chromium();
    browser.profile = profile;
    inDeveloperMode(profile);
    browser.extension = grantedCopy('chromium', origins);
    browser.flags = flags;
    await browser.launch();
    return browser;
  }

  /** Starts it with its profile; again after it was killed. */
  async launch() {
    const args = [
      ...FLAGS, ...this.flags, ...(isRoot ? ['--no-sandbox'] : []),
      `--user-data-dir=${this.profile}`, `--load-extension=${this.extension}`, 'about:blank',
    ];
    const portFile = join(this.profile, 'DevToolsActivePort');
    const before = existsSync(portFile) ? readFileSync(portFile, 'utf8') : '';
    this.program = new Program(env.chromium, args);
    const text = await until('Chromium to listen', () => {
      if (this.program.code !== undefined) throw new Error(`Chromium ended: ${this.program.stderr}`);
      const now = existsSync(portFile) && readFileSync(portFile, 'utf8');
      return now && now !== before && now.includes('\n') && now;
    }, 30_000);
    const [port] = text.split('\n');
    this.playwright = await chromium.connectOverCDP(`http://127.0.0.1:${port}`);
    [this.context] = this.playwright.contexts();
  }

  /** A tab. */
  async open(url) {
    const page = await this.context.newPage();
    await page.goto(url);
    return page;
  }

  /** The extension's popup, as a tab: headless browsers have no toolbar. */
  popup() { return this.open(`chrome-extension://${chromiumId()}/popup.html`); }

  get version() { return `${Chromium.title} ${this.playwright.version()}`; }

  /** Runs a script in every document of every tab from now on, before the page's own. */
  inEveryPage(script) { return this.context.addInitScript(script); }

  go(page, url) { return page.goto(url); }

  reload(page) { return page.reload(); }

  close(page) { return page.close(); }

  /** Brings a tab to the front: the others of its window are hidden. */
  front(page) { return page.bringToFront(); }

  /** The value of an expression, or of a function called with one argument, in a tab. */
  evaluate(page, what, argument) { return page.evaluate(what, argument); }

  /** A click of the mouse in the middle of an element, as a person's, once it is there. */
  click(page, css) { return page.click(css); }

  /** Keys, as a person presses them. */
  type(page, text) { return page.keyboard.type(text); }

  /**
   * An element by its name with all that is in it, closed roots too, or null. A node has its `name`,
   * `children`, a text's `text`, and `press()`: a click of the mouse on it.
   */
  async tree(page, name) {
    if (!this.#sessions.has(page)) this.#sessions.set(page, await this.context.newCDPSession(page));
    const session = this.#sessions.get(page);
    const plain = (node) => ({
      name: node.localName || node.nodeName,
      text: node.nodeValue,
      children: [...(node.shadowRoots ?? []), ...(node.children ?? [])].map(plain),
      press: async () => {
        const { model } = await session.send('DOM.getBoxModel', { backendNodeId: node.backendNodeId });
        const [left, top, right, , , bottom] = model.content;
        await page.mouse.click((left + right) / 2, (top + bottom) / 2);
      },
    });
    const find = (node) => node.name === name ? node : node.children.map(find).find(Boolean);
    const { root } = await session.send('DOM.getDocument', { depth: -1, pierce: true });
    return find(plain(root)) ?? null;
  }

  /** Ends the extension's worker, as the browser does when it needs memory. */
  async killWorker() {
    const session = await this.playwright.newBrowserCDPSession();
    const { targetInfos } = await session.send('Target.getTargets');
    const worker = targetInfos.find((target) =>
      target.type === 'service_worker' && target.url.includes(chromiumId()));
    if (!worker) throw new Error('the extension has no worker');
    await session.send('Target.closeTarget', { targetId: worker.targetId });
    await session.detach();
  }

  /** Ends the process that shows a tab. */
  crash(page) { return page.goto('chrome://crash').catch(() => {}); }

  /** kill -9, with no word to anybody. */
  async kill() {
    this.program.signal('SIGKILL');
    await this.program.ended();
  }

  async picture(page, name) {
    if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`) });
  }

  async stop() {
    await this.playwright.close().catch(() => {});
    await this.program.stop();
  }
}

/** As a person has it who loads an unpacked extension: without it, one that is loaded anew is switched off. */
function inDeveloperMode(profile) {
  const file = join(profile, 'Default', 'Preferences');
  if (existsSync(file)) return;
  mkdirSync(join(profile, 'Default'), { recursive: true });
  writeFileSync(file, JSON.stringify({ extensions: { ui: { developer_mode: true } } }));
}
