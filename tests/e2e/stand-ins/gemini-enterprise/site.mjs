// One growing array of objects; a picture is named by its id and fetched apart.
//
// Script: { text, reasoning, image (bytes), refused, status, chunk_ms }

import { answerTo, jsonOf, pieces, writePieces } from '../server.mjs';

const images = new Map();

export async function handle(standIn, request, response, url) {
  const image = images.get(url.pathname);
  if (image) {
    response.writeHead(200, { 'content-type': 'image/png' }).end(image);
    return true;
  }
  if (request.method !== 'POST' || !url.pathname.endsWith('/locations/global/widgetStreamAssist')) return false;
  const { streamAssistRequest } = await jsonOf(request);
  const turn = standIn.take(streamAssistRequest.query.parts[0].text);
  if (turn.status) {
    response.writeHead(turn.status, { 'content-type': 'application/json' });
    response.end(JSON.stringify([{ error: { code: turn.status, status: 'RESOURCE_EXHAUSTED', message: 'Quota exceeded for today.' } }]));
    return true;
  }
  response.writeHead(200, { 'content-type': 'application/json; charset=UTF-8' });
  await writePieces(response, elements(turn), turn.chunk_ms);
  response.end();
  return true;
}

function elements({ text, reasoning, image, refused }) {
  const reply = (content, state = 'IN_PROGRESS') => ({
    uToken: 'u',
    streamAssistResponse: { answer: { state, replies: content ? [{ groundedContent: { content } }] : [] } },
  });
  if (refused) {
    return [`[${JSON.stringify({ streamAssistResponse: { answer: { state: 'SKIPPED', modelArmorViolation: { message: refused } } } })}]`];
  }
  const all = [
    ...(reasoning ? pieces(reasoning) : []).map((piece) => reply({ role: 'model', text: piece, thought: true })),
    ...pieces(text).map((piece) => reply({ role: 'model', text: piece })),
  ];
  if (image) {
    const fileId = `f${images.size + 1}`;
    images.set(`/download/${fileId}`, image);
    all.push(reply({ role: 'model', file: { fileId, mimeType: 'image/png', name: 'picture.png' } }));
  }
  all.push({ ...reply(null, 'SUCCEEDED'), sessionInfo: { session: 'sessions/1' } });
  return all.map((one, at) => `${at === 0 ? '[' : ',\r\n'}${JSON.stringify(one)}${at === all.length - 1 ? ']' : ''}`);
}

/** One turn as a browser relays it. */
export async function record(prompt, { origin, follow }) {
  const body = JSON.stringify({ streamAssistRequest: { query: { parts: [{ text: prompt }] } } });
  const path = '/v1alpha/locations/global/widgetStreamAssist';
  const response = await fetch(origin + path, { method: 'POST', body });
  return { records: await follow(response, 0), text: response.ok ? answerTo(prompt) : undefined };
}
