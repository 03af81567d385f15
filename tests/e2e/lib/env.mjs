// What `cargo xtask test` hands over.

import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

function need(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run these tests by \`cargo xtask test --only e2e\``);
  return value;
}

export const env = {
  get chromium() { return need('TABWAY_CHROMIUM'); },
  get firefox() { return need('E2E_FIREFOX'); },
  get python() { return need('E2E_PYTHON'); },
  get tabway() { return join(need('E2E_PROGRAMS'), 'tabway'); },
  get mockUpstream() { return join(need('E2E_PROGRAMS'), 'mock-upstream'); },
  /** A real site: where it is open, where it asks for a sign-in, its scripted upstream's API. */
  site(name) {
    const prefix = `E2E_${name.toUpperCase()}`;
    return { origin: need(prefix), signIn: need(`${prefix}_SIGN_IN`), upstream: need(`${prefix}_UPSTREAM`) };
  },
};

/** What the tests of the real sites found is written to this folder, where somebody asks for it. */
export const reports = process.env.E2E_SITE_REPORTS;

/** Whether a real site is to be tried in this run; all are where nobody chose. */
export const isWanted = (site) => (process.env.E2E_SITES ?? site).split(' ').includes(site);

/** Turns of which the added time to first token is the median. */
export const timedTurns = Number(process.env.E2E_TIMED_TURNS ?? 5);

/** Pictures of a run go here, for a person to look at. */
export const pictures = process.env.E2E_PICTURES;

export const isRoot = process.getuid?.() === 0;

/** A fresh folder. */
export function folder(name) {
  return mkdtempSync(join(tmpdir(), `tabway-e2e-${name}-`));
}

/** A port of loopback that is free now. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
