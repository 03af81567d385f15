// What a fleet is looked at with: its processes, and what its supervisor says.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { env } from './env.mjs';
import { Program } from './program.mjs';
import { until } from './wait.mjs';

export class Fleet {
  constructor(gateway) { this.gateway = gateway; }

  /** `tabway browser start` in the foreground. */
  start(...flags) {
    return new Program(env.tabway, ['browser', 'start', ...flags, ...this.gateway.flags()]);
  }

  async json(...words) {
    const { code, stdout, stderr } = await this.gateway.cli(['browser', ...words, '--json']);
    if (code !== 0) throw new Error(`browser ${words.join(' ')}: ${code} ${stdout}${stderr}`);
    return JSON.parse(stdout);
  }

  /** The browsers that run, by name. */
  async running() {
    const { browsers } = await this.json('list');
    return Object.fromEntries(browsers.map((browser) => [browser.profile, browser]));
  }

  /** Waits until these browsers serve; `more` is asked of each. */
  ready(names, more = () => true, limit = 120_000) {
    return until(`${names} to be ready`, async () => {
      const running = await this.running();
      return names.every((name) => running[name]?.state === 'ready' && more(running[name])) && running;
    }, limit);
  }

  folder(name) { return join(this.gateway.data, 'browsers', name); }

  order(name) { return JSON.parse(readFileSync(join(this.folder(name), 'extension/order.json'), 'utf8')); }

  /** Processes of every browser of this fleet. */
  processes() { return processes().filter(({ words }) => words.some((word) => word.includes(join(this.gateway.data, 'browsers')))); }
}

/** Every process, with its words and its parent. */
function processes() {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((pid) => {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split(/[\0 ]/);
      const [, , parent] = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/\(.*\)/, 'x').split(' ').slice(1);
      return [{ pid: Number(pid), parent: Number(parent), words }];
    } catch { return []; }
  });
}

/** Processes that show pages of a browser. */
export function renderersOf(browser) {
  const all = processes();
  const below = new Set([browser]);
  for (let size = 0; size !== below.size;) {
    size = below.size;
    for (const { pid, parent } of all) if (below.has(parent)) below.add(pid);
  }
  return all.filter(({ pid, words }) =>
    below.has(pid) && words.includes('--type=renderer') && !words.includes('--extension-process')).map(({ pid }) => pid);
}
