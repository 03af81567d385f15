// HTTP statuses of a turn's streams, each with what the site says beside it.

/** More of an error's body is not read: it is for a person, and for the end of a limit. */
const MAX_BODY = 4_096;
/** Where sites put their words in an error's JSON. */
const WORDS = ['message', 'error', 'detail', 'error_description', 'text'];

/** What a probe asks of the statuses. */
export interface TapStatuses {
  /** The site's words with this status; null where no stream had it. */
  wordsOf(status: number): string | null;
}

export const NO_STATUSES: TapStatuses = { wordsOf: () => null };

export class Statuses implements TapStatuses {
  private readonly seen = new Map<number, string>();
  private readonly bodies = new Map<number, { status: number; text: string; decoder: TextDecoder }>();

  wordsOf(status: number): string | null {
    return this.seen.get(status) ?? null;
  }

  /** A status without a body that is read. */
  note(status: number): void {
    this.seen.set(status, this.seen.get(status) ?? '');
  }

  /** An error counts once its body is here: limits say in it when they end. */
  opened(stream: number, status: number): void {
    if (status < 400) return this.note(status);
    this.bodies.set(stream, { status, text: '', decoder: new TextDecoder() });
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
