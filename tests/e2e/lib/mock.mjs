// The scripted upstream: what it is told to do, what it received.

import { env } from './env.mjs';
import { Program } from './program.mjs';

/** What it answers to a prompt. */
export const expectedAnswer = (prompt) => `You said: «${prompt}» and that is all.`;

/** The control of a running mock, by the base URL of its API. */
export class Mock {
  constructor(baseUrl) {
    this.baseUrl = baseUrl;
    this.root = new URL('/__mock/', baseUrl);
  }

  /** The next requests are answered like this, in order. */
  async script(...behaviours) {
    const response = await fetch(new URL('script', this.root), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(behaviours),
    });
    if (!response.ok) throw new Error(`the script was refused: ${await response.text()}`);
  }

  /** The chat requests that it received, oldest first, with their bodies read. */
  async chats() {
    const entries = (await this.journal()).filter(({ path }) => path.endsWith('/chat/completions'));
    return entries.map((entry) => ({ ...entry, body: JSON.parse(entry.body) }));
  }

  async journal() {
    return (await fetch(new URL('journal', this.root))).json();
  }

  async forget() {
    await fetch(new URL('journal', this.root), { method: 'DELETE' });
  }
}

/** Starts one of our own. */
export async function startMock() {
  const program = new Program(env.mockUpstream, []);
  const [baseUrl] = await program.says(/http:\/\/\S+/);
  return Object.assign(new Mock(baseUrl), { stop: () => program.stop() });
}
