// When to try again: soon, then later, never all nodes at once.

const FIRST_MS = 500;
const LONGEST_MS = 30_000;

export class Backoff {
  private tries = 0;

  constructor(private readonly random: () => number = Math.random) {}

  /** Milliseconds until the next try: between half and the whole of a doubling time. */
  next(): number {
    const whole = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.tries);
    this.tries = Math.min(this.tries + 1, 10);
    return Math.round(whole * (0.5 + this.random() / 2));
  }

  /** It worked. */
  reset(): void {
    this.tries = 0;
  }
}
