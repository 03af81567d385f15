// What the steps of a turn share: what they act on, how they wait, what they press.

import type { Adapter, Job, Role } from '../generated/protocol';
import type { Changes } from './changes';
import { Fault } from './fault';
import type { Human } from './human';
import { byRole, isEnabled } from './locate';
import type { Memory } from './memory';
import type { Labels } from './models';
import type { Pickers } from './pickers';
import { failure, neverStarted } from './signals';
import type { Tapped } from './tapped';
import { turnOfLoop } from './tasks';

/** The parts of the page's runner that a turn uses. */
export interface Stage {
  changes: Changes;
  human: Human;
  tapped: Tapped;
  /** The prompt is about to be sent, below so many answers; whether it may be, once that is written. */
  sending(before: number, prompt: string): () => boolean;
  /** The page took the prompt. */
  accepted(): void;
  /** The page is to be opened at a place of its site; it takes this runner with it. */
  navigate(place: string): void;
  /** The page is to be opened anew once the turn is over: it holds what cannot be taken back, or still writes. */
  reopen(): void;
  /** What the page had before requests changed it. */
  memory: Memory;
  pickers: Pickers;
  /** Files of the turn. */
  files: File[];
  /** Resolves once the page is not being read any more. */
  atRest(): Promise<void>;
  /** Turns that ended on the page since it was opened. */
  turnsBefore: number;
  /** What the page's menu shows for each model. */
  labels(): Labels;
  /** Whether the page still stands in the conversation as that turn left it. */
  standsAfter(job: string): boolean;
}

/** One turn, up to the page having taken the prompt. */
export class Act {
  private readonly deadline: number;

  constructor(
    readonly stage: Stage,
    readonly adapter: Adapter,
    readonly job: Job,
    /** Aborted with what ends the turn. */
    readonly signal: AbortSignal,
  ) {
    this.deadline = performance.now() + job.accept_ms;
  }

  /** Milliseconds left for the page to take the prompt. */
  left(): number {
    return Math.max(0, this.deadline - performance.now());
  }

  /** The first value of `check` that is not null or false; null when `ms` have passed. */
  async until<T>(check: () => T | null | false, ms = this.left()): Promise<T | null> {
    const value = await this.stage.changes.until(check, ms, this.signal);
    // The page's own reactions to what was just seen come first.
    await turnOfLoop();
    this.signal.throwIfAborted();
    return value;
  }

  /** The element for a role; a failure that names it where it does not come. */
  async find(role: Role): Promise<HTMLElement> {
    const found = await this.until(() => byRole(this.adapter, role));
    if (!found) throw this.missing(role);
    return found as HTMLElement;
  }

  /** Clicks the element for a role once it is enabled. */
  async press(role: Role): Promise<void> {
    const element = await this.until(() => {
      const found = byRole(this.adapter, role);
      return found && isEnabled(found) ? found : null;
    });
    if (!element) throw this.missing(role);
    click(element);
  }

  /** That nothing is the adapter's `role`, or what keeps the page from showing it. */
  missing(role: Role): Fault {
    const known = neverStarted(this.adapter);
    if (known) return new Fault(known.class === 'not_started' ? { ...known, locator: role } : known);
    const words = `Nothing on the page is the adapter's ${role}.`;
    return new Fault(failure('page_changed', words, { locator: role }));
  }
}

export function click(element: Element | null): void {
  (element as HTMLElement | null)?.click();
}
