// A session of WebDriver BiDi: commands by id, and values as they travel in it.

import WebSocket from 'ws';

export class Bidi {
  #socket;
  #calls = new Map();
  #lastId = 0;

  static async connect(url) {
    const bidi = new Bidi();
    bidi.#socket = await new Promise((resolve, reject) => {
      const socket = new WebSocket(url);
      socket.once('open', () => resolve(socket));
      socket.once('error', reject);
    });
    bidi.#socket.on('message', (data) => bidi.#heard(JSON.parse(data)));
    bidi.#socket.on('close', () => bidi.#lost());
    bidi.#socket.on('error', () => {});
    return bidi;
  }

  call(method, params) {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject, method });
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }

  #heard({ id, type, result, error, message }) {
    const call = this.#calls.get(id);
    if (!call) return;
    this.#calls.delete(id);
    if (type === 'success') call.resolve(result);
    else call.reject(new Error(`${call.method}: ${error}: ${message}`));
  }

  #lost() {
    for (const { reject, method } of this.#calls.values()) reject(new Error(`${method}: the browser is gone`));
    this.#calls.clear();
  }

  end() { this.#socket.terminate(); }
}

/** A remote value as the value it stands for. */
export function plain({ type, value }) {
  switch (type) {
    case 'undefined': return undefined;
    case 'null': return null;
    case 'array': return value.map(plain);
    case 'object': return Object.fromEntries(value.map(([key, one]) => [key, plain(one)]));
    case 'number': return typeof value === 'string' ? Number(value) : value;
    default: return value;
  }
}
