// Makes a copy of the Chromium package for tests: `node scripts/derive-test-copy.mjs OUT ORIGIN...`.
// Headless browsers cannot answer the permission prompt, so the copy's manifest gets one more key,
//   "host_permissions": ["http://127.0.0.1:7860/*", ...]   (each origin with "/*" behind it)
// and that is the only difference; every other file is the same byte for byte.

import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Copies `from` to `to`, granting `origins`. */
export function deriveTestCopy(from, to, origins) {
  cpSync(from, to, { recursive: true });
  const path = join(to, 'manifest.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8'));
  manifest.host_permissions = origins.map((origin) => `${origin}/*`);
  writeFileSync(path, `${JSON.stringify(manifest, null, 2)}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [out, ...origins] = process.argv.slice(2);
  if (!out || origins.length === 0) {
    console.error('usage: node scripts/derive-test-copy.mjs OUT ORIGIN...');
    process.exitCode = 2;
  } else {
    deriveTestCopy(fileURLToPath(new URL('../dist/chromium', import.meta.url)), out, origins);
  }
}
