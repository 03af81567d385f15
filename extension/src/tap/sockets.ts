// `EventSource` and `WebSocket`. A message of a socket is a record of its own; the events of a source
// are written again as the stream that they came in, so that one decoder reads them with their names.

import type { Hub } from './hub';
import { apply, blobBytes, encode, listen, messageData, then } from './natives';

export function tapEventSource(hub: Hub): void {
  constructed('EventSource', (source: EventSource) => {
    const live = hub.begin('eventsource', source.url, 'GET');
    live.asked(null);
    const heard = new Set<string>();
    const hear = (type: string) => {
      if (heard.has(type) || type === 'open' || type === 'error') return;
      heard.add(type);
      listen(source, type, (event: MessageEvent) => live.bytes(encode(eventText(type, event))));
    };
    hear('message');
    listen(source, 'open', () => live.opened(200));
    listen(source, 'error', () => {
      // It tries again by itself unless it is closed.
      if (source.readyState === EventSource.CLOSED) live.closed(true);
    });
    // Events with a name reach only those who listen to that name: we listen to what the page does.
    const add = source.addEventListener;
    source.addEventListener = function (this: EventSource, ...args: unknown[]) {
      if (typeof args[0] === 'string') hear(args[0]);
      return apply(add, this, args) as void;
    } as typeof add;
    const close = source.close;
    source.close = function (this: EventSource) {
      live.closed(false);
      return apply(close, this, []) as void;
    };
  });
}

export function tapWebSocket(hub: Hub): void {
  constructed('WebSocket', (socket: WebSocket) => {
    const live = hub.begin('websocket', socket.url, 'GET');
    live.asked(null);
    const inOrder = queue();
    listen(socket, 'open', () => live.opened(101));
    listen(socket, 'message', (event: MessageEvent) => {
      const data: unknown = messageData(event);
      inOrder(data instanceof Blob ? blobBytes(data) : null, (bytes) => {
        if (typeof data === 'string') live.text(data);
        else if (data instanceof ArrayBuffer) live.bytes(new Uint8Array(data));
        else if (bytes instanceof ArrayBuffer) live.bytes(new Uint8Array(bytes));
      });
    });
    listen(socket, 'close', (event: CloseEvent) => {
      inOrder(null, () => live.closed(!event.wasClean));
    });
    const send = socket.send;
    socket.send = function (this: WebSocket, ...args: Parameters<typeof send>) {
      live.sent(args[0]);
      return apply(send, this, args) as void;
    };
  });
}

/** One event as a server writes it. */
function eventText(type: string, event: MessageEvent): string {
  const lines = String(messageData(event)).split('\n');
  const name = type === 'message' ? '' : `event: ${type}\n`;
  return `${name}${lines.map((line) => `data: ${line}\n`).join('')}\n`;
}

/**
 * Runs steps one after the other: a Blob's bytes come later than it does, and what follows it waits.
 * While nothing waits a step runs at once.
 */
function queue(): (before: Promise<unknown> | null, step: (value: unknown) => void) => void {
  let last: Promise<unknown> | null = null;
  return (before, step) => {
    if (!before && !last) return step(undefined);
    const ready = last && before ? then(last, () => before, ignore) : (before ?? last);
    const mine = then(ready as Promise<unknown>, step, step);
    last = mine;
    then(mine, () => (last = last === mine ? null : last), ignore);
  };
}

function ignore(): void {}

/** Lets `observe` see each object that the page constructs; the page sees the same class as before. */
function constructed<Name extends 'EventSource' | 'WebSocket'>(
  name: Name,
  observe: (made: InstanceType<(typeof window)[Name]>) => void,
): void {
  const native = window[name];
  window[name] = new Proxy(native, {
    construct(target, args, newTarget) {
      const made = Reflect.construct(target, args, newTarget) as InstanceType<typeof native>;
      try {
        observe(made as InstanceType<(typeof window)[Name]>);
      } catch {
        // Whatever goes wrong here is not the page's concern.
      }
      return made;
    },
  });
}
