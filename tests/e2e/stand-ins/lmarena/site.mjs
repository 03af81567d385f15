// Lines with prefixes: `a` and `b` are the sides, `0` text, `g` reasoning, `2` pictures or a heartbeat,
// `3` an error, `d` the end.
//
// Script: { text, other (side B's text), reasoning, image, error, status, chunk_ms }

import { answerTo, jsonOf, pieces, writePieces } from '../server.mjs';

export async function handle(standIn, request, response, url) {
  if (request.method !== 'POST' || !url.pathname.startsWith('/nextjs-api/stream/')) return false;
  const { mode, modelAId, modelBId, userMessage } = await jsonOf(request);
  const turn = standIn.take(userMessage.content, { mode, modelAId, modelBId });
  if (turn.status) {
    response.writeHead(turn.status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error: turn.error ?? 'Too many requests. Try again in 7 minutes.' }));
    return true;
  }
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
  await writePieces(response, lines(turn, mode === 'direct' ? ['a'] : ['a', 'b']), turn.chunk_ms);
  response.end();
  return true;
}

function lines({ text, other, reasoning, image, error }, sides) {
  const line = (side, kind, value) => `${side}${kind}:${JSON.stringify(value)}\n`;
  const texts = { a: text, b: other ?? `${text} (B)` };
  const out = sides.map((side) => line(side, '2', [{ type: 'heartbeat' }]));
  if (reasoning) for (const piece of pieces(reasoning)) out.push(line('a', 'g', piece));
  const tokens = sides.map((side) => pieces(texts[side]).map((piece) => line(side, '0', piece)));
  // Both sides write at once.
  for (let at = 0; tokens.some((list) => at < list.length); at += 1) {
    out.push(...tokens.map((list) => list[at]).filter(Boolean));
  }
  if (image) out.push(line('a', '2', [{ type: 'image', image }]));
  if (error) return [...out, line('a', '3', error)];
  return [...out, ...sides.map((side) => line(side, 'd', { finishReason: 'stop', usage: {} }))];
}

/** One turn as a browser relays it. */
export async function record(prompt, { origin, follow }, mode = 'direct') {
  const body = JSON.stringify({ mode, userMessage: { content: prompt } });
  const response = await fetch(`${origin}/nextjs-api/stream/create-evaluation`, { method: 'POST', body });
  return { records: await follow(response, 0), text: response.ok ? answerTo(prompt) : undefined };
}
