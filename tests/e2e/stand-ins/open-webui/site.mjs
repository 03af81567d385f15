// Socket.IO over one WebSocket as long as the page: the prompt goes by POST, tokens come as events.
//
// Script: { text, error, chunk_ms }

import { WebSocketServer } from 'ws';

import { answerTo, bodyOf, jsonOf, pieces } from '../server.mjs';

const MODELS = ['oak-instruct', 'pine-vision'];
const sockets = new Map();
let opened = 0;
let chats = 0;
let files = 0;

/** Engine.IO 4 with the default namespace of Socket.IO, as far as this page uses them. */
export function attach(standIn) {
  const server = new WebSocketServer({ noServer: true });
  standIn.server.on('upgrade', (request, socket, head) => {
    if (!request.url.startsWith('/ws/socket.io/')) return socket.destroy();
    server.handleUpgrade(request, socket, head, (ws) => {
      opened += 1;
      const sid = `s-${opened}`;
      sockets.set(sid, ws);
      ws.send(`0${JSON.stringify({ sid, upgrades: [], pingInterval: 25_000, pingTimeout: 20_000 })}`);
      ws.on('message', (data) => { if (String(data).startsWith('40')) ws.send(`40${JSON.stringify({ sid })}`); });
      ws.on('close', () => sockets.delete(sid));
    });
  });
}

export async function handle(standIn, request, response, url) {
  const json = (value, status = 200) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(value));
    return true;
  };
  if (url.pathname === '/api/models') return json({ data: MODELS.map((id) => ({ id, name: id })) });
  if (request.method === 'POST' && url.pathname === '/api/v1/files/') {
    const body = await bodyOf(request);
    files += 1;
    const id = `f-${files}`;
    standIn.journal.push({ id, file: request.headers['x-file-name'], bytes: body.length, body });
    return json({ id, status: true });
  }
  if (request.method !== 'POST' || url.pathname !== '/api/chat/completions') return false;
  const { model, messages, session_id: sid, files: sent = [], stream } = await jsonOf(request);
  // The page asks the same path for a title, without a stream.
  if (!stream) return json({ choices: [{ message: { content: 'A title' } }] });
  const turn = standIn.take(messages.at(-1).content, { model, files: sent });
  chats += 1;
  json({ status: true, task_id: `t-${chats}` });
  void deliver(sockets.get(sid), `c-${chats}`, turn);
  return true;
}

async function deliver(socket, chat, { text, error, chunk_ms }) {
  const say = (data) => socket?.send(`42${JSON.stringify(['events', { chat_id: chat, message_id: 'm-1', data }])}`);
  const completion = (data) => say({ type: 'chat:completion', data });
  for (const content of pieces(text)) {
    if (socket?.readyState !== 1) return;
    completion({ choices: [{ delta: { content } }] });
    await new Promise((resolve) => { setTimeout(resolve, chunk_ms); });
  }
  if (error) return completion({ error: { content: error } });
  completion({ done: true, content: text, title: 'A title' });
}

/** One turn as a browser relays it. */
export async function record(prompt, { origin, socket }) {
  const { ws, records, until } = socket('/ws/socket.io/?EIO=4&transport=websocket', 3);
  const opened = until((text) => text.startsWith('0'));
  const greeted = until((text) => text.startsWith('40'));
  await opened;
  ws.send('40');
  const { sid } = JSON.parse((await greeted).slice(2));
  const ended = until((text) => text.includes('"done":true') || text.includes('"error"'));
  await fetch(`${origin}/api/chat/completions`, {
    method: 'POST', body: JSON.stringify({ stream: true, session_id: sid, messages: [{ content: prompt }] }),
  });
  const failed = (await ended).includes('"error"');
  ws.terminate();
  return { records, text: failed ? undefined : answerTo(prompt) };
}
