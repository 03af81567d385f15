// A gateway with paired browsers whose tabs show the demo page.

import { chromiumId } from './extension.mjs';
import { Chromium } from './chromium.mjs';
import { Gateway } from './gateway.mjs';
import { until } from './wait.mjs';

/** The demo page of the gateway itself, as a site. */
export const demoSite = (origin, name = 'demo') =>
  `[[sites]]\nname = "${name}"\nadapter = "demo"\norigin = "${origin}"\n\n`;

export class Bridge {
  browsers = [];
  pages = [];

  /** `nodes` browsers with `lanes` tabs each. */
  static async start({ nodes = 1, lanes = 1, config = () => '', via = (gateway) => gateway.url } = {}) {
    const bridge = new Bridge();
    try {
      bridge.gateway = await Gateway.start((url) => demoSite(url) + config(url));
      for (let node = 0; node < nodes; node += 1) {
        const browser = await Chromium.start();
        bridge.browsers.push(browser);
        await pair(bridge.gateway, browser, await via(bridge.gateway));
        for (let lane = 0; lane < lanes; lane += 1) bridge.pages.push(await bridge.tab(browser));
      }
      await bridge.ready(nodes * lanes);
      return bridge;
    } catch (error) {
      await bridge.stop();
      throw error;
    }
  }

  get browser() { return this.browsers[0]; }
  get page() { return this.pages[0]; }

  /** A tab with the demo page. */
  tab(browser = this.browser, query = '') { return browser.open(`${this.gateway.url}/demo/${query}`); }

  /** Waits until so many tabs of a site can be typed into. */
  ready(count = 1, site = 'demo', limit = 30_000) {
    return until(`${count} idle lanes of ${site}`, async () => (await lanesOf(this.gateway, site)).idle >= count, limit);
  }

  /** How many tabs of a site are idle, and how many there are. */
  lanes(site = 'demo') { return lanesOf(this.gateway, site); }

  /** Waits until the seat shows this state. */
  shows(state, site = 'demo', limit = 15_000) {
    return until(`the seat to be ${state}`, async () => (await seatsOf(this.gateway, site)).some((seat) => seat.state === state), limit);
  }

  async stop() {
    await Promise.allSettled(this.browsers.map((browser) => browser.stop()));
    await this.gateway?.stop();
  }
}

/** What the gateway says of a site's seats. */
export async function seatsOf(gateway, site) {
  const { nodes } = await gateway.api('nodes');
  return nodes.flatMap((node) => node.seats ?? []).filter((seat) => seat.site === site);
}

async function lanesOf(gateway, site) {
  const lanes = (await seatsOf(gateway, site)).flatMap((seat) => seat.lanes);
  return { all: lanes.length, idle: lanes.filter((lane) => lane.state === 'idle').length };
}

/** Pairs a Chromium through its popup, as a person would: the fingerprint is compared. */
export async function pair(gateway, browser, address = gateway.url) {
  const popup = await browser.popup();
  const asked = gateway.talk(['node', 'pair']);
  try {
    const [, code] = await asked.says(CODE);
    await popup.fill('#gateway-url', address);
    await popup.fill('#pair-code', code);
    await popup.click('#pair-button');
    const theirs = await until('the popup to show a fingerprint', () => popup.textContent('#fingerprint'));
    const [, ours] = await asked.says(FINGERPRINT);
    if (theirs !== ours) throw new Error(`the popup shows ${theirs}, the gateway ${ours}`);
    asked.tell('y\n');
    await popup.waitForSelector('#pair-state[data-state=connected]');
    if (await asked.ended() !== 0) throw new Error(`node pair failed: ${asked.stdout}${asked.stderr}`);
  } finally {
    await asked.stop();
    await popup.close();
  }
}

/** What `tabway node pair` prints. */
export const CODE = /code\s+([A-Z0-9]{4}(?:-[A-Z0-9]{4})+)/i;
export const FINGERPRINT = /fingerprint\s+([A-Z2-7]{4}-[A-Z2-7]{4})/i;

export { chromiumId };
