import { describe, expect, test } from 'vitest';
import { Lanes } from '../../src/background/lanes';
import { Rereads } from '../../src/background/rereads';
import type { GatewayLink } from '../../src/background/gateway';
import type { ModelList, Site } from '../../src/generated/protocol';
import { modelsIn, toldIn } from '../../src/runner/models';
import type { LaneState } from '../../src/generated/protocol';
import { wayToReread } from '../../src/shared/reread';

describe('what a list tells of its models', () => {
  const where: ModelList = {
    list: '/models',
    id: '/id',
    capabilities: {
      vision: [{ at: '/inputs', has: 'image' }, { at: '/sees' }],
      image_out: [{ at: '/outputs', has: 'image' }],
      thinking: [{ at: '/family', has: 'reasoner' }],
    },
  };
  const document = {
    models: [
      { id: 'a', inputs: ['text', 'image'], outputs: { image: { ratios: [1] } }, family: 'reasoner' },
      { id: 'b', inputs: ['text'], outputs: { image: {} }, sees: {}, family: 'plain' },
      { id: 'c', sees: { most: 4 } },
      { id: 7 },
    ],
  };

  test('is read by signs that are words, lists and fields', () => {
    expect([...modelsIn(document, where).keys()]).toEqual(['a', 'b', 'c']);
    expect(toldIn(document, where)).toEqual({
      a: { vision: true, image_out: true, thinking: true },
      b: { vision: false, image_out: false, thinking: false },
      c: { vision: true, image_out: false, thinking: false },
    });
  });

  test('is nothing where the adapter names no signs', () => {
    expect(toldIn(document, { list: '/models', id: '/id', capabilities: {} })).toEqual({});
  });
});

test('a page is read, loaded again for its list, or left alone', () => {
  const tap = { kind: 'tap', list: '', id: '', capabilities: {} } as const;
  expect(wayToReread(undefined, true, false)).toBe('none');
  expect(wayToReread({ kind: 'menu' }, true, true)).toBe('read');
  expect(wayToReread({ kind: 'menu' }, false, false)).toBe('busy');
  expect(wayToReread(tap, true, false)).toBe('reload');
  expect(wayToReread(tap, true, true)).toBe('busy');
});

describe('a gateway that wants models read again', () => {
  const url = 'ws://127.0.0.1:1/node';
  const menu = { kind: 'menu' } as const;
  const site = (name: string, source: typeof menu | undefined): Site =>
    ({ name, origin: 'http://x', adapter: { models: { names: [], source }, modes: [] } }) as never;

  function rereads(states: LaneState[]) {
    const told: { tab: number; request: string }[] = [];
    const lanes = {
      seat: () => ({ lanes: states.map((state, at) => ({ lane: at + 1, state })) }),
      tell: (tab: number, { request }: { request: string }) => told.push({ tab, request }),
      get: () => undefined,
    } as unknown as Lanes;
    const sites = { [url]: [site('menu', menu), site('plain', undefined)] };
    let expire = () => {};
    const after = (_: number, callback: () => void) => ((expire = callback), () => {});
    const said: unknown[] = [];
    const link = { gateway: { url }, say: (word: unknown) => said.push(word) } as never as GatewayLink;
    return { made: new Rereads({ lanes, sites, after }), told, said, link, expire: () => expire() };
  }

  const wish = { type: 'reread', request: 'r' } as const;

  test('has it done in a tab that nobody uses, and hears of it', async () => {
    const { made, told, said, link } = rereads(['busy', 'idle']);
    const taken = made.take(link, wish);
    expect(told).toMatchObject([{ tab: 2 }]);
    const request = told[0]?.request ?? '';
    made.answered({ k: 'reread', gateway: url, request, site: 'menu', way: 'read' });
    await taken;
    expect(said).toEqual([{ type: 'reread', request: 'r', read: ['menu'], busy: [] }]);
  });

  test('hears that every tab is in use, or that a page did not answer', async () => {
    const used = rereads(['busy', 'yielded']);
    await used.made.take(used.link, wish);
    expect(used.said).toMatchObject([{ read: [], busy: ['menu'] }]);
    const silent = rereads(['idle']);
    const taken = silent.made.take(silent.link, wish);
    silent.expire();
    await taken;
    expect(silent.said).toMatchObject([{ read: [], busy: ['menu'] }]);
  });
});
