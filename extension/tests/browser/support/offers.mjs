// A page that offers models, settings, files and media, its server, and the adapter of it.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const PAGE = readFileSync(new URL('offers.html', import.meta.url), 'utf8');
/** One dot. */
export const PICTURE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
  'base64',
);
export const REPORT = 'a,b\n'.repeat(100_000);

export const sumOf = (bytes) => createHash('sha256').update(bytes).digest('hex').slice(0, 16);

export class OffersPage {
  /** What the page sent, in order. */
  asked = [];
  titles = 0;
  uploads = 0;
  uploadStatus = 200;
  /** Events of each answer, `[name, data]`; one that waits gives a promise. */
  events = [['token', { text: 'Hello' }]];

  static async start() {
    const page = new OffersPage();
    page.server = createServer((request, response) => void page.#serve(request, response));
    page.server.listen(0, '127.0.0.1');
    await once(page.server, 'listening');
    return page;
  }

  get origin() {
    return `http://127.0.0.1:${this.server.address().port}`;
  }

  async #serve(request, response) {
    const { pathname } = new URL(request.url, this.origin);
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    const body = Buffer.concat(pieces);
    const json = (value) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(value));
    };
    switch (pathname) {
      case '/ask': {
        const asked = JSON.parse(body.toString());
        if (asked.title) this.titles += 1;
        else this.asked.push(asked);
        return json({ id: this.asked.length });
      }
      case '/upload':
        this.uploads += 1;
        response.statusCode = this.uploadStatus;
        return response.end(sumOf(body));
      case '/api/models':
        return json({ data: [{ id: 'alpha-1', name: 'Alpha' }, { id: 'beta-2', name: 'Beta' }] });
      case '/picture.png':
        response.setHeader('content-type', 'image/png');
        return response.end(PICTURE);
      case '/gone.png':
        response.statusCode = 404;
        return response.end();
      case '/report.csv':
        response.setHeader('content-type', 'text/csv; charset=utf-8');
        return response.end(REPORT);
      case '/events': {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        const say = (name, data) =>
          response.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
        for (const [name, data] of await this.events) say(name, data);
        return void say('end', {});
      }
      default:
        response.setHeader('content-type', 'text/html; charset=utf-8');
        return response.end(PAGE);
    }
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

export function offersSite(origin, change = {}) {
  const at = (css) => [{ css }];
  const open = at('#settings');
  return {
    name: 'chat',
    origin,
    adapter: {
      schema: 1,
      name: 'test-offers',
      title: 'Test offers',
      revision: 1,
      terms: 'Ours.',
      page: { start: '/', proof: at('#log') },
      locators: {
        composer: at('#composer'),
        send: at('#send'),
        stop: [{ css: '#stop', visible: true }],
        answer: at('.answer'),
        model_menu: at('#model'),
        model_item: at('.portal [role=menuitemradio]'),
        model_current: at('#model'),
        file_input: at('#file'),
        attach: at('#attach'),
        drop_zone: at('#drop'),
        attach_preview: at('.preview'),
        attach_busy: at('.preview.busy'),
        attach_error: [{ css: '#refusal', visible: true }],
      },
      composer: { kind: 'textarea' },
      send: { by: ['click'], accepted: ['tap_opened', 'stop_visible'], proof_ms: 2000 },
      new_chat: 'navigate',
      signals: { done: [{ gone: 'stop' }] },
      tap: [
        {
          transport: 'fetch',
          path: '/ask',
          method: 'POST',
          purpose: 'accepted',
          body: [{ pointer: '/stream', equals: true }],
        },
        { transport: 'eventsource', path: '/events' },
        { transport: 'fetch', path: '/api/models', purpose: 'models' },
      ],
      answer: { kind: 'sse_json', text: ['/text'] },
      limits: { reopen_after: 0 },
      models: {
        names: [],
        source: { kind: 'tap', list: '/data', id: '/id', label: '/name' },
        select: { kind: 'menu' },
      },
      parameters: {
        max_tokens: { kind: 'number', at: at('#limit'), open },
        temperature: { kind: 'slider', at: at('#range'), open },
        top_p: { kind: 'slider', at: at('#slider'), open },
        stop: { kind: 'chips', at: at('#chip'), open },
        search: { kind: 'toggle', at: at('#search'), open },
        thinking: { kind: 'select', at: at('#effort'), open, values: { high: 'Deep thinking' } },
        system: { kind: 'text', at: at('#system'), open },
      },
      files: { by: ['input', 'drop', 'paste'], accept: [], max_count: 5, max_bytes: 1e8, wait_ms: 5000 },
      media: [
        { kind: 'image', at: { css: 'img' }, attribute: 'src' },
        { kind: 'file', at: { css: 'a[download]' }, attribute: 'href' },
      ],
      ...change,
    },
  };
}

const FILE = 16;

/** The frames of a job's files, as the gateway sends them before the job. */
export function* fileFrames(job, files) {
  for (const [number, bytes] of files.entries()) {
    let seq = 0;
    for (let at = 0; at < bytes.length; at += 262_144) {
      const head = Buffer.alloc(22);
      head[0] = FILE;
      Buffer.from(job.slice(4), 'hex').copy(head, 1);
      head.writeUInt32BE(++seq, 17);
      head[21] = number;
      yield Buffer.concat([head, bytes.subarray(at, at + 262_144)]);
    }
  }
}
