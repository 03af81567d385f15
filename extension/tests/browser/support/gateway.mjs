// A scripted gateway: speaks the node protocol at the edge and writes down all that it hears.

import { randomBytes, randomUUID, webcrypto } from 'node:crypto';
import { once } from 'node:events';
import { WebSocketServer } from 'ws';
import { fileFrames } from './offers.mjs';

const KINDS = ['', 'opened', 'bytes', 'message', 'closed', 'dom', 'media', 'media_bytes'];

export class ScriptedGateway {
  /** Control messages, in order, each with the socket's number. */
  heard = [];
  /** Frames by job: { seq, kind, more, stream, payload, at }; with `more` the next goes on with it. */
  frames = new Map();
  sockets = 0;
  closes = [];
  id = `gw_${randomBytes(16).toString('hex')}`;
  code = 'TEST-CODE';
  /** The newest extension that it has. */
  carries = '0.1.0';
  /** Sites to push in the welcome. */
  sites = [];
  heartbeatMs = 20_000;
  autoAck = true;
  autoResume = true;
  /** Set by a test that compares fingerprints by itself. */
  holdPairing = false;
  #waiters = new Set();
  #pairedKeys = new Set();

  static async start() {
    const gateway = new ScriptedGateway();
    gateway.server = new WebSocketServer({ host: '127.0.0.1', port: 0, maxPayload: 1 << 24 });
    await once(gateway.server, 'listening');
    gateway.server.on('connection', (socket, request) => gateway.#connect(socket, request));
    return gateway;
  }

  get url() {
    return `http://127.0.0.1:${this.server.address().port}`;
  }

  #connect(socket, request) {
    const number = ++this.sockets;
    this.socket = socket;
    this.origin = request.headers.origin;
    const nonce = randomBytes(16).toString('base64url');
    socket.on('message', (data, binary) => {
      if (binary) return this.#frame(data);
      const message = JSON.parse(data.toString());
      this.heard.push({ ...message, socket: number, at: performance.now() });
      void this.#answer(socket, message, nonce);
      this.#poke();
    });
    socket.on('close', (code) => {
      this.closes.push(code);
      this.#poke();
    });
    this.#say(socket, { type: 'challenge', protocol: 1, gateway: this.id, nonce });
  }

  async #answer(socket, message, nonce) {
    if (message.type === 'hello') {
      this.proofHolds = await verify(message, this.id, nonce);
      const known = this.#pairedKeys.has(message.key);
      if (!this.proofHolds || (!known && message.code !== this.code)) {
        this.#say(socket, { type: 'refused', code: 'bad_code', message: 'The code is not good.' });
        return socket.close(4403);
      }
      if (!known) {
        this.fingerprint = await fingerprint(this.id, message.key);
        this.#say(socket, {
          type: 'pairing',
          fingerprint: this.forgedFingerprint ?? this.fingerprint,
        });
        if (this.holdPairing) await new Promise((resolve) => (this.acceptPairing = resolve));
        this.#pairedKeys.add(message.key);
      }
      this.#say(socket, {
        type: 'welcome',
        node: 'node_00000000000000000000000000000001',
        epoch: this.sockets,
        heartbeat_ms: this.heartbeatMs,
        version: '0.0.0',
        extension_version: this.carries,
        sites: this.sites,
      });
    } else if (message.type === 'resume' && this.autoResume) {
      for (const { job } of message.jobs) {
        const seq = this.frames.get(job)?.at(-1)?.seq ?? 0;
        this.#say(socket, { type: 'resumed', job, seq });
      }
    }
  }

  #frame(data) {
    const job = `job_${data.subarray(1, 17).toString('hex')}`;
    const seq = data.readUInt32BE(17);
    const payload = data.subarray(22);
    const frames = this.frames.get(job) ?? [];
    this.frames.set(job, frames);
    const [kind, more] = [KINDS[data[0] & 0x7f], data[0] >= 0x80];
    frames.push({ seq, kind, more, stream: data[21], payload, at: performance.now() });
    if (this.autoAck && seq % 16 === 0) this.say({ type: 'ack', job, seq });
    this.#poke();
  }

  #say(socket, message) {
    if (socket.readyState === 1) socket.send(JSON.stringify(message));
  }

  say(message) {
    this.#say(this.socket, message);
  }

  /** Sends a turn to a lane, files first; the job's id. */
  give(lane, prompt, more = {}, files = []) {
    const job = `job_${randomUUID().replaceAll('-', '')}`;
    for (const frame of fileFrames(job, files)) this.socket.send(frame);
    const order = { type: 'job', job, lane, site: 'chat', prompt, conversation: 'fresh' };
    this.say({ ...order, accept_ms: 10_000, total_ms: 60_000, settings: {}, files: [], ...more });
    return job;
  }

  /** The first value of `check` that is truthy, asked whenever something was heard. */
  until(check, words, ms = 15_000) {
    return new Promise((resolve, reject) => {
      const look = () => {
        const value = check();
        if (!value) return;
        clearTimeout(timer);
        this.#waiters.delete(look);
        resolve(value);
      };
      const timer = setTimeout(() => {
        this.#waiters.delete(look);
        const last = JSON.stringify(this.heard.slice(-6), null, 1);
        reject(new Error(`waited in vain for ${words}; last heard: ${last}`));
      }, ms);
      this.#waiters.add(look);
      look();
    });
  }

  /** The first message of a type, and of a job where one is given. */
  message(type, job, ms) {
    const fits = (one) => one.type === type && (!job || one.job === job);
    return this.until(() => this.heard.find(fits), `${type} ${job ?? ''}`, ms);
  }

  /** The end of a turn: its `done` or `failed`. */
  end(job, ms) {
    const fits = (one) => (one.type === 'done' || one.type === 'failed') && one.job === job;
    return this.until(() => this.heard.find(fits), `the end of ${job}`, ms);
  }

  /** The newest seat of the site, once it has an idle lane. */
  async idleLane(ms, count = 1) {
    const seat = await this.until(
      () => {
        const seats = this.heard.findLast(({ type }) => type === 'seats')?.seats ?? [];
        return seats.find(
          ({ lanes }) => lanes.filter(({ state }) => state === 'idle').length >= count,
        );
      },
      'an idle lane',
      ms,
    );
    return seat.lanes.find(({ state }) => state === 'idle').lane;
  }

  seatState() {
    return this.heard.findLast(({ type }) => type === 'seats')?.seats[0]?.state;
  }

  /** All bytes and messages of a job, as one text. */
  text(job) {
    const frames = (this.frames.get(job) ?? []).filter(
      ({ kind }) => kind === 'bytes' || kind === 'message',
    );
    return Buffer.concat(frames.map(({ payload }) => payload)).toString();
  }

  #poke() {
    for (const look of [...this.#waiters]) look();
  }

  async stop() {
    for (const socket of this.server.clients) socket.terminate();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

async function verify({ key, signature }, gateway, nonce) {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  const point = await webcrypto.subtle.importKey(
    'raw',
    Buffer.from(key, 'base64url'),
    algorithm,
    false,
    ['verify'],
  );
  const words = Buffer.from(`tabway node 1\n${gateway}\n${nonce}`);
  const hashed = { name: 'ECDSA', hash: 'SHA-256' };
  return webcrypto.subtle.verify(hashed, point, Buffer.from(signature, 'base64url'), words);
}

async function fingerprint(gateway, key) {
  const words = Buffer.from(`tabway fingerprint 1\n${gateway}\n${key}`);
  const bytes = Buffer.from(await webcrypto.subtle.digest('SHA-256', words)).subarray(0, 5);
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const letters = bits
    .match(/.{5}/g)
    .map((five) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[parseInt(five, 2)]);
  return `${letters.slice(0, 4).join('')}-${letters.slice(4).join('')}`;
}
