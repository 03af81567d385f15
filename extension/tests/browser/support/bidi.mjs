// A session of WebDriver BiDi (<https://w3c.github.io/webdriver-bidi/>): commands by id, events by
// name, and values as they travel in it.

import { once } from 'node:events';
import { WebSocket } from 'ws';

export class Bidi {
  #last = 0;
  #open = new Map();
  #heard = new Map();

  static async connect(url) {
    const bidi = new Bidi();
    for (;;) {
      bidi.socket = new WebSocket(url);
      const opened = await once(bidi.socket, 'open').then(
        () => true,
        () => false,
      );
      if (opened) break;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    bidi.socket.on('message', (data) => bidi.#take(JSON.parse(data.toString())));
    await bidi.call('session.new', { capabilities: {} });
    return bidi;
  }

  #take({ id, method, params, result, error, message }) {
    if (method) return this.#heard.get(method)?.(params);
    const waiting = this.#open.get(id);
    this.#open.delete(id);
    if (error) waiting?.reject(new Error(`${error}: ${message}`));
    else waiting?.resolve(result);
  }

  call(method, params) {
    const id = ++this.#last;
    this.socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve, reject) => this.#open.set(id, { resolve, reject }));
  }

  /** Calls `heard` with each event of a name from now on. */
  async on(name, heard) {
    this.#heard.set(name, heard);
    await this.call('session.subscribe', { events: [name] });
  }

  async evaluate(context, expression) {
    const { result, exceptionDetails } = await this.call('script.evaluate', {
      expression,
      target: { context },
      awaitPromise: true,
      serializationOptions: { maxObjectDepth: 8 },
    });
    if (exceptionDetails) throw new Error(exceptionDetails.text);
    return plain(result);
  }

  end() {
    this.socket.terminate();
  }
}

/** A remote value as the value that it stands for. */
function plain({ type, value }) {
  if (type === 'array') return value.map(plain);
  if (type === 'object') return Object.fromEntries(value.map(([key, one]) => [key, plain(one)]));
  if (type === 'null') return null;
  return value;
}
