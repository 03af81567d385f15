// `EventSource` and `WebSocket`: one whole message a record.

import type { Hub, Live } from './hub';
import { apply, listen, messageData } from './natives';

export function tapEventSource(hub: Hub): void {
  constructed('EventSource', (source: EventSource) => {
    const live = hub.begin('eventsource', source.url, 'GET');
    const heard = new Set<string>();
    const hear = (type: string) => {
      if (heard.has(type) || type === 'open' || type === 'error') return;
      heard.add(type);
      listen(source, type, (event: MessageEvent) => take(live, event));
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
    listen(socket, 'open', () => live.opened(101));
    listen(socket, 'message', (event: MessageEvent) => take(live, event));
    listen(socket, 'close', (event: CloseEvent) => live.closed(!event.wasClean));
    const send = socket.send;
    socket.send = function (this: WebSocket, ...args: Parameters<typeof send>) {
      live.sent(args[0]);
      return apply(send, this, args) as void;
    };
  });
}

function take(live: Live, event: MessageEvent): void {
  const data: unknown = messageData(event);
  if (typeof data === 'string') live.text(data);
  else if (data instanceof ArrayBuffer) live.bytes(new Uint8Array(data));
}

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
