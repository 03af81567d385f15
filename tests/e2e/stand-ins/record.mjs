// Writes a stand-in's answers as recordings in the format of docs/ADAPTERS.md:
//
//     node stand-ins/record.mjs librechat turn '{"reasoning":"..."}'
//
// What a browser would relay of the answer's stream, from the stand-in's own server.

import { writeFileSync } from 'node:fs';

import { WebSocket } from 'ws';

import { StandIn } from './server.mjs';

const [name, title, script = '{}'] = process.argv.slice(2);
const PROMPT = 'Höre: two `words` & 漢字 🦀';
const folder = new URL(`../../../adapters/${name}.fixtures/`, import.meta.url);

const standIn = await StandIn.start(name);
standIn.script({ chunk_ms: 2, ...JSON.parse(script) });
const { records, text } = await standIn.site.record(PROMPT, { origin: standIn.origin, follow, socket });
await standIn.stop();
const lines = records.map((record) => `${JSON.stringify(record)}\n`).join('');
writeFileSync(new URL(`${title}.records.jsonl`, folder), lines);
if (text !== undefined) writeFileSync(new URL(`${title}.answer.md`, folder), `${text}\n`);

/** The records of one tapped body. `tap` is its place in the adapter. */
async function follow(response, tap, stream = 1) {
  const records = [{ kind: 'opened', stream, tap, status: response.status }];
  const decoder = new TextDecoder();
  for await (const chunk of response.body) {
    records.push({ kind: 'bytes', stream, text: decoder.decode(chunk, { stream: true }) });
  }
  return [...records, { kind: 'closed', stream, failed: false }];
}

/** A standing WebSocket: its messages as records, from its beginning. */
function socket(path, tap, stream = 1) {
  const records = [{ kind: 'opened', stream, tap, status: 0 }];
  const ws = new WebSocket(`${standIn.origin.replace('http', 'ws')}${path}`);
  const heard = [];
  ws.on('message', (data) => {
    records.push({ kind: 'message', stream, text: String(data) });
    for (const listen of heard) listen(String(data));
  });
  const until = (fits) => new Promise((resolve) => {
    heard.push((text) => { if (fits(text)) resolve(text); });
  });
  return { ws, records, until };
}
