// Builds both packages from one source: `node scripts/build.mjs [OUT]`. Nothing in the output
// depends on the machine or the time, so that two builds are equal byte for byte.

import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { archive } from './archive.mjs';
import { chromium, chromiumId, firefox } from './manifest.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = resolve(process.argv[2] ?? join(root, 'dist'));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const ENTRIES = {
  background: 'src/background/main.ts',
  tap: 'src/tap/main.ts',
  runner: 'src/runner/main.ts',
  popup: 'src/popup/popup.ts',
};

/** One classic script a part: content scripts know no modules, and readers one file each. */
async function script(name, target) {
  await build({
    configFile: false,
    root,
    logLevel: 'warn',
    publicDir: false,
    define: { __FIREFOX__: String(target === 'firefox'), __VERSION__: JSON.stringify(version) },
    build: {
      outDir: join(out, target),
      emptyOutDir: false,
      target: 'es2022',
      // What runs in a person's browser can be read there.
      minify: false,
      modulePreload: false,
      rolldownOptions: {
        input: join(root, ENTRIES[name]),
        output: { format: 'iife', entryFileNames: `${name}.js`, name: undefined },
      },
    },
  });
}

async function pack(target, manifest) {
  const folder = join(out, target);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'icons'), { recursive: true });
  for (const name of Object.keys(ENTRIES)) await script(name, target);
  for (const size of [16, 32, 48, 128]) {
    cpSync(join(root, `icons/${size}.png`), join(folder, `icons/${size}.png`));
  }
  cpSync(join(root, 'src/popup/popup.html'), join(folder, 'popup.html'));
  cpSync(join(root, 'src/popup/popup.css'), join(folder, 'popup.css'));
  // A Chromium that `tabway browser` starts has another one in its own copy.
  if (target === 'chromium') writeFileSync(join(folder, 'order.json'), 'null\n');
  writeFileSync(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** Every file that a build reads, sorted, relative to the extension's folder. */
function sources() {
  const files = ['package.json', 'package-lock.json'];
  for (const folder of ['src', 'icons', 'scripts']) {
    for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) files.push(relative(root, join(entry.parentPath, entry.name)));
    }
  }
  return files.map((file) => file.replaceAll('\\', '/')).sort((a, b) => (a < b ? -1 : 1));
}

/** Lines as `sha256sum` writes them: tests without Node compare them. */
function sums(named) {
  const line = ([name, bytes]) =>
    `${createHash('sha256').update(bytes).digest('hex')}  ${name}\n`;
  return named.map(line).join('');
}

await pack('chromium', chromium());
await pack('firefox', firefox());
writeFileSync(join(out, 'chromium-id.txt'), `${chromiumId()}\n`);
const read = sources().map((file) => [file, readFileSync(join(root, file))]);
writeFileSync(join(out, 'SOURCES.sha256'), sums(read));
const packages = [
  ['chromium.zip', archive(join(out, 'chromium'))],
  ['firefox.xpi', archive(join(out, 'firefox'))],
];
// The packages themselves are made by the gateway, from the same files to the same bytes.
writeFileSync(join(out, 'PACKAGES.sha256'), sums(packages));
