// Measures one lane: chunks a second from the page to the gateway's socket, and how long one takes.
// Run by hand: `node tests/browser/measure.mjs`.

import { world } from './support/browser.mjs';

const COUNT = 20_000;
const here = await world();
const { gateway, pages } = here;

async function flood(query) {
  const { page, lane } = await here.open(query);
  const at = pages.answers.length;
  // The page itself does nothing with the text, so that the bridge alone is measured.
  await page.evaluate('window.show = () => {}');
  const job = gateway.give(lane, 'flood');
  const answer = await pages.answer(at);
  await gateway.message('accepted', job);
  const start = performance.now();
  for (let piece = 0; piece < COUNT; piece++) {
    answer.write(`token ${piece} `);
    if (piece % 50 === 49) await new Promise(setImmediate);
  }
  const written = performance.now() - start;
  answer.end();
  const holdsLast = ({ payload }) => payload.includes(`token ${COUNT - 1} `);
  // The page's own end follows at once: the last token is in one of the last frames.
  await gateway.until(
    () => gateway.frames.get(job)?.slice(-4).some(holdsLast),
    'the last',
    120_000,
  );
  const seconds = (performance.now() - start) / 1000;
  const frames = gateway.frames.get(job).length;
  await gateway.end(job, 60_000);
  await page.close();
  console.log(
    `${query}: ${COUNT} pieces written in ${Math.round(written)} ms, heard after ${seconds.toFixed(2)} s: ${Math.round(COUNT / seconds)} pieces/s, ${Math.round(frames / seconds)} frames/s`,
  );
}

async function latency(query) {
  const { page, lane } = await here.open(query);
  const at = pages.answers.length;
  const job = gateway.give(lane, 'slow');
  const answer = await pages.answer(at);
  await gateway.message('accepted', job);
  const delays = [];
  for (let piece = 0; piece < 300; piece++) {
    const start = performance.now();
    answer.write(`token ${piece};`);
    await gateway.until(
      () => gateway.frames.get(job)?.at(-1)?.payload.includes(`token ${piece};`),
      'a token',
    );
    delays.push(performance.now() - start);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  answer.end();
  await gateway.end(job);
  await page.close();
  delays.sort((a, b) => a - b);
  console.log(
    `${query}: server of the page to gateway, p50 ${delays[150].toFixed(2)} ms, p99 ${delays[297].toFixed(2)} ms`,
  );
}

for (const query of ['?wire=websocket', '?wire=fetch']) {
  await flood(query);
  await latency(query);
}
await here.close();
