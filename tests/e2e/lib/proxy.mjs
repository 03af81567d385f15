// A TCP proxy on loopback that can lose its connections: the network between a browser and the
// gateway.

import { connect, createServer } from 'node:net';

export class Proxy {
  #pairs = new Set();
  #server;
  #open = true;
  /** Connections made so far. */
  connections = 0;
  /** What each connection's client sent, for those who search it. */
  fromClients = [];

  static async start(targetPort) {
    const proxy = new Proxy();
    proxy.#server = createServer((client) => proxy.#join(client, targetPort));
    await new Promise((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    proxy.port = proxy.#server.address().port;
    proxy.url = `http://127.0.0.1:${proxy.port}`;
    return proxy;
  }

  #join(client, port) {
    if (!this.#open) return client.resetAndDestroy();
    this.connections += 1;
    const server = connect(port, '127.0.0.1');
    const pair = [client, server];
    this.#pairs.add(pair);
    const part = () => {
      this.#pairs.delete(pair);
      for (const end of pair) end.destroy();
    };
    for (const end of pair) end.on('error', part).on('close', part);
    const sent = [];
    this.fromClients.push(sent);
    client.on('data', (bytes) => { sent.push(bytes); server.write(bytes); });
    server.on('data', (bytes) => client.write(bytes));
  }

  /** Resets every connection and refuses new ones. */
  cut() {
    this.#open = false;
    for (const pair of [...this.#pairs]) for (const end of pair) end.resetAndDestroy();
  }

  /** Lets connections in again. */
  mend() { this.#open = true; }

  /** How many connections are open. */
  get open() { return this.#pairs.size; }

  async stop() {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** What clients said through a proxy: their requests, and the payload of each WebSocket frame, which
 * clients mask (RFC 6455, 5.2). */
export function framesToServer(proxy) {
  return Buffer.concat(proxy.fromClients.flatMap((sent) => {
    const bytes = Buffer.concat(sent);
    const head = bytes.indexOf('\r\n\r\n') + 4;
    return [bytes.subarray(0, head), ...unmasked(bytes.subarray(head))];
  }));
}

function* unmasked(bytes) {
  let at = 0;
  while (at + 6 <= bytes.length) {
    let length = bytes[at + 1] & 0x7f;
    at += 2;
    if (length === 126) [length, at] = [bytes.readUInt16BE(at), at + 2];
    else if (length === 127) [length, at] = [Number(bytes.readBigUInt64BE(at)), at + 8];
    const mask = bytes.subarray(at, at + 4);
    const payload = Buffer.from(bytes.subarray(at + 4, at + 4 + length));
    for (let n = 0; n < payload.length; n += 1) payload[n] ^= mask[n % 4];
    yield payload;
    at += 4 + length;
  }
}
