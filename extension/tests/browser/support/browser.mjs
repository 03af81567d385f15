// Chromium with the derived copy of the committed package, paired by way of its popup.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { deriveTestCopy } from '../../../scripts/derive-test-copy.mjs';
import { chromiumId } from '../../../scripts/manifest.mjs';
import { site } from './adapter.mjs';
import { ScriptedGateway } from './gateway.mjs';
import { Pages } from './pages.mjs';

export const DIST = fileURLToPath(new URL('../../../dist/chromium', import.meta.url));
export const POPUP = `chrome-extension://${chromiumId()}/popup.html`;

export async function launch(origins) {
  const folder = mkdtempSync(join(tmpdir(), 'tabway-browser-'));
  const extension = join(folder, 'extension');
  deriveTestCopy(DIST, extension, origins);
  const context = await chromium.launchPersistentContext(join(folder, 'profile'), {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: false,
    ignoreDefaultArgs: ['--disable-extensions'],
    args: [
      '--headless=new',
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      `--load-extension=${extension}`,
    ],
  });
  const close = async () => {
    await context.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { context, close };
}

/** Types address and code into the popup; leaves the popup's page open. */
export async function pair(context, gateway) {
  const popup = await context.newPage();
  await popup.goto(POPUP);
  await popup.fill('#gateway-url', gateway.url);
  await popup.fill('#pair-code', gateway.code);
  await popup.click('#pair-button');
  return popup;
}

let revision = 1;

/** Pushes a revision of a site; its owner approves what it uses now, where the popup asks. */
export async function push(gateway, popup, site) {
  revision += 1;
  const adapter = { ...site.adapter, revision };
  gateway.say({ type: 'sites', sites: [{ ...site, adapter }] });
  const item = popup.locator(`[data-testid=site-${site.name}][data-revision="${revision}"]`);
  await item.waitFor();
  const approve = item.locator(`[data-testid=approve-${site.name}]`);
  if ((await approve.count()) === 0) return;
  await approve.click();
  await approve.waitFor({ state: 'detached' });
}

/** Gateway, pages and a paired browser; `open(query)` opens a lane. */
export async function world(change = {}) {
  const [gateway, pages] = await Promise.all([ScriptedGateway.start(), Pages.start()]);
  gateway.sites = [site(pages.origin, change)];
  const browser = await launch([pages.origin]);
  const popup = await pair(browser.context, gateway);
  await gateway.message('seats');
  return {
    gateway,
    pages,
    popup,
    context: browser.context,
    async open(query = '') {
      const page = await browser.context.newPage();
      await page.goto(`${pages.origin}/${query}`);
      const lane = await gateway.idleLane();
      return { page, lane };
    },
    async close() {
      await browser.close();
      await Promise.all([gateway.stop(), pages.stop()]);
    },
  };
}
