// `XMLHttpRequest`: read while it loads, where its text may be read then.

import type { Hub } from './hub';
import type { Live } from './live';
import { apply, encode, listen, xhrResponse, xhrState, xhrStatus, xhrText } from './natives';

const HEADERS_RECEIVED = 2;

export function tapXhr(hub: Hub): void {
  const prototype = XMLHttpRequest.prototype;
  const { open, send } = prototype;
  const asked = new WeakMap<XMLHttpRequest, [address: string, method: string]>();
  prototype.open = function (this: XMLHttpRequest, ...args: unknown[]) {
    asked.set(this, [String(args[1]), String(args[0])]);
    return apply(open, this, args);
  } as typeof open;
  prototype.send = function (this: XMLHttpRequest, ...args: Parameters<typeof send>) {
    const request = asked.get(this);
    if (request) {
      try {
        const live = hub.begin('xhr', ...request);
        live.asked(args[0]);
        follow(this, live);
      } catch {
        // Whatever goes wrong here is not the page's concern.
      }
    }
    return apply(send, this, args);
  };
}

function follow(xhr: XMLHttpRequest, live: Live): void {
  let read = 0;
  const take = (last: boolean) => {
    if (live.status === null && xhrState(xhr) >= HEADERS_RECEIVED && xhrStatus(xhr) > 0) {
      live.opened(xhrStatus(xhr));
    }
    if (xhr.responseType === '' || xhr.responseType === 'text') {
      read = takeText(xhr, live, read, last);
    } else if (last) {
      takeWhole(xhr, live);
    }
  };
  // The state changes with each piece; `progress` comes at most each 50 ms.
  listen(xhr, 'readystatechange', () => take(false));
  listen(xhr, 'progress', () => take(false));
  listen(xhr, 'load', () => take(true));
  for (const type of ['error', 'abort', 'timeout']) {
    listen(xhr, type, () => live.closed(true), { once: true });
  }
  listen(xhr, 'load', () => live.closed(false), { once: true });
}

function takeText(xhr: XMLHttpRequest, live: Live, from: number, last: boolean): number {
  const text = xhrText(xhr);
  let to = text.length;
  // Half a surrogate pair waits for its other half.
  if (!last && to > from && (text.charCodeAt(to - 1) & 0xfc00) === 0xd800) to -= 1;
  if (to > from) live.bytes(encode(text.slice(from, to)));
  return Math.max(from, to);
}

function takeWhole(xhr: XMLHttpRequest, live: Live): void {
  const whole: unknown = xhrResponse(xhr);
  if (whole instanceof ArrayBuffer) live.bytes(new Uint8Array(whole));
  else if (xhr.responseType === 'json') live.bytes(encode(JSON.stringify(whole)));
}
