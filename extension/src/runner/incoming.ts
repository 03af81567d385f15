// Files of turns that are yet to begin, as the background hands them over: in pieces.

import type { Job } from '../generated/protocol';

export class Incoming {
  private readonly pieces = new Map<string, Uint8Array<ArrayBuffer>[][]>();

  /** The next piece of a job's file. */
  add(job: string, file: number, bytes: Uint8Array<ArrayBuffer>): void {
    const files = this.pieces.get(job) ?? [];
    this.pieces.set(job, files);
    (files[file] ??= []).push(bytes);
  }

  /** The files of a turn that begins, in its order. What came for others is forgotten. */
  take(job: Job): File[] {
    const pieces = this.pieces.get(job.job) ?? [];
    this.pieces.clear();
    return job.files.map(({ name, mime }, at) => new File(pieces[at] ?? [], name, { type: mime }));
  }
}
