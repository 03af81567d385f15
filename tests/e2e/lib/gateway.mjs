// `tabway serve`, the real binary, with a data folder of its own.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import OpenAI from 'openai';

import { env, folder, freePort } from './env.mjs';
import { Program, run } from './program.mjs';
import { until } from './wait.mjs';

export const KEY = 'tw-e2e-key';

export class Gateway {
  /**
   * Starts one. `config(origin)` gives what its file says beyond the address and the key; a site may
   * name the gateway's own origin, where the demo page is.
   */
  static async start(config = () => '', options = {}) {
    const gateway = new Gateway();
    gateway.port = options.port ?? (await freePort());
    gateway.url = `http://127.0.0.1:${gateway.port}`;
    gateway.data = options.data ?? folder('data');
    gateway.file = join(gateway.data, 'config.toml');
    const head = `listen = "127.0.0.1:${gateway.port}"\ndiscover = false\n\n`;
    const key = `[[keys]]\nname = "e2e"\nsecret = "${KEY}"\n\n`;
    writeFileSync(gateway.file, head + key + config(gateway.url));
    await gateway.launch();
    return gateway;
  }

  /** Starts the program; again after a stop. */
  async launch() {
    this.program = new Program(env.tabway, ['serve', ...this.flags()], {
      env: { ...process.env, TABWAY_LOG_LEVEL: 'debug' },
    });
    await until('the gateway to answer', async () => {
      if (this.program.code !== undefined) {
        throw new Error(`it ended: ${this.program.stdout}${this.program.stderr}`);
      }
      return (await fetch(`${this.url}/healthz`)).ok;
    });
  }

  flags() { return ['--config', this.file, '--data-dir', this.data]; }

  /** Runs a command of the command line against it. */
  cli(args, options) { return run(env.tabway, [...args, ...this.flags()], options); }

  get adminToken() { return readFileSync(join(this.data, 'admin-token'), 'utf8').trim(); }

  /** Asks `/api/*`. */
  async api(path, options = {}) {
    const response = await fetch(`${this.url}/api/${path}`, {
      ...options,
      headers: { authorization: `Bearer ${this.adminToken}`, 'content-type': 'application/json' },
    });
    if (!response.ok) throw new Error(`/api/${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  /** The official client. It does not try again by itself: each failure is to be seen. */
  client(options = {}) {
    return new OpenAI({ baseURL: `${this.url}/v1`, apiKey: KEY, maxRetries: 0, ...options });
  }

  /** A plain request to the chat route. */
  chat(body, { headers, ...options } = {}) {
    return fetch(`${this.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
      ...options,
    });
  }

  async stop() { await this.program.stop(); }
}

/** One user's turn. */
export const ask = (model, content, more = {}) =>
  ({ model, messages: [{ role: 'user', content }], ...more });

/** Reads a stream of the official client to its end. */
export async function collect(stream) {
  const chunks = [];
  let text = '';
  let firstAt;
  for await (const chunk of stream) {
    chunks.push(chunk);
    const delta = chunk.choices[0]?.delta?.content;
    if (delta) {
      firstAt ??= performance.now();
      text += delta;
    }
  }
  return { text, chunks, firstAt, endAt: performance.now() };
}
