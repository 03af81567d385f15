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
  newTransform,
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
import { Twin } from './twin';

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
    const twin = new Twin();
    stayWithThePage(response, reader, twin);
    pump(hub, live, reader, twin);
  } catch {
    live.closed(true);
  }
}

function pump(
  hub: Hub,
  live: Live,
  reader: ReadableStreamDefaultReader<Uint8Array>,
  twin: Twin,
): void {
  const end = (failed: boolean) => {
    for (const bytes of twin.missed()) live.bytes(bytes);
    live.closed(failed);
  };
  then(
    read(reader),
    (result: never) => {
      const { done, value } = result as ReadableStreamReadResult<Uint8Array>;
      if (value) {
        twin.weRead(value);
        live.bytes(value);
      }
      if (done) end(false);
      else if (hub.wants(live, 'text/event-stream')) pump(hub, live, reader, twin);
      else {
        live.closed(false);
        then(cancelReader(reader), ignore, ignore);
      }
    },
    () => end(true),
  );
}

/**
 * A stream with two readers ends only when both let go: where the page cancels its reader, ours goes
 * too, or the site would go on writing. What the page reads until then is noted.
 */
function stayWithThePage(
  response: Response,
  ours: ReadableStreamDefaultReader<Uint8Array>,
  twin: Twin,
): void {
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
    const reader = apply(getTheirs, this, args) as ReadableStreamDefaultReader<Uint8Array>;
    return noted(hooked(reader), twin);
  } as typeof body.getReader;
  const pipe = body.pipeThrough;
  body.pipeThrough = function (this: unknown, ...args: unknown[]) {
    return apply(pipe, apply(pipe, this, [passing(twin)]), args) as ReadableStream;
  } as typeof body.pipeThrough;
}

/** Hands all on as it is, and notes it. */
function passing(twin: Twin): TransformStream<Uint8Array, Uint8Array> {
  return newTransform({
    transform: (bytes, next) => {
      twin.theyRead(bytes);
      next.enqueue(bytes);
    },
  });
}

/** Notes what the page reads, before its own reaction. */
function noted(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  twin: Twin,
): ReadableStreamDefaultReader<Uint8Array> {
  const native = reader.read;
  const note = (result: never) => {
    const { value } = result as ReadableStreamReadResult<Uint8Array>;
    if (value) twin.theyRead(value);
  };
  reader.read = function (this: unknown, ...args: unknown[]) {
    const answer = apply(native, this, args) as ReturnType<typeof native>;
    then(answer, note, ignore);
    return answer;
  } as typeof native;
  return reader;
}

function ignore(): void {}
