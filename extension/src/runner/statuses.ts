// HTTP statuses of a turn's streams, each with what the site says beside it.

/** More of an error's body is not read: it is for a person, and for the end of a limit. */
const MAX_BODY = 4_096;
/** A page that asks again at once, after a renewed sign-in perhaps, does so within this time. */
const AGAIN_MS = 300;
/** An error's body that does not end is not waited for longer than this. */
const BODY_MS = 2_000;
/** Where sites put their words in an error's JSON. */
const WORDS = ['message', 'error', 'detail', 'error_description', 'text'];

/** What a probe asks of the statuses. */
export interface TapStatuses {
  /** The site's words with this status; null where no stream had it. */
  wordsOf(status: number): string | null;
}

export const NO_STATUSES: TapStatuses = { wordsOf: () => null };

/** An error in place of an answer. */
interface Refusal {
  status: number;
  stream: number;
  at: number;
}

export class Statuses implements TapStatuses {
  private readonly seen = new Map<number, string>();
  /** Taps that were answered without an error: what they fetch besides does not end the turn. */
  private readonly answered = new Set<number>();
  private refused: Refusal | null = null;
  private readonly bodies = new Map<number, { status: number; text: string; decoder: TextDecoder }>();

  wordsOf(status: number): string | null {
    return this.seen.get(status) ?? null;
  }

  /** The page asks, perhaps again: what was refused before does not count. */
  asked(): void {
    this.refused = null;
  }

  /** A status without a body that is read. */
  note(tap: number, status: number): void {
    this.seen.set(status, this.seen.get(status) ?? '');
    this.judge(tap, status, 0);
  }

  /** An error counts once its body is here: limits say in it when they end. `own`: of this turn. */
  opened(tap: number, stream: number, status: number, own: boolean): void {
    if (status < 400) this.seen.set(status, this.seen.get(status) ?? '');
    else this.bodies.set(stream, { status, text: '', decoder: new TextDecoder() });
    if (own) this.judge(tap, status, stream);
  }

  private judge(tap: number, status: number, stream: number): void {
    if (status < 400) this.answered.add(tap);
    else if (!this.answered.has(tap)) this.refused = { status, stream, at: performance.now() };
  }

  /** Whether the site answered with an error, and the page may yet ask again. */
  get isRefused(): boolean {
    return this.refused !== null;
  }

  /** The error with which the site answered, once it is its last word. */
  refusal(): { status: number; words: string } | null {
    if (!this.refused) return null;
    const { status, stream, at } = this.refused;
    const waited = performance.now() - at;
    if (waited < (this.bodies.has(stream) ? BODY_MS : AGAIN_MS)) return null;
    return { status, words: this.seen.get(status) ?? '' };
  }

  bytes(stream: number, bytes: Uint8Array): void {
    const body = this.bodies.get(stream);
    if (body && body.text.length < MAX_BODY) body.text += body.decoder.decode(bytes, { stream: true });
  }

  closed(stream: number): void {
    const body = this.bodies.get(stream);
    this.bodies.delete(stream);
    if (body) this.seen.set(body.status, wordsIn(body.text));
  }
}

/** The words of an error's body: those of its JSON, or none. */
export function wordsIn(text: string): string {
  try {
    return said(JSON.parse(text), 4) ?? '';
  } catch {
    return '';
  }
}

function said(value: unknown, depth: number): string | null {
  if (typeof value === 'string') return value.trim() || null;
  if (typeof value !== 'object' || value === null || depth === 0) return null;
  const fields = value as Record<string, unknown>;
  const inOrder = Array.isArray(value) ? value : WORDS.map((name) => fields[name]);
  for (const one of inOrder) {
    const words = said(one, depth - 1);
    if (words) return words;
  }
  return null;
}
