// Small chat pages to drive, each transport and each kind of composer by query:
//   /?wire=fetch|xhr|eventsource|websocket|two_stage&composer=textarea|tracked|editable
// `window.control` lets a test decide what the answer is and when each piece of it comes.

import { createServer } from 'node:http';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { WebSocketServer } from 'ws';

const PAGE = readFileSync(new URL('chat.html', import.meta.url), 'utf8');

export class Pages {
  /** Prompts that the page sent, in order. */
  prompts = [];
  /** Answers being written: each has `write(text)` and `end()`. */
  answers = [];
  /** Streams that the page let go before their end. */
  aborted = 0;
  status = 200;
  #waiters = new Set();
  #sockets = new Set();

  static async start() {
    const pages = new Pages();
    pages.server = createServer((request, response) => pages.#serve(request, response));
    const sockets = new WebSocketServer({ server: pages.server });
    sockets.on('connection', (socket) => pages.#socket(socket));
    pages.server.listen(0, '127.0.0.1');
    await once(pages.server, 'listening');
    return pages;
  }

  get origin() {
    return `http://127.0.0.1:${this.server.address().port}`;
  }

  #serve(request, response) {
    const url = new URL(request.url, this.origin);
    if (url.pathname === '/send') return void this.#send(request, response);
    if (url.pathname === '/events') {
      if (url.searchParams.has('prompt')) this.#take(url.searchParams.get('prompt'));
      return this.#stream(request, response);
    }
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(PAGE);
  }

  async #send(request, response) {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    const { prompt, stream } = JSON.parse(Buffer.concat(pieces).toString());
    this.#take(prompt);
    if (stream) return this.#stream(request, response);
    response.setHeader('content-type', 'application/json');
    response.end('{"event":"queued"}');
  }

  #stream(request, response) {
    response.writeHead(this.status, { 'content-type': 'text/event-stream; charset=utf-8' });
    response.flushHeaders();
    let over = false;
    response.on('close', () => {
      if (!over) this.aborted += 1;
      this.#poke();
    });
    this.#answer({
      write: (text) => response.write(`data: ${JSON.stringify({ text })}\n\n`),
      raw: (bytes) => response.write(bytes),
      end: () => {
        over = true;
        response.end('data: [DONE]\n\n');
      },
    });
  }

  #socket(socket) {
    this.#sockets.add(socket);
    socket.on('message', (data) => {
      const message = JSON.parse(data.toString());
      if (message.stop) return (this.aborted += 1);
      this.#take(message.prompt);
      this.#answer({
        write: (text) => socket.send(JSON.stringify({ text })),
        end: () => socket.send(JSON.stringify({ done: true })),
      });
    });
  }

  #take(prompt) {
    this.prompts.push(prompt);
    this.#poke();
  }

  #answer(answer) {
    this.answers.push(answer);
    this.#poke();
  }

  /** The answer to the nth prompt, from 0, once the page waits for it. */
  answer(at) {
    return this.until(() => this.answers[at], `stream ${at}`);
  }

  until(check, words, ms = 15_000) {
    return new Promise((resolve, reject) => {
      const look = () => {
        const value = check();
        if (!value) return;
        clearTimeout(timer);
        this.#waiters.delete(look);
        resolve(value);
      };
      const timer = setTimeout(() => reject(new Error(`waited in vain for ${words}`)), ms);
      this.#waiters.add(look);
      look();
    });
  }

  #poke() {
    for (const look of [...this.#waiters]) look();
  }

  async stop() {
    this.server.closeAllConnections();
    for (const socket of this.#sockets) socket.terminate();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
