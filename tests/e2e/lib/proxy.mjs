// A TCP proxy on loopback that can lose its connections: the network between a browser and the
// gateway.

import { connect, createServer } from 'node:net';

export class Proxy {
  #pairs = new Set();
  #server;
  #open = true;
  /** Connections made so far. */
  connections = 0;
  /** Bytes that went each way, for those who search them. */
  toServer = [];
  toClient = [];

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
    client.on('data', (bytes) => { this.toServer.push(bytes); server.write(bytes); });
    server.on('data', (bytes) => { this.toClient.push(bytes); client.write(bytes); });
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
