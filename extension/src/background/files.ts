// Files that the gateway sends before a turn: gathered, counted, handed over with it.

import type { Job } from '../generated/protocol';
import { HEADER_BYTES } from '../generated/protocol';
import { headerOf } from '../shared/frame';

/** Pieces of each of a turn's files. */
export type JobFiles = Uint8Array<ArrayBuffer>[][];

const FILE_KIND = 16;
/** The most bytes of turns that are yet to be ordered. */
const MAX_BYTES = 64 << 20;
/** The most turns whose files may wait at once. */
const MAX_JOBS = 16;

export class Files {
  private readonly waiting = new Map<string, { files: JobFiles; bytes: number }>();

  /** Takes a frame; what is none, or comes out of order, makes its turn's files incomplete. */
  add(frame: Uint8Array<ArrayBuffer>): void {
    if (frame.length <= HEADER_BYTES || frame[0] !== FILE_KIND) return;
    const { job, seq } = headerOf(frame);
    const entry = this.waiting.get(job) ?? { files: [], bytes: 0 };
    this.waiting.set(job, entry);
    const pieces = (entry.files[frame[HEADER_BYTES - 1] ?? 0] ??= []);
    entry.bytes += frame.length - HEADER_BYTES;
    const held = [...this.waiting.values()].reduce((sum, { bytes }) => sum + bytes, 0);
    if (seq !== pieces.length + 1 || held > MAX_BYTES || this.waiting.size > MAX_JOBS) {
      this.waiting.delete(job);
      return;
    }
    pieces.push(frame.slice(HEADER_BYTES));
  }

  /** The files that an order lists; null where some are missing or of another size. */
  take(job: Job): JobFiles | null {
    const files = this.waiting.get(job.job)?.files ?? [];
    this.waiting.delete(job.job);
    const whole = job.files.every(({ size }, at) => sizeOf(files[at] ?? []) === size);
    return whole ? job.files.map((_, at) => files[at] ?? []) : null;
  }
}

function sizeOf(pieces: Uint8Array[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}
