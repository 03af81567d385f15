// The extension's package as tests load it: the committed one with origins granted, since a headless
// browser cannot answer the prompt. `lines.test.mjs` proves that nothing else differs.

import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { folder } from './env.mjs';

const dist = fileURLToPath(new URL('../../../extension/dist/', import.meta.url));

export const packageFolder = (browser) => join(dist, browser);

export const chromiumId = () => readFileSync(join(dist, 'chromium-id.txt'), 'utf8').trim();

/** A copy that holds these origins' permission. */
export function grantedCopy(browser, origins) {
  const copy = folder('extension');
  cpSync(packageFolder(browser), copy, { recursive: true });
  const file = join(copy, 'manifest.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8'));
  // A match pattern has no port: it stands for all of a host's.
  const patterns = origins.map((origin) => `${new URL(origin).protocol}//${new URL(origin).hostname}/*`);
  manifest.host_permissions = [...new Set(patterns)];
  writeFileSync(file, JSON.stringify(manifest, null, 2));
  return copy;
}
