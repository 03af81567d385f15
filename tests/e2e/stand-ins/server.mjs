// Serves one stand-in page with its own API on a free port of loopback.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname } from 'node:path';

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

import { COMPOSERS, bundle } from '../composers/bundle.mjs';

/** What every stand-in answers to a prompt. */
export const answerTo = (prompt) => `You said: «${prompt}» and that is all.`;

/** An answer in pieces, as a model's tokens come. */
export const pieces = (text) => text.match(/\s*\S{1,7}/g) ?? [];

export class StandIn {
  /** Prompts as they arrived, oldest first. */
  journal = [];
  /** How the next turns are answered, oldest first: see each `site.mjs`. */
  scripts = [];
  /** Writes the answer to a prompt; what every stand-in answers, where a test gives none. */
  model = answerTo;
  /** What the page shows instead of a chat: `signed_out`, `challenge`, `consent`, `maintenance`. */
  state = '';

  static async start(name) {
    const standIn = new StandIn();
    standIn.folder = new URL(`./${name}/`, import.meta.url);
    standIn.site = await import(new URL('site.mjs', standIn.folder).href);
    standIn.server = createServer((request, response) => {
      standIn.answer(request, response).catch((error) => {
        response.writeHead(500).end(String(error));
      });
    });
    standIn.site.attach?.(standIn);
    await new Promise((resolve) => standIn.server.listen(0, '127.0.0.1', resolve));
    standIn.origin = `http://127.0.0.1:${standIn.server.address().port}`;
    return standIn;
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** The next turns are answered like this, in order. */
  script(...behaviours) {
    this.scripts.push(...behaviours);
  }

  /** Notes a prompt and says how to answer it, after the turns of its chat before it. */
  take(prompt, more = {}, chat = []) {
    this.journal.push({ prompt, ...more });
    return { chunk_ms: 10, text: this.model(prompt, chat), ...this.scripts.shift() };
  }

  async answer(request, response) {
    const url = new URL(request.url, this.origin);
    if (await this.site.handle(this, request, response, url)) return;
    const name = url.pathname.startsWith('/assets/') ? url.pathname.slice('/assets/'.length) : 'page.html';
    if (!/^[a-z-]+\.(html|js|css)$/.test(name)) return response.writeHead(404).end();
    let body;
    try {
      const composer = name.replace(/\.js$/, '');
      const own = !COMPOSERS.includes(composer);
      body = own ? await readFile(new URL(name, this.folder)) : await bundle(composer);
    } catch {
      return response.writeHead(404).end();
    }
    response.writeHead(200, { 'content-type': `${TYPES[extname(name)]}; charset=utf-8` });
    if (name !== 'page.html') return response.end(body);
    response.end(String(body).replace('<body', `<body data-state="${this.state}"`));
  }
}

/** The whole body of a request. */
export async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The body as JSON. */
export const jsonOf = async (request) => JSON.parse(String(await bodyOf(request)));

/** Writes pieces with pauses between them, until the reader goes. */
export async function writePieces(response, list, ms) {
  for (const piece of list) {
    if (response.destroyed) return false;
    response.write(piece);
    if (ms > 0) await new Promise((resolve) => { setTimeout(resolve, ms); });
  }
  return !response.destroyed;
}
