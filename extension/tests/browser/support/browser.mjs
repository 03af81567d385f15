// A browser with the extension, paired by way of its popup; the same in Chromium and in Firefox.

import { describe } from 'node:test';
import { site } from './adapter.mjs';
import { Chromium } from './chromium.mjs';
import { Firefox } from './firefox.mjs';
import { ScriptedGateway } from './gateway.mjs';
import { Pages } from './pages.mjs';

const BROWSERS = [Chromium, Firefox];

/** The same tests in each browser, in both at once: much of their time is waiting. */
export function inEachBrowser(title, body) {
  describe(title, { concurrency: BROWSERS.length }, () => {
    for (const Browser of BROWSERS) {
      describe(`in ${Browser.title}`, { concurrency: 1, skip: Browser.skip }, () => body(Browser));
    }
  });
}

/** Types address and code into the popup; leaves the popup's page open. */
export async function pair(context, gateway, Browser = Chromium) {
  const popup = await context.newPage();
  await popup.goto(Browser.popup);
  await popup.waitForFunction(() => !!document.getElementById('pair-button'));
  await popup.evaluate(
    ([url, code]) => {
      document.getElementById('gateway-url').value = url;
      document.getElementById('pair-code').value = code;
      document.getElementById('pair-button').click();
    },
    [gateway.url, gateway.code],
  );
  return popup;
}

let revision = 1;

/** Pushes a revision of a site; its owner approves what it uses now, where the popup asks. */
export async function push(gateway, popup, site) {
  revision += 1;
  const adapter = { ...site.adapter, revision };
  gateway.say({ type: 'sites', sites: [{ ...site, adapter }] });
  const item = `[data-testid=site-${site.name}][data-revision="${revision}"]`;
  await popup.waitForFunction((css) => !!document.querySelector(css), item);
  await approve(popup, `${item} [data-testid=approve-${site.name}]`);
}

/** Presses a button that asks for approval, where there is one, until it is gone. */
export async function approve(popup, button) {
  const press = (css) => document.querySelector(css)?.click();
  await popup.evaluate(press, button);
  await popup.waitForFunction((css) => !document.querySelector(css), button);
}

/** Gateway, pages and a paired browser; `open(query)` opens a lane. */
export async function world(change = {}, Browser = Chromium) {
  const [gateway, pages] = await Promise.all([ScriptedGateway.start(), Pages.start()]);
  gateway.sites = [site(pages.origin, change)];
  const browser = await Browser.launch([pages.origin]);
  const popup = await pair(browser.context, gateway, Browser);
  await gateway.message('seats', undefined, 30_000);
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
