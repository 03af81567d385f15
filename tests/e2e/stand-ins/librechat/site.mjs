// A POST that answers at once with the stream's id; a subscription, by XMLHttpRequest, that delivers.
//
// Script: { text, reasoning, error, busy (503 on the POST), chunk_ms }

import { jsonOf, pieces, writePieces } from '../server.mjs';

const waiting = new Map();
/** Turns of each conversation, oldest first: the model is given them with the next prompt. */
const chats = new Map();
let streams = 0;

export async function handle(standIn, request, response, url) {
  if (request.method === 'POST' && url.pathname === '/api/agents/chat/agents') {
    const { text, model, conversationId } = await jsonOf(request);
    const chat = chats.get(conversationId) ?? [];
    const turn = standIn.take(text, { model }, chat);
    if (turn.busy) {
      response.writeHead(503, { 'content-type': 'application/json', 'retry-after': '1' });
      response.end(JSON.stringify({ code: 'SERVER_NOT_READY' }));
      return true;
    }
    streams += 1;
    const streamId = `stream-${streams}`;
    const conversation = chats.has(conversationId) ? conversationId : `c-${streams}`;
    chats.set(conversation, [...chat, { prompt: text, answer: turn.text }]);
    waiting.set(streamId, turn);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ streamId, conversationId: conversation, status: 'started' }));
    return true;
  }
  if (request.method === 'POST' && url.pathname === '/api/agents/chat/abort') {
    response.writeHead(200).end('{}');
    return true;
  }
  const turn = waiting.get(url.pathname.replace('/api/agents/chat/stream/', ''));
  if (!turn) return false;
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  await writePieces(response, events(turn), turn.chunk_ms);
  response.end();
  return true;
}

function events({ text, reasoning, error }) {
  const message = (data) => `event: message\ndata: ${JSON.stringify(data)}\n\n`;
  const delta = (event, content) => message({ event, data: { id: 'step_1', delta: { content: [content] } } });
  const out = [message({ created: true, message: { messageId: 'm-1', sender: 'User' } })];
  out.push(message({ event: 'on_run_step', data: { id: 'step_1', type: 'message_creation' } }));
  for (const think of reasoning ? pieces(reasoning) : []) {
    out.push(delta('on_reasoning_delta', { type: 'think', think }));
  }
  for (const piece of pieces(text)) {
    out.push(delta('on_message_delta', { type: 'text', text: piece }));
  }
  if (error) return [...out, `event: error\ndata: ${JSON.stringify({ error: true, text: error })}\n\n`];
  const responseMessage = { messageId: 'm-2', content: [{ type: 'text', text }] };
  return [...out, message({ final: true, conversation: { conversationId: 'c-1' }, responseMessage })];
}

/** One turn as a browser relays it. */
export async function record(prompt, { origin, follow }) {
  const headers = { 'content-type': 'application/json' };
  const asked = await fetch(`${origin}/api/agents/chat/agents`, {
    method: 'POST', headers, body: JSON.stringify({ text: prompt }),
  });
  const { streamId } = await asked.json();
  const turn = waiting.get(streamId);
  const records = await follow(await fetch(`${origin}/api/agents/chat/stream/${streamId}`), 2);
  return { records, text: turn.error ? undefined : turn.text };
}
