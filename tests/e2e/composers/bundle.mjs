// One script of a composer, for a page.

import { fileURLToPath } from 'node:url';

import { build } from 'vite';

/** The composers by name. */
export const COMPOSERS = ['react', 'prosemirror', 'tiptap', 'lexical', 'quill', 'plain'];

const built = new Map();

/** The module `NAME.js` with all that it needs, built once. */
export function bundle(name) {
  if (!COMPOSERS.includes(name)) throw new Error(`no composer is named ${name}`);
  if (!built.has(name)) built.set(name, made(name));
  return built.get(name);
}

async function made(name) {
  const entry = fileURLToPath(new URL(`./${name}.js`, import.meta.url));
  const [{ output }] = [await build({
    configFile: false,
    logLevel: 'error',
    define: { 'process.env.NODE_ENV': '"production"' },
    build: { write: false, minify: true, lib: { entry, formats: ['es'], fileName: name } },
  })].flat();
  return output.find(({ type }) => type === 'chunk').code;
}
