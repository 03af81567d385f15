// `fetch`: the page gets its own promise and response; we read a copy of the body.

import type { Hub } from './hub';
import type { Live } from './live';
import {
  apply,
  cancelReader,
  cloneRequest,
  cloneResponse,
  getReader,
  header,
  read,
  requestBody,
  requestMethod,
  requestText,
  requestUrl,
  responseBody,
  responseHeaders,
  responseStatus,
  then,
} from './natives';

export function tapFetch(hub: Hub): void {
  const native = window.fetch;
  window.fetch = function fetch(this: unknown, ...args: Parameters<typeof native>) {
    const answer = apply(native, this ?? window, args) as Promise<Response>;
    try {
      const live = hub.begin('fetch', ...addressOf(args));
      tellBody(hub, live, args);
      // Registered before the page's own reaction, so the body is still whole.
      then(
        answer,
        (response: never) => follow(hub, live, response),
        () => live.closed(true),
      );
    } catch {
      // Whatever goes wrong here is not the page's concern.
    }
    return answer;
  };
}

function addressOf([input, init]: Parameters<typeof fetch>): [string, string] {
  if (input instanceof Request) return [requestUrl(input), init?.method ?? requestMethod(input)];
  return [String(input), init?.method ?? 'GET'];
}

/** What the page sends. A `Request` holds it as a stream: copied only where an adapter asks for it. */
function tellBody(hub: Hub, live: Live, [input, init]: Parameters<typeof fetch>): void {
  if (init?.body !== undefined || !(input instanceof Request)) return live.asked(init?.body);
  if (!hub.asksForBody(live) || !requestBody(input)) return live.asked(null);
  live.hold();
  const tell = (text: unknown) => live.asked(text);
  then(requestText(cloneRequest(input)), tell, tell);
}

function follow(hub: Hub, live: Live, response: Response): void {
  try {
    live.opened(responseStatus(response));
    const type = header(responseHeaders(response), 'content-type') ?? '';
    const body = responseBody(response);
    if (!body || !hub.wants(live, type)) return live.closed(false);
    const copy = responseBody(cloneResponse(response));
    if (!copy) return live.closed(false);
    const reader = getReader(copy);
    letGoWithThePage(response, reader);
    pump(hub, live, reader);
  } catch {
    live.closed(true);
  }
}

function pump(hub: Hub, live: Live, reader: ReadableStreamDefaultReader<Uint8Array>): void {
  then(
    read(reader),
    (result: never) => {
      const { done, value } = result as ReadableStreamReadResult<Uint8Array>;
      if (value) live.bytes(value);
      if (done) live.closed(false);
      else if (hub.wants(live, 'text/event-stream')) pump(hub, live, reader);
      else {
        live.closed(false);
        then(cancelReader(reader), ignore, ignore);
      }
    },
    () => live.closed(true),
  );
}

/**
 * A stream with two readers ends only when both let go: where the page cancels its reader, ours goes
 * too, or the site would go on writing.
 */
function letGoWithThePage(response: Response, ours: ReadableStreamDefaultReader<Uint8Array>): void {
  const body = responseBody(response);
  if (!body) return;
  const getTheirs = body.getReader;
  const stop = () => then(cancelReader(ours), ignore, ignore);
  const hooked = <Target extends { cancel(reason?: unknown): Promise<void> }>(target: Target) => {
    const cancel = target.cancel;
    target.cancel = function (this: Target, reason?: unknown) {
      stop();
      return apply(cancel, this, [reason]) as Promise<void>;
    };
    return target;
  };
  hooked(body);
  body.getReader = function (this: unknown, ...args: unknown[]) {
    return hooked(apply(getTheirs, this, args) as ReadableStreamDefaultReader<Uint8Array>);
  } as typeof body.getReader;
}

function ignore(): void {}
