// A real site in a real browser, paired with a gateway: one for each site and browser, shared by its
// tests, which run one after the other.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { pair, seatsOf } from './bridge.mjs';
import { env, reports } from './env.mjs';
import { firstsIn } from './firsts.mjs';
import { Gateway } from './gateway.mjs';
import { Mock } from './mock.mjs';
import { until } from './wait.mjs';

const site = (name, adapter, origin) => `[[sites]]\nname = "${name}"\nadapter = "${adapter}"\norigin = "${origin}"\n\n`;

export class RealSite {
  /** What was found, for docs/SITES.md. */
  found = { features: {} };

  /** Starts gateway and browser, and opens the page. `answer` is a selector of the page's answers. */
  static async start(name, Browser, { answer }) {
    const real = new RealSite();
    real.name = name;
    real.model = `${name}/default`;
    const { origin, signIn, upstream } = env.site(name);
    real.signIn = signIn;
    real.upstream = new Mock(upstream);
    try {
      real.gateway = await Gateway.start(() => site(name, name, origin) + site('guarded', name, signIn));
      real.browser = await Browser.start();
      Object.assign(real.found, { site: name, browser: real.browser.version });
      await real.browser.inEveryPage(firstsIn(answer));
      await pair(real.gateway, real.browser);
      real.page = await real.browser.open(origin);
      await real.ready();
      return real;
    } catch (error) {
      await real.stop();
      throw error;
    }
  }

  /** Waits until the page can be typed into. */
  ready(name = this.name) {
    return until(`${name} to be ready`, async () => {
      const lanes = (await seatsOf(this.gateway, name)).flatMap((seat) => seat.lanes);
      return lanes.some((lane) => lane.state === 'idle');
    }, 60_000);
  }

  /** Runs a feature's test and remembers whether it passed. */
  async feature(name, run) {
    this.found.features[name] = false;
    await run();
    this.found.features[name] = true;
  }

  /** Where somebody asked for a report, it says what this site did in this browser. */
  report() {
    if (!reports) return;
    mkdirSync(reports, { recursive: true });
    const file = join(reports, `${this.name}-${this.found.browser}.json`);
    writeFileSync(file, JSON.stringify(this.found, null, 2));
  }

  async stop() {
    await this.browser?.stop();
    await this.gateway?.stop();
  }
}
