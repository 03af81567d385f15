// N9: what a browser's human is needed for is noticed, told once, and forgotten when it is mended.

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { badgeOf } from '../../src/background/badge';
import { ADVICE, Needs, REASONS, type Care, type Need, type Shown } from '../../src/background/needs';
import type { Node } from '../../src/background/node';
import { bringForward, listenToNotices, notify, withdraw } from '../../src/background/notices';
import type { SeatState } from '../../src/generated/protocol';
import type { Outcome } from '../../src/shared/channel';

const ORIGIN = 'https://chat.example';

let now: number;
let shown: Shown[];
let told: string[];
let saved: Need[];
let timers: { at: number; callback: () => void }[];

function needs(kept: Need[] = []): Needs {
  const care: Care = {
    now: () => now,
    after: (ms, callback) => void timers.push({ at: now + ms, callback }),
    shown: () => shown,
    tell: ({ reason, site }) => void told.push(`${site} ${reason}`),
    withdraw: ({ site }) => void told.push(`${site} back`),
    save: (all) => void (saved = structuredClone(all)),
  };
  return new Needs(care, kept);
}

const page = (state: SeatState, origin = ORIGIN): Shown => ({ origin, site: 'chat', state });

/** Shows this for so long. */
function show(found: Needs, state: SeatState, ms = 0): void {
  shown = [page(state)];
  found.look();
  now += ms;
  for (const { at, callback } of timers) if (at <= now) callback();
}

const quota: Outcome = {
  kind: 'failed',
  accepted: true,
  failure: { class: 'quota', message: 'A quota of the account is used up.' },
};

beforeEach(() => {
  now = 1_000;
  shown = [];
  told = [];
  saved = [];
  timers = [];
});

describe('n9: what the human is needed for', () => {
  test.each(['signed_out', 'challenge', 'consent'] as const)('%s is told once', (state) => {
    const found = needs();
    show(found, state, 4_999);
    expect(told).toEqual([]);
    show(found, state, 60_000);
    show(found, state, 60_000);
    expect(told).toEqual([`chat ${state}`]);
    expect(saved).toEqual([
      { origin: ORIGIN, site: 'chat', reason: state, since: 1_000, told: true },
    ]);
    show(found, 'ready');
    expect(told).toEqual([`chat ${state}`, 'chat back']);
    expect(saved).toEqual([]);
  });

  test('a check that a page does by itself is not told', () => {
    const found = needs();
    show(found, 'challenge', 3_000);
    show(found, 'ready', 60_000);
    expect(told).toEqual([]);
  });

  test('a tab that is closed or loads has not been mended', () => {
    const found = needs();
    show(found, 'signed_out', 6_000);
    for (const state of ['no_tab', 'loading', 'page_changed'] as const) show(found, state, 6_000);
    expect(found.all()).toHaveLength(1);
    show(found, 'challenge', 6_000);
    show(found, 'ready');
    expect(told).toEqual(['chat signed_out', 'chat challenge', 'chat back']);
  });

  test('two gateways that use one page tell of it once', () => {
    const found = needs();
    shown = [page('consent'), page('consent')];
    found.look();
    now += 5_000;
    found.look();
    expect(told).toEqual(['chat consent']);
  });

  test('a worker that died tells nothing twice', () => {
    const kept = { origin: ORIGIN, site: 'chat', reason: 'consent', since: 1, told: true } as const;
    const found = needs([kept]);
    show(found, 'consent', 60_000);
    expect(told).toEqual([]);
    expect(found.all()[0]?.since).toBe(1);
  });

  test('a site that is gone needs nobody', () => {
    const found = needs();
    show(found, 'signed_out', 6_000);
    shown = [];
    found.look();
    expect([found.all(), told]).toEqual([[], ['chat signed_out', 'chat back']]);
  });

  test('a used-up quota lasts until a turn goes well, or a day', () => {
    const found = needs();
    show(found, 'ready');
    found.ended(ORIGIN, 'chat', quota);
    show(found, 'ready', 6_000);
    show(found, 'ready', 6_000);
    expect(told).toEqual(['chat quota']);
    found.ended(ORIGIN, 'chat', { kind: 'done', cancelled: true });
    expect(found.all()).toHaveLength(1);
    found.ended(ORIGIN, 'chat', { kind: 'done', cancelled: false });
    expect(told).toEqual(['chat quota', 'chat back']);
    found.ended(ORIGIN, 'chat', quota);
    show(found, 'ready', 25 * 3_600_000);
    found.look();
    expect(found.all()).toEqual([]);
  });

  test('every reason comes with what to do', () => {
    expect(REASONS.every((reason) => ADVICE[reason].length > 20)).toBe(true);
  });
});

test.each(['signed_out', 'challenge', 'consent'] as const)('n9: the badge asks at %s', (state) => {
  const node = {
    links: new Map([['ws://a', { connected: true, gateway: { url: 'ws://a' } }]]),
    seatsOf: () => [{ state }],
    sites: {},
    approvals: { change: () => undefined },
    jobs: { running: () => [] },
    paused: false,
  } as unknown as Node;
  expect(badgeOf(node)).toBe('needs_human');
});

describe('n9: the notification', () => {
  const need: Need = { origin: ORIGIN, site: 'chat', reason: 'challenge', since: 1, told: true };
  afterEach(() => vi.unstubAllGlobals());

  test('without the permission there is none, and nothing breaks', () => {
    vi.stubGlobal('chrome', { runtime: { getURL: (path: string) => path } });
    notify(need);
    withdraw(need);
    listenToNotices(() => Promise.reject(new Error('not asked')));
  });

  test('says what to do, and a click brings the page to the front', async () => {
    let click: (id: string) => void = () => {};
    const create = vi.fn(async () => '');
    const update = vi.fn(async () => ({ windowId: 7 }));
    const focus = vi.fn(async () => ({}));
    vi.stubGlobal('chrome', {
      runtime: { getURL: (path: string) => path },
      notifications: {
        create,
        clear: vi.fn(async () => true),
        onClicked: {
          hasListener: () => false,
          addListener: (listener: typeof click) => (click = listener),
        },
      },
      tabs: { update },
      windows: { update: focus },
    });
    const lane = (tab: number, state: SeatState) => ({
      tab,
      origin: ORIGIN,
      report: { verdicts: [{ state }] },
    });
    const lanes = { all: () => [lane(1, 'ready'), lane(2, 'challenge')] };
    const node = { lanes } as unknown as Node;
    listenToNotices(() => Promise.resolve(node));
    notify(need);
    expect(create).toHaveBeenCalledWith(
      `need ${ORIGIN}`,
      expect.objectContaining({ title: 'Tabway: chat needs you', message: ADVICE.challenge }),
    );
    click('other');
    click(`need ${ORIGIN}`);
    await vi.waitFor(() => expect(focus).toHaveBeenCalledWith(7, { focused: true }));
    expect(update.mock.calls).toEqual([[2, { active: true }]]);
    update.mockRejectedValueOnce(new Error('the tab is gone'));
    await bringForward(node, ORIGIN);
  });
});
