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
  /** Base URL of the scripted upstream behind the real sites. */
  get siteUpstream() { return need('E2E_SITE_UPSTREAM'); },
  get gradio() { return need('E2E_GRADIO'); },
  get chainlit() { return need('E2E_CHAINLIT'); },
};

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
