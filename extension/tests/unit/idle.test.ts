// Tabs that nobody has used for long are loaded again; whoever uses one keeps it.

import { beforeEach, describe, expect, test } from 'vitest';
import type { GatewayLink } from '../../src/background/gateway';
import { Idle, type Care } from '../../src/background/idle';
import type { Lane } from '../../src/background/lanes';
import type { LaneState, SeatState, Site } from '../../src/generated/protocol';

const url = 'ws://127.0.0.1:1/node';
const link = { gateway: { url } } as GatewayLink;
const word = { type: 'reload_idle', site: 'chat', lane: 3, idle_ms: 21_600_000 } as const;
const answer = { k: 'untouched', gateway: url, site: 'chat' } as const;
const lane = { tab: 3 } as Lane;

let now: number;
let state: SeatState;
let doing: LaneState;
let page: Lane;
let working: boolean;
let looking: boolean;
let meanwhile: () => void;
let asked: unknown[];
let reloaded: number[];

function idle(): Idle {
  const care: Care = {
    lanes: {
      get: () => page,
      seat: () => ({ state, lanes: [{ lane: 3, state: doing }] }) as never,
      tell: (tab: number, message: unknown) => void asked.push([tab, message]),
    },
    sites: { [url]: [{ name: 'chat' } as Site] },
    works: () => working,
    watched: async () => (meanwhile(), looking),
    reload: async (tab) => void reloaded.push(tab),
    now: () => now,
  };
  return new Idle(care);
}

beforeEach(() => {
  [now, state, doing, page] = [1_000, 'ready', 'idle', lane];
  [working, looking, meanwhile] = [false, false, () => {}];
  [asked, reloaded] = [[], []];
});

describe('an idle tab', () => {
  test('is loaded again once its page says that nobody has touched it', async () => {
    const made = idle();
    made.take(link, word);
    expect(asked).toEqual([[3, { k: 'untouched', gateway: url, site: 'chat', ms: 21_600_000 }]]);
    expect(reloaded).toEqual([]);
    now += 9_000;
    await made.answered(lane, answer);
    await made.answered(lane, answer);
    expect(reloaded).toEqual([3]);
  });

  test.each(['signed_out', 'challenge', 'consent', 'loading', 'page_changed'] as const)(
    'that is %s is left to its human, and not even asked',
    (shown) => {
      state = shown;
      idle().take(link, word);
      expect(asked).toEqual([]);
    },
  );

  test.each(['busy', 'yielded', 'unready'] as const)('that is %s is left alone', (what) => {
    doing = what;
    idle().take(link, word);
    expect(asked).toEqual([]);
  });

  test('of another site, or with a turn, is left alone', () => {
    idle().take(link, { ...word, site: 'other' });
    idle().take(link, { ...word, lane: 4 });
    working = true;
    idle().take(link, word);
    expect(asked).toEqual([]);
  });

  test('that its person looks at is left alone', async () => {
    looking = true;
    const made = idle();
    made.take(link, word);
    await made.answered(lane, answer);
    expect(reloaded).toEqual([]);
  });

  test.each<[string, () => void]>([
    ['a turn', () => (working = true)],
    ['its human', () => (doing = 'yielded')],
    ['a challenge', () => (state = 'challenge')],
    ['another page', () => (page = { tab: 3 } as Lane)],
  ])('that gets %s in the meantime is left alone', async (_, comes) => {
    meanwhile = comes;
    const made = idle();
    made.take(link, word);
    await made.answered(lane, answer);
    expect(reloaded).toEqual([]);
  });

  test('whose page answers late, unasked, or for another gateway is left alone', async () => {
    const made = idle();
    await made.answered(lane, answer);
    made.take(link, word);
    await made.answered(lane, { ...answer, gateway: 'ws://other' });
    made.take(link, word);
    now += 10_001;
    await made.answered(lane, answer);
    expect(reloaded).toEqual([]);
  });
});
