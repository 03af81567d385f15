// When the first word of an answer is where: leaving the upstream, on the page, at the client.
// The upstream writes the time into each piece (`@` and microseconds since 1970), so that the three
// are told of the same piece by clocks of the same machine.

import { ask, collect } from './gateway.mjs';
import { until } from './wait.mjs';

const STAMP = '@(\\d{16})';

/** A script for pages: keeps when the first stamp of each answer appeared. */
export const firstsIn = (answer) => `
  window.firstsSeen = {};
  new MutationObserver(() => {
    const last = [...document.querySelectorAll(${JSON.stringify(answer)})].at(-1);
    const stamp = /${STAMP}/.exec(last?.textContent ?? '')?.[1];
    if (stamp) window.firstsSeen[stamp] ??= Date.now();
  }).observe(document, { subtree: true, childList: true, characterData: true });
`;

/** One turn: milliseconds from the upstream to the page and to the client. */
async function oneTurn(real) {
  await real.ready();
  await real.upstream.script({ stamped: true, chunk_ms: 30 });
  const stream = await real.gateway.client().chat.completions
    .create(ask(real.model, 'one two three four five six', { stream: true }));
  const { text, firstAt } = await collect(stream);
  const stamp = new RegExp(STAMP).exec(text)?.[1];
  const onPage = await until('the page to have shown it',
    () => real.browser.evaluate(real.page, `window.firstsSeen[${JSON.stringify(stamp)}]`));
  const left = Number(stamp) / 1000;
  return { page: onPage - left, client: performance.timeOrigin + firstAt - left };
}

/** Medians of several turns; `added` is what the bridge adds to the page's own time. */
export async function timeFirsts(real, turns) {
  const seen = [];
  for (let turn = 0; turn < turns; turn += 1) seen.push(await oneTurn(real));
  return {
    turns,
    page: median(seen.map(({ page }) => page)),
    client: median(seen.map(({ client }) => client)),
    added: median(seen.map(({ page, client }) => client - page)),
  };
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
