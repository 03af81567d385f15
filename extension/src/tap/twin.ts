// The page's reader and ours read the same body, each at its own pace. Where the page lets go of it
// after the last word (it aborts its request, or cancels its reader), what was still on its way to us
// is gone; what the page has read by then is kept here.

export class Twin {
  private ours = 0;
  private theirs = 0;
  /** What the page has read and we have not, with the place in the body where it begins. */
  private ahead: { at: number; bytes: Uint8Array }[] = [];

  weRead(bytes: Uint8Array): void {
    this.ours += bytes.length;
    this.ahead = this.ahead.filter(({ at, bytes }) => at + bytes.length > this.ours);
  }

  /** A copy is kept: the page may hand its own on. */
  theyRead(bytes: Uint8Array): void {
    const at = this.theirs;
    this.theirs += bytes.length;
    if (this.theirs > this.ours) this.ahead.push({ at, bytes: new Uint8Array(bytes) });
  }

  /** What only the page has read; it counts as read by us now. */
  missed(): Uint8Array[] {
    const missed = this.ahead.map(({ at, bytes }) => bytes.subarray(Math.max(0, this.ours - at)));
    this.ahead = [];
    this.ours = Math.max(this.ours, this.theirs);
    return missed;
  }
}
