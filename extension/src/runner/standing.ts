// The conversation that a page stands in after a turn: what makes sure that it is still the same one
// before the next turn goes on with it. It dies with the page.

import type { Adapter } from '../generated/protocol';
import { answers } from './answers';

/** Pages write their address and the end of an answer a little after they say that it is done. */
const SETTLE_MS = 3_000;

/** What of an answer's end is compared. */
const TAIL = 400;

export class Standing {
  private readonly endedAt = performance.now();
  private address = '';
  private count = 0;
  private tail = '';

  constructor(
    readonly gateway: string,
    /** The turn that ended here. */
    readonly job: string,
    private readonly adapter: Adapter,
  ) {
    this.look();
  }

  /** Takes up what the page still adds to its turn. */
  look(): void {
    if (performance.now() - this.endedAt > SETTLE_MS) return;
    [this.address, this.count, this.tail] = shown(this.adapter);
  }

  /** Whether the page still shows what it showed when the turn had ended. */
  holds(gateway: string, job: string): boolean {
    if (this.gateway !== gateway || this.job !== job) return false;
    const [address, count, tail] = shown(this.adapter);
    // A list that keeps only what is in view does not show them all.
    const listed = this.adapter.locators.scroller ? count > 0 : count > 0 && count === this.count;
    return listed && address === this.address && tail === this.tail;
  }
}

function shown(adapter: Adapter): [address: string, count: number, tail: string] {
  const all = answers(adapter);
  const text = all.at(-1)?.textContent?.replace(/\s+/g, ' ').trim() ?? '';
  return [location.pathname + location.search, all.length, text.slice(-TAIL)];
}
