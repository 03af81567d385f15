// What a lesson makes of the page's streams.

import { expect, test } from 'vitest';
import type { Heard, Tapped } from '../../src/runner/tapped';
import { Streams } from '../../src/teach/streams';

/** A tap that says what it is told to. */
function tapped() {
  let hear: (message: Heard) => void = () => {};
  const port = {
    watch() {},
    arm(_taps: unknown, _prompt: string, to: typeof hear) {
      hear = to;
      return Promise.resolve();
    },
    disarm: () => Promise.resolve(),
  };
  return { port: port as unknown as Tapped, say: (message: Heard) => hear(message) };
}

const socket = (stream: number, path: string): Heard => ({
  k: 'open',
  turn: 1,
  stream,
  // The turn's own sockets.
  tap: 3,
  status: 101,
  own: true,
  method: 'GET',
  path,
});
const text = (stream: number, words: string): Heard => ({ k: 'text', turn: 1, stream, text: words });

test('a socket that the page opened late, but before the prompt was sent, outlives turns', async () => {
  const { port, say } = tapped();
  const streams = new Streams(port);
  await streams.start('Hello');
  say(socket(1, '/always'));
  streams.sent();
  say(socket(2, '/turn'));
  say(text(1, 'An answer'));
  say(text(2, 'An answer'));

  const seen = await streams.finish('An answer');

  expect(seen.map(({ path, standing }) => [path, standing])).toEqual([
    ['/always', true],
    ['/turn', false],
  ]);
});
