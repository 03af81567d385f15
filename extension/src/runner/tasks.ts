// Time without the page's timers, which a hidden tab slows down to one a minute.

/** Runs a task after those already waiting; not slowed down in a hidden tab. */
export function soon(task: () => void): void {
  waiting.push(task);
  channel.port2.postMessage(null);
}

const waiting: (() => void)[] = [];
const channel = new MessageChannel();
channel.port1.onmessage = () => waiting.shift()?.();

/** Resolves after the tasks that wait now. */
export function turnOfLoop(): Promise<void> {
  return new Promise(soon);
}

/** Asks the background to call back after some milliseconds. */
type Remote = (id: number, ms: number) => void;

/** Timers of this page, helped by the background's while the tab is hidden. */
export class Clock {
  private readonly open = new Map<number, () => void>();
  // Not from 1: the background may still ring for the page that was in this tab before.
  private last = Math.floor(Math.random() * 2 ** 48);

  constructor(private readonly remote: Remote) {}

  /** Calls back once after `ms`; returns what undoes it. */
  after(ms: number, callback: () => void): () => void {
    const id = ++this.last;
    const local = setTimeout(() => this.rang(id), ms);
    this.open.set(id, () => {
      clearTimeout(local);
      callback();
    });
    if (document.hidden) this.remote(id, ms);
    return () => {
      clearTimeout(local);
      this.open.delete(id);
    };
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** A timer is due, here or in the background, whichever is first. */
  rang(id: number): void {
    const callback = this.open.get(id);
    this.open.delete(id);
    callback?.();
  }
}
