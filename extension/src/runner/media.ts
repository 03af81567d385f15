// Pictures, videos and files of an answer: fetched in the page, as the page's user would see them,
// and relayed as records.

import { MAX_PAYLOAD_BYTES, type Adapter } from '../generated/protocol';
import type { Act } from './act';
import { Fault } from './fault';
import { all } from './locate';
import type { Outbox } from './outbox';
import { failure } from './signals';

/** The most bytes of one of them. */
const MAX_BYTES = 32 << 20;
/** The most of one answer: their number is one byte. */
const MAX_COUNT = 255;
/** No more waits for the gateway than this. */
const ENOUGH_UNACKED = 4 << 20;

/** One of an answer's media. */
export interface Found {
  address: string;
  name: string;
  choice: number;
}

/** The media of the new answers, each address once. */
export function mediaIn(adapter: Adapter, fresh: Element[]): Found[] {
  const found: Found[] = [];
  fresh.forEach((answer, choice) => {
    const seen = new Set<string>();
    for (const { at, attribute } of adapter.media ?? []) {
      for (const element of all(adapter, at, answer)) {
        const address = addressOf(element, attribute);
        if (!address || seen.has(address)) continue;
        seen.add(address);
        found.push({ address, name: nameOf(element, address), choice });
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

/** Fetches and relays them, one after the other. */
export async function relayMedia(act: Act, outbox: Outbox, found: Found[]): Promise<void> {
  for (const [index, { address, name, choice }] of found.slice(0, MAX_COUNT).entries()) {
    const { mime, bytes } = await fetched(act, address);
    act.signal.throwIfAborted();
    const stream = index + 1;
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

async function fetched(act: Act, address: string): Promise<{ mime: string; bytes: Uint8Array }> {
  const { signal } = act;
  try {
    const response = await fetch(address, { credentials: 'include', signal });
    if (!response.ok) throw new Error(`status ${response.status}`);
    const type = response.headers.get('content-type') ?? '';
    const mime = type.split(';')[0]?.trim() || 'application/octet-stream';
    return { mime, bytes: await wholeOf(response) };
  } catch (error) {
    signal.throwIfAborted();
    const where = address.slice(0, 100);
    const words = `A picture or file of the answer cannot be read: ${String(error)} (${where})`;
    throw new Fault(failure('page_error', words));
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
