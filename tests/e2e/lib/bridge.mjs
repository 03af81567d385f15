// A gateway with paired browsers whose tabs show the demo page.

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
  static async start({ Browser = Chromium, nodes = 1, lanes = 1, config = () => '', via = (gateway) => gateway.url } = {}) {
    const bridge = new Bridge();
    try {
      bridge.gateway = await Gateway.start((url) => demoSite(url) + config(url));
      for (let node = 0; node < nodes; node += 1) {
        const browser = await Browser.start();
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

/** Pairs a browser through its popup, as a person would: the fingerprint is compared. */
export async function pair(gateway, browser, address = gateway.url) {
  const { id, code } = await gateway.api('pairings', { method: 'POST', body: '{}' });
  const popup = await browser.popup();
  await typeCode(browser, popup, address, code);
  const theirs = await fingerprintOf(browser, popup);
  const { fingerprint } = await gateway.api(`pairings/${id}?seen=waiting&wait_ms=10000`);
  if (theirs !== fingerprint) throw new Error(`the popup shows ${theirs}, the gateway ${fingerprint}`);
  await gateway.api(`pairings/${id}/accept`, { method: 'POST', body: JSON.stringify({ fingerprint }) });
  await pairedIn(browser, popup);
  await browser.close(popup);
}

/** Types address and code into a popup and presses Pair. */
export async function typeCode(browser, popup, address, code) {
  await until('the popup to be there', () => browser.evaluate(popup, "!!document.querySelector('#pair-button')"));
  await browser.evaluate(popup, `(() => {
    document.querySelector('#gateway-url').value = ${JSON.stringify(address)};
    document.querySelector('#pair-code').value = ${JSON.stringify(code)};
    document.querySelector('#pair-button').click();
  })()`);
}

export const fingerprintOf = (browser, popup) => until('the popup to show a fingerprint',
  () => browser.evaluate(popup, "document.querySelector('#fingerprint').textContent"));

export const pairedIn = (browser, popup) => until('the popup to be connected',
  () => browser.evaluate(popup, "document.querySelector('#pair-state').dataset.state === 'connected'"));
