// Pictures, videos and files of an answer: fetched in the page, as the page's user would see them,
// and relayed as records.

import { MAX_PAYLOAD_BYTES, type Adapter, type MediaKind } from '../generated/protocol';
import type { Act } from './act';
import { all } from './locate';
import type { Outbox } from './outbox';

/** The most bytes of one of them. */
const MAX_BYTES = 32 << 20;
/** The most of one answer: their number is one byte. */
const MAX_COUNT = 255;
/** A longer address is no use to anybody. */
const MAX_ADDRESS = 8_192;
/** No more waits for the gateway than this. */
const ENOUGH_UNACKED = 4 << 20;

/** One of an answer's media. */
export interface Found {
  address: string;
  name: string;
  choice: number;
  kind: MediaKind;
}

/** The media of the new answers, each address once. */
export function mediaIn(adapter: Adapter, fresh: Element[]): Found[] {
  const found: Found[] = [];
  fresh.forEach((answer, choice) => {
    const seen = new Set<string>();
    for (const { kind, at, attribute } of adapter.media ?? []) {
      for (const element of all(adapter, at, answer)) {
        const address = addressOf(element, attribute);
        if (!address || seen.has(address)) continue;
        seen.add(address);
        found.push({ address, name: nameOf(element, address), choice, kind });
      }
    }
  });
  return found;
}

function addressOf(element: Element, attribute: string): string | null {
  const value = element.getAttribute(attribute)?.trim();
  try {
    return value ? new URL(value, document.baseURI).href : null;
  } catch {
    return null;
  }
}

function nameOf(element: Element, address: string): string {
  const named = ['download', 'alt', 'aria-label', 'title'].map((name) => element.getAttribute(name));
  const name = named.find((one) => one?.trim());
  const last = /^https?:/.test(address) ? (new URL(address).pathname.split('/').at(-1) ?? '') : '';
  return (name ?? last).replace(/\s+/g, ' ').trim().slice(0, 200);
}

/** Fetches and relays them, one after the other. What the page may show and not read goes by its address. */
export async function relayMedia(act: Act, outbox: Outbox, found: Found[]): Promise<void> {
  for (const [index, { address, name, choice, kind }] of found.slice(0, MAX_COUNT).entries()) {
    const stream = index + 1;
    const read = await fetched(act, address);
    if (!read) {
      const unread = /^https?:/.test(address) && address.length <= MAX_ADDRESS ? address : '';
      outbox.push({ kind: 'media', stream, mime: `${kind}/*`, name, size: 0, choice, unread });
      continue;
    }
    const { mime, bytes } = read;
    outbox.push({ kind: 'media', stream, mime, name, size: bytes.length, choice });
    for (let at = 0; at < bytes.length; at += MAX_PAYLOAD_BYTES) {
      await room(act, outbox);
      const piece = bytes.subarray(at, at + MAX_PAYLOAD_BYTES);
      outbox.push({ kind: 'media_bytes', stream, bytes: piece });
    }
  }
}

/** Waits until the gateway has taken enough for more to be kept. */
async function room(act: Act, outbox: Outbox): Promise<void> {
  if (outbox.unacked < ENOUGH_UNACKED) return;
  await act.until(() => outbox.unacked < ENOUGH_UNACKED, act.job.total_ms);
}

/** Null where the page cannot have it: another origin's, gone, too large. */
async function fetched(act: Act, address: string): Promise<{ mime: string; bytes: Uint8Array } | null> {
  const { signal } = act;
  try {
    const response = await fetch(address, { credentials: 'include', signal });
    if (!response.ok) return null;
    const type = response.headers.get('content-type') ?? '';
    const mime = type.split(';')[0]?.trim() || 'application/octet-stream';
    return { mime, bytes: await wholeOf(response) };
  } catch {
    signal.throwIfAborted();
    return null;
  }
}

async function wholeOf(response: Response): Promise<Uint8Array> {
  const reader = response.body?.getReader();
  const pieces: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
    if (done || !value) break;
    size += value.length;
    if (size > MAX_BYTES) {
      await reader?.cancel();
      throw new Error(`more than ${MAX_BYTES} bytes`);
    }
    pieces.push(value);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
