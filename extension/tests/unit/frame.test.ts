import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { MAX_PAYLOAD_BYTES, MAX_RECORD_BYTES } from '../../src/generated/protocol';
import {
  encodeFrame,
  headerOf,
  isJobId,
  partsOf,
  split,
  TooLarge,
  wellFormed,
  type PageRecord,
} from '../../src/shared/frame';
import { fromBase64, toBase32, toBase64, toBase64Url } from '../../src/shared/bytes';

interface Golden {
  name: string;
  job: string;
  seq: number;
  more?: boolean;
  record: Record<string, unknown>;
  hex: string;
}

const GOLDEN = new URL('../../../crates/protocol/tests/golden/frames.json', import.meta.url);
const golden = JSON.parse(readFileSync(GOLDEN, 'utf8')) as Golden[];
const JOB = 'job_0199c0de000070008000000000000001';

function recordOf({ kind, hex, ...rest }: Record<string, unknown>): PageRecord {
  if (hex !== undefined)
    return { kind, ...rest, bytes: Buffer.from(String(hex), 'hex') } as never;
  if (rest.head) return { kind, ...rest, ...rest.head } as never;
  return { kind, ...rest } as never;
}

describe('frames', () => {
  test.each(golden)('golden: $name', ({ job, seq, record, more, hex }) => {
    const frame = encodeFrame(job, seq, recordOf(record), more);
    expect(Buffer.from(frame).toString('hex')).toBe(hex);
    expect(headerOf(frame)).toEqual({ job, seq });
  });

  test('a payload over the limit is refused, bytes are cut to fit', () => {
    const text = 'x'.repeat(MAX_PAYLOAD_BYTES + 1);
    expect(() => encodeFrame(JOB, 1, { kind: 'message', stream: 1, text })).toThrow(TooLarge);
    const pieces = [...split(new Uint8Array(2 * MAX_PAYLOAD_BYTES + 5))];
    expect(pieces.map(({ length }) => length)).toEqual([MAX_PAYLOAD_BYTES, MAX_PAYLOAD_BYTES, 5]);
    expect([...split(new Uint8Array())]).toEqual([]);
  });

  test('a long text is cut between characters, and one that is too long is refused', () => {
    const text = `x${'🦀"'.repeat(200_000)}`;
    const block = { kind: 'dom', block: 3, html: text, closed: true, thought: false, choice: 0 } as const;
    for (const record of [{ kind: 'message', stream: 1, text } as const, block]) {
      const parts = partsOf(record);
      expect(parts.length).toBeGreaterThan(10);
      for (const part of parts) expect(encodeFrame(JOB, 1, part, true)[0]! & 0x80).toBe(0x80);
      const texts = parts.map((part) => (part.kind === 'dom' ? part.html : part.kind === 'message' ? part.text : ''));
      expect(texts.every((one) => wellFormed(one) === one)).toBe(true);
      expect(texts.join('')).toBe(text);
    }
    const long = 'é'.repeat(MAX_RECORD_BYTES / 2 + 1);
    expect(() => partsOf({ kind: 'message', stream: 1, text: long })).toThrow(TooLarge);
  });

  test('halves of surrogate pairs become replacement characters', () => {
    expect(wellFormed('a\uD83D b\uDE00 😀')).toBe('a\uFFFD b\uFFFD 😀');
    const frame = encodeFrame(JOB, 1, {
      kind: 'dom',
      block: 0,
      html: '\uD83D',
      closed: true,
      thought: false,
      choice: 0,
    });
    expect(Buffer.from(frame.subarray(22)).toString()).toContain('\uFFFD');
  });

  test('job ids', () => {
    expect(isJobId(JOB)).toBe(true);
    for (const bad of ['', 'job_1', `${JOB}0`, JOB.toUpperCase(), JOB.replace('job', 'req')]) {
      expect(isJobId(bad)).toBe(false);
    }
    expect(() => encodeFrame('job_1', 1, { kind: 'closed', stream: 1, failed: false })).toThrow();
  });
});

describe('bytes as text', () => {
  test('base64 there and back, longer than one slice', () => {
    const bytes = Uint8Array.from({ length: 20_001 }, (_, at) => at % 256);
    expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'));
    expect(fromBase64(toBase64(bytes))).toEqual(bytes);
    expect(toBase64Url(bytes)).toBe(Buffer.from(bytes).toString('base64url'));
  });

  test('base32 as RFC 4648 has it', () => {
    const of = (text: string) => toBase32(new TextEncoder().encode(text));
    expect([of(''), of('f'), of('foob'), of('fooba'), of('foobar')]).toEqual([
      '',
      'MY',
      'MZXW6YQ',
      'MZXW6YTB',
      'MZXW6YTBOI',
    ]);
  });
});
