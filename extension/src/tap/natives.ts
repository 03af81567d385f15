// The page's own functions as they were before any script of the page ran. The tap calls only
// these, so that a page that changes its prototypes neither breaks the tap nor hears it.

const { apply } = Reflect;

/** `method` as a function whose first argument is its `this`. */
function bare<This, Args extends unknown[], Out>(
  method: (this: This, ...args: Args) => Out,
): (self: This, ...args: Args) => Out {
  return (self, ...args) => apply(method, self, args);
}

function getter<This extends object, Key extends keyof This & string>(
  prototype: This,
  key: Key,
): (self: This) => This[Key] {
  const found = Object.getOwnPropertyDescriptor(prototype, key)?.get;
  return found ? (self) => apply(found, self, []) as This[Key] : (self) => self[key];
}

const Message = MessageEvent;
const dispatch = bare(EventTarget.prototype.dispatchEvent);
/** Says it to who listens on `target`, now. */
export const say = (target: EventTarget, type: string, data: unknown): void => {
  // Without a prototype: the page may have given every object more properties.
  dispatch(target, new Message(type, { __proto__: null, data } as MessageEventInit));
};
export const listen = bare(
  EventTarget.prototype.addEventListener as (
    this: EventTarget,
    type: string,
    listener: (event: never) => void,
    options?: AddEventListenerOptions,
  ) => void,
);
export const then = bare(
  Promise.prototype.then as (
    this: Promise<unknown>,
    fulfilled: (value: never) => unknown,
    rejected: (reason: unknown) => unknown,
  ) => Promise<unknown>,
);
export const cloneResponse = bare(Response.prototype.clone);
export const responseBody = getter(Response.prototype, 'body');
export const responseStatus = getter(Response.prototype, 'status');
export const responseHeaders = getter(Response.prototype, 'headers');
export const header = bare(Headers.prototype.get);
export const cloneRequest = bare(Request.prototype.clone);
export const requestText = bare(Request.prototype.text);
export const requestBody = getter(Request.prototype, 'body');
export const requestUrl = getter(Request.prototype, 'url');
export const requestMethod = getter(Request.prototype, 'method');
export const blobBytes = bare(Blob.prototype.arrayBuffer);
export const messageData = getter(MessageEvent.prototype, 'data');
export const xhrState = getter(XMLHttpRequest.prototype, 'readyState');
export const xhrStatus = getter(XMLHttpRequest.prototype, 'status');
export const xhrResponse = getter(XMLHttpRequest.prototype, 'response');
export const xhrText = getter(XMLHttpRequest.prototype, 'responseText');
const encoder = new TextEncoder();
export const encode = encoder.encode.bind(encoder);
const decoder = new TextDecoder();
export const decode = decoder.decode.bind(decoder);
export { apply };

type Reader = ReadableStreamDefaultReader<Uint8Array>;
export const getReader = bare(
  ReadableStream.prototype.getReader as (this: ReadableStream<Uint8Array>) => Reader,
);
export const read = bare(ReadableStreamDefaultReader.prototype.read as Reader['read']);
export const cancelReader = bare(ReadableStreamDefaultReader.prototype.cancel as Reader['cancel']);
const Transform = TransformStream;
export const newTransform = (
  transformer: Transformer<Uint8Array, Uint8Array>,
): TransformStream<Uint8Array, Uint8Array> => new Transform(transformer);
