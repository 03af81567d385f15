// Writes docs/SITES.md from what the tests of the real sites found and from the adapters themselves.

import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';

import { env, reports } from '../lib/env.mjs';
import { FEATURES } from '../lib/features.mjs';
import { run } from '../lib/program.mjs';

const found = readdirSync(reports).map((file) => JSON.parse(readFileSync(join(reports, file), 'utf8')));
const listed = await run(env.tabway, ['adapter', 'list', '--json']);
const { adapters } = JSON.parse(listed.stdout);

const row = (cells) => `| ${cells.join(' | ')} |`;
const head = (titles) => [row(titles), row(titles.map(() => '---'))];
const ms = (value) => value.toFixed(0);
const isReal = ({ name }) => found.some(({ site }) => site === name);

/** How a feature went: passed, failed, or not there. */
const mark = (passed) => (passed === undefined ? '–' : passed ? 'yes' : 'NO');

function adapterRow(adapter) {
  const { name, title, verified, terms, official_api: official } = adapter;
  const where = verified ? `${verified.version}, ${verified.date}` : 'never run against the real site';
  const how = isReal(adapter) ? 'the real page, see below' : 'recordings and a stand-in page';
  const api = official ? ` Official API: <${official}>.` : '';
  return row([`\`${name}\``, title, where, name === 'demo' ? 'the page itself' : how, `${terms}${api}`]);
}

function featureRow({ site, browser, features }) {
  return row([`\`${site}\``, browser, ...FEATURES.map(({ key }) => mark(features[key]))]);
}

function timeRow({ site, browser, firsts }) {
  const { page, client, added, turns } = firsts;
  return row([`\`${site}\``, browser, ms(page), ms(client), added.toFixed(1), turns]);
}

const page = `# Sites

Written by \`cargo xtask sites --write\` on ${new Date().toISOString().slice(0, 10)}; not by hand. \`cargo xtask test\` runs the same tests, with fewer turns timed.

## Every adapter

${[...head(['adapter', 'page', 'ran against the real site', 'tested on', 'terms']), ...adapters.map(adapterRow)].join('\n')}

## The real pages

The programs themselves, installed from PyPI and untouched, answer through a scripted upstream, so that the right text of each answer is known. \`–\`: the page has no such thing, or its adapter does not know it yet.

${[...head(['adapter', 'browser', ...FEATURES.map(({ key }) => key)]), ...found.map(featureRow)].join('\n')}

${FEATURES.map(({ key, title }) => `- **${key}**: ${title}`).join('\n')}

## Added time to first token

Medians in milliseconds. *To the page*: from the moment when the upstream sends the first piece to the one when it stands in the page's document. *To the client*: from the same moment to the first delta of the gateway's stream. *Added*: the median of their differences, turn by turn; a tapped stream is often at the client before the page has drawn it. Taken on ${cpus().length} cores at a load of ${loadavg()[0].toFixed(0)}; every step of the bridge is slower on a busy machine.

${[...head(['adapter', 'browser', 'to the page', 'to the client', 'added', 'turns']), ...found.filter(({ firsts }) => firsts).map(timeRow)].join('\n')}
`;
writeFileSync(process.env.E2E_SITES_PAGE, page);
