// Writes recordings.jsonl: every answer of the files in answers/, drawn by a real renderer in a real
// Chromium while it grows, as the extension's own block cutter reads it.
//
//     npm ci && node record.mjs            (CHROMIUM names another browser than /usr/bin/chromium)

import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';
import { build } from 'vite';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Renderers in turn; those without formulas or HTML are not given any. */
const WITH_MATH = ['react', 'react-head', 'markdown-it', 'react-complete', 'markdown-it-lines'];
const WITH_HTML = ['marked', 'marked-cursor'];
const PAGES = [...WITH_MATH, ...WITH_HTML];

/** A generator of numbers that are the same in each run. */
function random(seed) {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** How the text stands after each step: some are a few tokens, some a screen full. */
function stepsOf(text, seed) {
  const tokens = text.match(/\s*(?:[\p{L}\p{N}]{1,6}|[^\s\p{L}\p{N}])/gu) ?? [text];
  const next = random(seed);
  const wanted = Math.min(tokens.length, 10);
  const cuts = new Set(Array.from({ length: wanted }, () => Math.floor(next() * tokens.length) + 1));
  const steps = [...cuts].sort((a, b) => a - b).map((cut) => tokens.slice(0, cut).join(''));
  return [...steps.filter((step) => step !== text), text];
}

const [{ output }] = [await build({
  configFile: false,
  root: at('.'),
  logLevel: 'error',
  define: { 'process.env.NODE_ENV': '"production"', __FIREFOX__: 'false' },
  build: { write: false, minify: true, lib: { entry: at('page.mjs'), formats: ['es'], fileName: 'page' } },
})].flat();
const script = output.find(({ type }) => type === 'chunk').code;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
const page = await browser.newPage();
await page.setContent('<!doctype html><title>Recorder</title>');
await page.addScriptTag({ type: 'module', content: script });
await page.waitForFunction(() => window.ready);

/** Every answer: a line `%%% name`, then the answer up to the next such line. */
function readAnswers() {
  const files = readdirSync(at('../answers')).sort();
  return files.flatMap((file) => {
    const [, ...parts] = `\n${readFileSync(at(`../answers/${file}`), 'utf8')}`.split('\n%%% ');
    return parts.map((part) => {
      const end = part.indexOf('\n');
      return { name: part.slice(0, end), markdown: part.slice(end + 1).trimEnd() };
    });
  });
}

const answers = readAnswers();
const lines = [];
for (const [nth, { name, markdown }] of answers.entries()) {
  const html = /<\/(sub|sup|kbd)>/.test(markdown);
  const pages = html ? WITH_HTML : /\$/.test(markdown) ? WITH_MATH : PAGES;
  const drawn = pages[nth % pages.length];
  const { records, failures } = await page.evaluate(
    ([drawn, steps]) => window.record(drawn, steps), [drawn, stepsOf(markdown, nth + 1)]);
  if (failures.length > 0) throw new Error(`${name}: ${failures.join(', ')}`);
  const cursor = drawn === 'marked-cursor' ? '▍' : undefined;
  lines.push(JSON.stringify({ name, page: drawn, cursor, records: records.map(short) }));
}
await browser.close();
const text = `${lines.join('\n')}\n`;
writeFileSync(at('../recordings.jsonl'), text);
console.log(`${answers.length} answers, ${text.length} characters`);

/** A record as `[block, html, closed]`. */
function short({ block, html, closed }) {
  return [block, html, closed];
}
