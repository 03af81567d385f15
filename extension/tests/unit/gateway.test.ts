import { beforeEach, describe, expect, test } from 'vitest';
import type { GatewayMessage, NodeMessage } from '../../src/generated/protocol';
import { Backoff } from '../../src/background/backoff';
import { GatewayLink, type Gateway } from '../../src/background/gateway';
import { readMessage } from '../../src/background/wire';

/** A socket whose other end is the test. */
class FakeSocket {
  readyState = 1;
  sent: NodeMessage[] = [];
  closed: number | undefined;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  send(data: string): void {
    this.sent.push(JSON.parse(data) as NodeMessage);
  }
  close(code: number): void {
    this.closed = code;
  }
  async say(message: unknown): Promise<void> {
    this.onmessage?.({ data: JSON.stringify(message) });
    // Proof and fingerprint are promises.
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  }
  drop(code: number, reason = ''): void {
    this.readyState = 3;
    this.onclose?.({ code, reason });
  }
}

let now: number;
let timers: { at: number; callback: () => void }[];
let sockets: FakeSocket[];
let heard: GatewayMessage[];

function pass(ms: number): void {
  const until = now + ms;
  for (;;) {
    const next = timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
    if (!next) break;
    timers.splice(timers.indexOf(next), 1);
    now = next.at;
    next.callback();
  }
  now = until;
}

function link(
  gateway: Gateway = { url: 'ws://127.0.0.1:7070/node', insecureLan: false },
  code?: string,
) {
  const around = {
    identity: {
      key: 'KEY',
      prove: async (id: string, nonce: string) => `${id}/${nonce}`,
      fingerprint: async () => 'ABCD-EFGH',
    },
    browser: 'Test 1',
    label: () => 'desk',
    connect: () => {
      sockets.push(new FakeSocket());
      return sockets.at(-1) as unknown as WebSocket;
    },
    now: () => now,
    after: (ms: number, callback: () => void) => {
      const timer = { at: now + ms, callback };
      timers.push(timer);
      return () => void (timers = timers.filter((one) => one !== timer));
    },
  };
  const events = {
    welcomed: () => {},
    heard: (_: unknown, message: GatewayMessage) => void heard.push(message),
    brought: () => undefined,
    changed: () => {},
  };
  return new GatewayLink(gateway, around, events, code);
}

const challenge = { type: 'challenge', protocol: 1, gateway: 'gw_1', nonce: 'n' };
const welcome = {
  type: 'welcome',
  node: 'node_1',
  epoch: 1,
  heartbeat_ms: 20_000,
  version: '1',
  extension_version: '0.2.0',
  sites: [],
};
const job = 'job_0199c0de000070008000000000000001';
const turn = {
  type: 'job',
  job,
  lane: 1,
  site: 's',
  prompt: 'p',
  conversation: 'fresh',
  accept_ms: 1,
  total_ms: 1,
  settings: {},
  files: [],
};
const last = () => sockets.at(-1) as FakeSocket;

beforeEach(() => {
  now = 0;
  timers = [];
  sockets = [];
  heard = [];
});

async function connected(code?: string) {
  const made = link(undefined, code);
  made.ensure();
  await last().say(challenge);
  await last().say(welcome);
  return made;
}

describe('a link', () => {
  test('proves its key, gives its code once, is in', async () => {
    const made = await connected('CODE');
    expect(last().sent[0]).toMatchObject({
      type: 'hello',
      key: 'KEY',
      signature: 'gw_1/n',
      code: 'CODE',
      label: 'desk',
    });
    expect(made.connected).toBe(true);
    last().drop(1006);
    pass(30_000);
    await last().say(challenge);
    expect(last().sent[0]).not.toHaveProperty('code');
  });

  test('answers a heartbeat, and drops a silent socket', async () => {
    const made = await connected();
    await last().say({ type: 'heartbeat' });
    expect(last().sent.at(-1)).toEqual({ type: 'heartbeat' });
    const first = last();
    pass(45_000);
    expect(made.state).toBe('connected');
    pass(10_000);
    expect(first.closed).toBe(4408);
    expect(made.state).not.toBe('connected');
  });

  test('a lost socket is tried again, each time later, then at once after success', async () => {
    const made = link();
    made.ensure();
    const waits: number[] = [];
    for (let tries = 0; tries < 8; tries++) {
      const before = sockets.length;
      last().drop(1006);
      const since = now;
      while (sockets.length === before) pass(50);
      waits.push(now - since);
    }
    expect(waits[0]).toBeLessThanOrEqual(550);
    expect(Math.max(...waits)).toBeLessThanOrEqual(30_050);
    expect(waits.at(-1)).toBeGreaterThan(10_000);
  });

  test.each([
    [4401, 'refused'],
    [4403, 'refused'],
    [4409, 'superseded'],
  ])('close %i means %s: no retry until a person asks', async (code, state) => {
    const made = await connected();
    last().drop(code);
    expect(made.state).toBe(state);
    pass(3_600_000);
    made.ensure();
    expect(sockets.length).toBe(1);
    made.retry();
    expect(sockets.length).toBe(2);
  });

  test('N8: close 4426 rests for long', async () => {
    const made = await connected();
    last().drop(4426, 'update');
    expect([made.state, made.detail]).toEqual(['outdated', 'update']);
    pass(599_000);
    expect(sockets.length).toBe(1);
    pass(2_000);
    expect(sockets.length).toBe(2);
  });

  test('N8: orders before the welcome end the connection', async () => {
    const made = link();
    made.ensure();
    await last().say({ type: 'sites', sites: [] });
    expect(last().closed).toBe(4400);
    expect(heard).toEqual([]);
  });

  test('N8: an older gateway is told nothing that it does not know', async () => {
    const made = await connected();
    expect(last().sent[0]).not.toHaveProperty('abilities');
    expect([...made.understands]).toEqual([]);
  });

  test('N8: both sides name what they understand; unknown names are skipped', async () => {
    const made = link();
    made.ensure();
    await last().say({ ...challenge, abilities: ['telepathy', 'places', 7], novelty: 1 });
    expect(last().sent[0]).toHaveProperty('abilities', ['places', 'reread', 'reload_idle', 'page_tools']);
    expect([...made.understands]).toEqual(['places']);
    await last().say({ ...welcome, novelty: 1 });
    expect(made.connected).toBe(true);
  });

  test('N8: what only a later version knows is not obeyed, and the popup says what to do', async () => {
    const made = await connected();
    await last().say({ type: 'open_url', url: 'x' });
    expect([last().closed, made.state]).toEqual([undefined, 'connected']);
    expect(made.detail).toMatch(/`open_url`.*update the extension/);
    await last().say({ type: 'ack', job, seq: 1, later: true });
    expect(made.detail).toMatch(/`ack.later`/);
    expect([heard, last().sent.length]).toEqual([[], 1]);
  });

  test('N8: a turn with more in it than is understood fails before anything is typed', async () => {
    await connected();
    await last().say({ ...turn, in_tongues: true });
    expect(heard).toEqual([]);
    expect(last().sent.at(-1)).toMatchObject({
      type: 'failed',
      job,
      accepted: false,
      failure: { class: 'bad_job', message: expect.stringContaining('update the extension') },
    });
  });

  test('N8: a step of the handshake that only a later version knows rests for long', async () => {
    const made = link();
    made.ensure();
    await last().say({ type: 'oath' });
    expect([last().closed, made.state]).toEqual([4426, 'outdated']);
    pass(599_000);
    expect(sockets.length).toBe(1);
  });

  test.each([
    ['it takes our words for none', () => last().drop(4400, 'update')],
    ['its words are none', () => last().say('gibberish')],
  ])('N8: no loop with a gateway that welcomes and then: %s', async (_, end) => {
    const made = await connected();
    for (let tries = 0; tries < 8; tries++) {
      await end();
      const before = sockets.length;
      while (sockets.length === before) pass(50);
      await last().say(challenge);
      await last().say(welcome);
    }
    await end();
    const before = sockets.length;
    pass(10_000);
    expect(sockets.length).toBe(before);
    while (sockets.length === before) pass(50);
    await last().say(challenge);
    await last().say(welcome);
    // It has lived: the next loss is an ordinary one.
    await last().say({ type: 'heartbeat' });
    last().drop(1006);
    pass(1_000);
    expect([sockets.length, made.state]).toEqual([before + 2, 'connecting']);
  });

  test('another fingerprint ends the pairing for good', async () => {
    const made = link(undefined, 'CODE');
    made.ensure();
    await last().say(challenge);
    await last().say({ type: 'pairing', fingerprint: 'ZZZZ-ZZZZ' });
    expect(made.state).toBe('refused');
    expect(last().closed).toBe(4403);
  });
});

describe('the closed list', () => {
  test.each([
    { type: 'cancel', job },
    { type: 'ack', job, seq: 3 },
    { type: 'heartbeat' },
    turn,
    { ...turn, model: 'm', mode: 'n', after: job, place: '/c/1' },
  ])('takes $type', (message) => expect(readMessage(JSON.stringify(message))).toEqual(message));

  test.each([
    { type: 'cancel' },
    { type: 'cancel', job: 'job_1' },
    { type: 'ack', job, seq: -1 },
    { type: 'ack', job, seq: '3' },
    { ...turn, conversation: 'other' },
    { ...turn, place: '//elsewhere' },
    [],
    null,
    'heartbeat',
  ])('refuses %j', (message) => expect(readMessage(JSON.stringify(message))).toBeNull());

  test.each(['toString', '__proto__', 'x'])('N8: knows no command %s', (type) =>
    expect(readMessage(JSON.stringify({ type }))).toEqual({ type: 'novelty', what: type }),
  );

  test('N8: refuses what is not JSON text', () => {
    expect(readMessage('{')).toBeNull();
    expect(readMessage(new ArrayBuffer(1))).toBeNull();
  });

  test('a site of another schema or without an origin is left out', () => {
    const sites = [
      { name: 'a', origin: 'http://x/path', adapter: {} },
      { name: 'b', origin: 'http://x', adapter: { schema: 99 } },
    ];
    expect(readMessage(JSON.stringify({ type: 'sites', sites }))).toEqual({
      type: 'sites',
      sites: [],
    });
  });
});

test('back-off doubles, is jittered, has a ceiling', () => {
  const waits = (random: number) => {
    const backoff = new Backoff(() => random);
    return Array.from({ length: 9 }, () => backoff.next());
  };
  expect(waits(1)).toEqual([500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
  expect(waits(0)[0]).toBe(250);
});
