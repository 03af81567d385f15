import { beforeEach, describe, expect, test } from 'vitest';
import { orderOf } from '../../src/background/order';
import { Tended, type Care, type Tab } from '../../src/background/tended';
import type { Site } from '../../src/generated/protocol';

const ORIGIN = 'http://127.0.0.1:7070';
const site = { name: 'demo', origin: ORIGIN } as Site;

let tabs: Tab[];
let speaking: Set<number>;
let reloaded: number[];
let saved: Record<string, number[]>;
let now: number;
let wanted: { site: Site; start: string }[];

function tended(lanes: number, opened: Record<string, number[]> = {}): Tended {
  const care: Care = {
    wanted: () => wanted,
    speaks: (tab) => speaking.has(tab),
    tabs: async () => tabs,
    open: async (url) => {
      const tab = { id: 100 + tabs.length, url };
      tabs.push(tab);
      speaking.add(tab.id);
      return tab;
    },
    reload: async (tab) => void reloaded.push(tab),
    now: () => now,
    after: () => () => {},
    opened,
    save: (all) => void (saved = all),
  };
  return new Tended(lanes, care);
}

beforeEach(() => {
  tabs = [{ id: 1, url: 'about:blank' }];
  speaking = new Set();
  reloaded = [];
  saved = {};
  now = 0;
  wanted = [{ site, start: `${ORIGIN}/demo/` }];
});

describe('the tabs of a fleet', () => {
  test('are opened, once', async () => {
    const keeper = tended(2);
    await Promise.all([keeper.look(), keeper.look()]);
    expect(tabs.map(({ url }) => url)).toEqual([
      'about:blank',
      `${ORIGIN}/demo/`,
      `${ORIGIN}/demo/`,
    ]);
    expect(saved).toEqual({ [ORIGIN]: [101, 102] });
  });

  test('are opened again when one is closed, and none for a site that is not wanted', async () => {
    const keeper = tended(2);
    await keeper.look();
    tabs = tabs.filter(({ id }) => id !== 101);
    await keeper.look();
    expect(tabs.length).toBe(3);
    tabs = [];
    wanted = [];
    await keeper.look();
    expect(tabs).toEqual([]);
  });

  test('a tab that went to a sign-in is left to its human, also by the next worker', async () => {
    const keeper = tended(1);
    await keeper.look();
    tabs = [{ id: 101, url: undefined }];
    speaking.clear();
    now += 3_600_000;
    await keeper.look();
    await tended(1, saved).look();
    expect([tabs.length, reloaded]).toEqual([1, []]);
  });

  test('a tab that a person opened counts, and is not reloaded', async () => {
    tabs = [{ id: 7, url: `${ORIGIN}/demo/` }];
    const keeper = tended(1);
    await keeper.look();
    now += 3_600_000;
    await keeper.look();
    expect([tabs.length, reloaded]).toEqual([1, []]);
  });

  test('a crashed page is loaded again, less and less often', async () => {
    const keeper = tended(1);
    await keeper.look();
    speaking.clear();
    const at: number[] = [];
    for (now = 0; now <= 80_000; now += 1_000) {
      await keeper.look();
      if (reloaded.length > at.length) at.push(now);
    }
    expect(at).toEqual([10_000, 30_000, 70_000]);
    speaking.add(101);
    await keeper.look();
    speaking.clear();
    now += 1_000;
    await keeper.look();
    expect(reloaded.length).toBe(3);
  });
});

test('an order is whole or nobody\'s', () => {
  const order = {
    gateway: 'ws://127.0.0.1:7070/node',
    key: 'fleet-x',
    label: 'work',
    sites: ['demo'],
    lanes: 2,
  };
  expect(orderOf(order)).toEqual(order);
  const { key: _, ...paired } = order;
  expect(orderOf(paired)).toEqual(paired);
  for (const bad of [
    null,
    [],
    'x',
    { ...order, gateway: 'http://127.0.0.1' },
    { ...order, gateway: '' },
    { ...order, label: '' },
    { ...order, sites: [1] },
    { ...order, lanes: 0 },
    { ...order, lanes: 17 },
    { ...order, lanes: '2' },
    { ...order, key: 5 },
  ]) {
    expect(orderOf(bad)).toBeNull();
  }
});
