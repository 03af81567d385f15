// The numbered frames of one turn, kept until the gateway has them. The background may die and the
// socket may drop: this is the only copy.

import { MAX_UNACKED_BYTES } from '../generated/protocol';
import { encodeFrame, isOneText, partsOf, type PageRecord } from '../shared/frame';

/** The gateway has not acknowledged enough for more to be kept. */
export class Full extends Error {}

type Frame = Uint8Array<ArrayBuffer>;

export class Outbox {
  /** Frames after `acked`, in order. */
  private readonly kept: Frame[] = [];
  private acked = 0;
  private bytes = 0;
  /** Frames numbered up to here were handed on in this run. */
  private handed = 0;
  private scheduled = false;

  /** `schedule` runs a task after this one; `hand` takes frames, the last of which has the given number. */
  constructor(
    private readonly job: string,
    private readonly schedule: (task: () => void) => void,
    private readonly hand: (frames: Frame[], last: number) => void,
    private readonly limit: number = MAX_UNACKED_BYTES,
  ) {}

  /** Number of the last frame made; 0 for none. */
  get lastSeq(): number {
    return this.acked + this.kept.length;
  }

  /** Bytes that the gateway has not acknowledged. */
  get unacked(): number {
    return this.bytes;
  }

  /** Numbers a record, in parts where it is long, and hands it on. Throws `TooLarge` or `Full`. */
  push(record: PageRecord): void {
    const parts = partsOf(record);
    const oneText = isOneText(record);
    parts.forEach((part, at) => this.keep(part, oneText && at < parts.length - 1));
  }

  private keep(record: PageRecord, more: boolean): void {
    const frame = encodeFrame(this.job, this.lastSeq + 1, record, more);
    if (this.bytes + frame.length > this.limit) throw new Full();
    this.kept.push(frame);
    this.bytes += frame.length;
    if (this.scheduled) return;
    this.scheduled = true;
    // What came in the same moment travels together, and nothing waits for what is yet to come.
    this.schedule(() => this.flush());
  }

  /** Hands on what was not yet handed on in this run. */
  flush(): void {
    this.scheduled = false;
    const frames = this.kept.slice(this.handed - this.acked);
    if (frames.length === 0) return;
    this.handed = this.lastSeq;
    this.hand(frames, this.handed);
  }

  /** The gateway has every frame up to `seq`. */
  ack(seq: number): void {
    const count = Math.min(seq - this.acked, this.kept.length);
    if (count <= 0) return;
    for (const frame of this.kept.splice(0, count)) this.bytes -= frame.length;
    this.acked += count;
    this.handed = Math.max(this.handed, this.acked);
  }

  /** Begins a new run: everything after `seq` is handed on again. */
  resend(seq: number): void {
    this.ack(seq);
    this.handed = this.acked;
    this.flush();
  }
}
