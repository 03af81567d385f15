// @vitest-environment happy-dom
import { beforeEach, expect, test, vi } from 'vitest';
import type { Tap } from '../../src/generated/protocol';
import type { FromTap } from '../../src/shared/channel';
import { Hub } from '../../src/tap/hub';

vi.mock('../../src/tap/natives', () => ({
  say: (_ear: EventTarget, _type: string, message: FromTap) => void said.push(message),
  decode: (bytes: BufferSource) => new TextDecoder().decode(bytes),
}));

let said: FromTap[];
let hub: Hub;

beforeEach(() => {
  said = [];
  hub = new Hub(new EventTarget());
});

function tap(change: Partial<Tap>): Tap {
  return { transport: 'fetch', path: '/chat', standing: false, purpose: 'answer', ...change } as Tap;
}

/** A request that is answered whole. */
function request(path: string, body: unknown, answer = 'data: x\n\n', status = 200): void {
  const live = hub.begin('fetch', `http://page.test${path}`, 'POST');
  live.asked(body);
  live.opened(status);
  live.bytes(new TextEncoder().encode(answer));
  live.closed(false);
}

function kinds(): string[] {
  return said.map(({ k }) => k).filter((k) => k !== 'ready');
}

test('a condition on the body tells the turn from the page’s other requests', () => {
  const body = [{ pointer: '/stream', equals: true }];
  hub.hear({ k: 'arm', turn: 1, taps: [tap({ body })], prompt: 'hello' });
  request('/chat', '{"stream":false,"prompt":"hello"}');
  request('/chat', 'no JSON, but hello');
  request('/chat', null);
  expect(kinds()).toEqual([]);
  request('/chat', '{"stream":true,"prompt":"hello"}');
  expect(kinds()).toEqual(['request', 'sent', 'open', 'bytes', 'close']);
});

test('a body that is still being read holds back what follows, in order', () => {
  const body = [{ pointer: '/stream', equals: true }];
  hub.hear({ k: 'arm', turn: 1, taps: [tap({ body })], prompt: 'hello' });
  for (const text of ['{"stream":true}', '{}']) {
    const live = hub.begin('fetch', 'http://page.test/chat', 'POST');
    live.hold();
    expect(hub.wants(live, 'text/event-stream')).toBe(true);
    live.opened(200);
    live.bytes(new Uint8Array([1]));
    live.closed(false);
    expect(kinds()).toEqual([]);
    live.asked(text);
    expect(kinds()).toEqual(text === '{}' ? [] : ['request', 'open', 'bytes', 'close']);
    said = [];
  }
});

test('what takes the prompt tells its status and is no part of the answer', () => {
  const taps = [tap({ path: '/ask', purpose: 'accepted' }), tap({ path: '/events' })];
  hub.hear({ k: 'arm', turn: 1, taps, prompt: 'hello' });
  request('/ask', '{"prompt":"hello"}', '{"id":1}', 429);
  expect(said.slice(1)).toEqual([
    { k: 'request', turn: 1, tap: 0 },
    { k: 'sent', turn: 1, tap: 0 },
    { k: 'status', turn: 1, tap: 0, status: 429 },
  ]);
  request('/events', null);
  expect(kinds().slice(3)).toEqual(['request', 'open', 'bytes', 'close']);
});

test('a list that came before anybody watched is told as soon as somebody does', () => {
  request('/models', null, '["a","b"]');
  expect(said).toEqual([]);
  const models = tap({ path: '/models', purpose: 'models' });
  hub.hear({ k: 'watch', list: 7, taps: [models] });
  const noticed = { k: 'noticed', list: 7, tap: 0, status: 200 };
  expect(said).toEqual([{ ...noticed, text: '["a","b"]' }]);
  request('/models', null, '["c"]');
  expect(said[1]).toEqual({ ...noticed, text: '["c"]' });
});

test('an upload is told by its status alone, in a turn and out of it', () => {
  const upload = tap({ path: '/upload', purpose: 'upload' });
  hub.hear({ k: 'watch', list: 1, taps: [upload] });
  request('/upload', 'bytes', '{"id":"f"}', 201);
  hub.hear({ k: 'arm', turn: 1, taps: [upload], prompt: 'hello' });
  request('/upload', 'bytes', '{"id":"f"}', 413);
  const told = said.filter(({ k }) => k !== 'ready');
  const noticed = { k: 'noticed', list: 1, tap: 0, text: '' };
  expect(told).toEqual([
    { ...noticed, status: 201 },
    { ...noticed, status: 413 },
  ]);
});
