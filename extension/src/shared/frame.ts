// Binary chunk frames, as crates/protocol/src/frame.rs describes them. Both sides pass the vectors
// of crates/protocol/tests/golden/frames.json.

import {
  HEADER_BYTES,
  MAX_PAYLOAD_BYTES,
  MAX_RECORD_BYTES,
  type Closed,
  type DomRecord,
  type MediaHead,
  type Opened,
} from '../generated/protocol';

/** One record of a turn, in the order in which the page saw it. */
export type PageRecord =
  | ({ kind: 'opened'; stream: number } & Opened)
  | { kind: 'bytes'; stream: number; bytes: Uint8Array }
  | { kind: 'message'; stream: number; text: string }
  | ({ kind: 'closed'; stream: number } & Closed)
  | ({ kind: 'dom' } & DomRecord)
  | ({ kind: 'media'; stream: number } & MediaHead)
  | { kind: 'media_bytes'; stream: number; bytes: Uint8Array };

const KINDS = { opened: 1, bytes: 2, message: 3, closed: 4, dom: 5, media: 6, media_bytes: 7 } as const;

/** Set in the kind of a frame whose text goes on in the next. */
const MORE = 0x80;
/** Letters of a block's part: each may take six bytes in JSON. */
const PART_LETTERS = 40_000;

/** A record that is larger than the protocol allows. */
export class TooLarge extends Error {
  constructor(bytes: number, most = MAX_PAYLOAD_BYTES) {
    super(`A piece of the answer has ${bytes} bytes; at most ${most} can be relayed.`);
  }
}

const encoder = new TextEncoder();

/** Writes one frame; with `more` the next goes on with its text. Throws `TooLarge`: see `partsOf`. */
export function encodeFrame(
  job: string,
  seq: number,
  record: PageRecord,
  more = false,
): Uint8Array<ArrayBuffer> {
  const payload = payloadOf(record);
  if (payload.length > MAX_PAYLOAD_BYTES) throw new TooLarge(payload.length);
  const frame = new Uint8Array(HEADER_BYTES + payload.length);
  frame[0] = KINDS[record.kind] | (more ? MORE : 0);
  writeJob(frame, job);
  new DataView(frame.buffer).setUint32(17, seq);
  frame[21] = record.kind === 'dom' ? 0 : record.stream;
  frame.set(payload, HEADER_BYTES);
  return frame;
}

function payloadOf(record: PageRecord): Uint8Array {
  switch (record.kind) {
    case 'bytes':
    case 'media_bytes':
      return record.bytes;
    case 'message':
      return encoder.encode(record.text);
    case 'opened':
      return encoder.encode(JSON.stringify({ tap: record.tap, status: record.status }));
    case 'closed':
      return encoder.encode(JSON.stringify({ failed: record.failed }));
    case 'dom': {
      const { block, html, closed, thought, choice } = record;
      const plain: Partial<DomRecord> = { block, html: wellFormed(html), closed };
      if (thought) plain.thought = thought;
      if (choice) plain.choice = choice;
      return encoder.encode(JSON.stringify(plain));
    }
    case 'media': {
      const { mime, name, size, choice, unread } = record;
      const head: MediaHead = { mime: wellFormed(mime), name: wellFormed(name), size, choice };
      if (unread !== undefined) head.unread = unread;
      return encoder.encode(JSON.stringify(head));
    }
  }
}

/** A page's text without halves of surrogate pairs, which no strict reader of JSON takes. */
export function wellFormed(text: string): string {
  return text.replace(
    /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g,
    '\uFFFD',
  );
}

function writeJob(frame: Uint8Array, job: string): void {
  if (!isJobId(job)) throw new Error('not a job id');
  for (let at = 0; at < 16; at++) {
    frame[1 + at] = parseInt(job.slice(4 + 2 * at, 6 + 2 * at), 16);
  }
}

/** Whether a text is a job's id. */
export function isJobId(text: string): boolean {
  return /^job_[0-9a-f]{32}$/.test(text);
}

/** The job and the number that a frame carries in its header. */
export function headerOf(frame: Uint8Array): { job: string; seq: number } {
  let job = 'job_';
  for (const byte of frame.subarray(1, 17)) job += byte.toString(16).padStart(2, '0');
  return { job, seq: new DataView(frame.buffer, frame.byteOffset).getUint32(17) };
}

/** A record as records that fit into frames each. Throws `TooLarge` for a text that no frames may hold. */
export function partsOf(record: PageRecord): PageRecord[] {
  if (record.kind === 'bytes') return [...split(record.bytes)].map((bytes) => ({ ...record, bytes }));
  const text = record.kind === 'message' ? record.text : record.kind === 'dom' ? record.html : '';
  if (text.length <= PART_LETTERS) return [record];
  const bytes = encoder.encode(text).length;
  if (bytes > MAX_RECORD_BYTES) throw new TooLarge(bytes, MAX_RECORD_BYTES);
  const parts = [...cut(text)];
  if (record.kind === 'message') return parts.map((part) => ({ ...record, text: part }));
  return parts.map((html) => ({ ...record, html }) as PageRecord);
}

/** Whether the parts of such a record are one text. */
export function isOneText({ kind }: PageRecord): boolean {
  return kind === 'message' || kind === 'dom';
}

/** Cuts a text into parts, never within a character. */
function* cut(text: string): Generator<string> {
  for (let at = 0; at < text.length; ) {
    let end = at + PART_LETTERS;
    if (/[\uD800-\uDBFF]/.test(text.charAt(end - 1))) end -= 1;
    yield text.slice(at, end);
    at = end;
  }
}

/** Cuts bytes into payloads of allowed size. */
export function* split(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += MAX_PAYLOAD_BYTES) {
    yield bytes.subarray(at, at + MAX_PAYLOAD_BYTES);
  }
}
