// What the page's own streams bring while a lesson runs: all of them, within a bound.

import type { SeenStream, Tap, Transport } from '../generated/protocol';
import type { FromTap } from '../shared/channel';
import type { Tapped } from '../runner/tapped';

/** The most characters that are kept of all streams together. */
const MAX_KEPT = 2 << 20;
/** The most bytes that a lesson carries of them; see `teach::MAX_SEEN_BYTES`. */
const MAX_TOLD = 700 << 10;

const TRANSPORTS: Transport[] = ['fetch', 'xhr', 'eventsource', 'websocket'];
const tap = (transport: Transport, standing: boolean): Tap => ({
  transport,
  path: '**',
  standing,
  purpose: 'answer',
  body: [],
});
/** Every stream: first as one that the turn opened, then as one that was open before. */
const EVERY: Tap[] = [
  ...TRANSPORTS.map((transport) => tap(transport, false)),
  ...TRANSPORTS.map((transport) => tap(transport, true)),
];

interface Heard {
  seen: SeenStream;
  decoder: TextDecoder;
}

export class Streams {
  private readonly heard = new Map<number, Heard>();
  private readonly all: Heard[] = [];
  private kept = 0;

  constructor(private readonly tapped: Tapped) {}

  /** From now on bodies are kept whole, also those that are asked for before the prompt. */
  watch(): void {
    this.tapped.watch(EVERY.slice(TRANSPORTS.length));
  }

  start(prompt: string): Promise<void> {
    return this.tapped.arm(EVERY, prompt, (message) => this.hear(message));
  }

  /** The prompt is sent: what is open by now outlives turns, however late the page opened it. */
  sent(): void {
    for (const { seen } of this.all) seen.standing = true;
  }

  /** Nothing more is heard. Those streams come first that hold words of the answer. */
  async finish(answer: string): Promise<SeenStream[]> {
    await this.tapped.disarm();
    const words = (answer.match(/\p{L}{4,}/gu) ?? []).slice(0, 40);
    const told = this.all
      .filter(({ seen }) => seen.body !== '' || seen.messages.length > 0)
      .map(({ seen }) => ({ seen, hits: hitsOf(seen, words) }))
      .sort((a, b) => b.hits - a.hits)
      .map(({ seen }) => seen);
    const within: SeenStream[] = [];
    let left = MAX_TOLD;
    for (const seen of told) {
      left -= new TextEncoder().encode(JSON.stringify(seen)).length;
      if (left < 0) break;
      within.push(seen);
    }
    return within;
  }

  private hear(message: Exclude<FromTap, { k: 'ready' }>): void {
    if (message.k === 'open') {
      const { stream, tap, status, method, path } = message;
      const standing = tap >= TRANSPORTS.length;
      const transport = TRANSPORTS[tap % TRANSPORTS.length] ?? 'fetch';
      const seen = {
        transport,
        method,
        path,
        standing,
        status,
        body: '',
        messages: [],
        cut: false,
      };
      const heard = { seen, decoder: new TextDecoder() };
      this.heard.set(stream, heard);
      this.all.push(heard);
      return;
    }
    const heard = 'stream' in message ? this.heard.get(message.stream) : undefined;
    if (!heard) return;
    if (message.k === 'bytes') {
      heard.seen.body += this.within(heard, heard.decoder.decode(message.bytes, { stream: true }));
    } else if (message.k === 'text') {
      const text = this.within(heard, message.text);
      if (text !== '') heard.seen.messages.push(text);
    }
  }

  private within(heard: Heard, text: string): string {
    if (this.kept + text.length > MAX_KEPT) {
      heard.seen.cut = true;
      return '';
    }
    this.kept += text.length;
    return text;
  }
}

/** How many words of the answer a stream holds; where they come in pieces, their beginnings. */
function hitsOf({ body, messages }: SeenStream, words: string[]): number {
  const text = body + messages.join('\n');
  return words.filter((word) => text.includes(word.slice(0, 4))).length;
}
