// What an owner approved holds until the adapter touches something else.

import { describe, expect, test } from 'vitest';
import { Approvals, differing, touchesOf } from '../../src/background/approvals';
import type { Adapter, Site } from '../../src/generated/protocol';
// @ts-expect-error -- a module without types
import { site as testSite } from '../browser/support/adapter.mjs';

const GATEWAY = 'ws://127.0.0.1:7070/node';
const ORIGIN = 'https://chat.example';
const GRANTED = new Set([ORIGIN]);

const site = (change: Partial<Adapter> | Record<string, unknown> = {}): Site =>
  testSite(ORIGIN, change) as unknown as Site;
const { locators, page } = site().adapter;

async function changed(change: Record<string, unknown>): Promise<string[]> {
  return differing(await touchesOf(site()), await touchesOf(site(change)));
}

describe('what a revision touches', () => {
  test.each([
    ['revision', { revision: 2, title: 'Other', terms: 'Other.' }],
    ['how the answer is read', { answer: { kind: 'dom', strip: [] }, tap: [] }],
    ['a role that is only read', { locators: { ...locators, answer: [{ css: '.other' }] } }],
    ['signals', { signals: { done: [{ gone: 'stop' }], error: [{ shown: { css: '.e' } }] } }],
    ['what says the same by leaving it out', { overlays: [], files: undefined, modes: [] }],
    ['the list of models', { models: { names: ['a'], source: { kind: 'tap', list: '', id: '/id' } } }],
    ['the window', { page: { ...page, needs_visible: true } }],
  ])('%s asks nothing', async (_, change) => {
    expect(await changed(change)).toEqual([]);
  });

  test.each([
    ['the send', { locators: { ...locators, send: [{ css: '#delete' }] } }],
    ['the composer', { locators: { ...locators, composer: [{ css: 'input' }] } }],
    ['the model item', { locators: { ...locators, model_item: [{ css: 'li' }] } }],
    ['the novelty', { locators: { ...locators, novelty: [{ css: 'a' }] } }],
    ['where it works', { page: { ...page, deny: [] } }],
    ['where it works', { page: { ...page, proof: [{ css: 'body' }] } }],
    ['how it sends', { send: { by: ['enter'], accepted: ['tap_opened'], proof_ms: 1000 } }],
    ['how it opens a new chat', { new_chat: 'navigate' }],
    ['how it chooses a model', { models: { names: [], source: { kind: 'menu' } } }],
    ['what it closes', { overlays: [{ shown: { css: '#a' }, close: { css: '#b' } }] }],
    ['novel', { novel: { click: '#x' } }],
  ])('%s asks', async (part, change) => {
    expect(await changed(change)).toEqual([part]);
  });

  test('frames ask, also where they are only read', async () => {
    const answer = [{ css: '.answer', frame: 'iframe#inner' }];
    expect(await changed({ locators: { ...locators, answer } })).toEqual([
      'the frames that it looks into',
    ]);
  });

  test('a role that another is looked for in counts for it', async () => {
    const within = (css: string) => ({
      locators: { ...locators, answer: [{ css }], stop: [{ css: 'button', within: 'answer' }] },
    });
    const [before, now] = [await touchesOf(site(within('.a'))), await touchesOf(site(within('.b')))];
    expect(differing(before, now)).toEqual(['the stop']);
  });

  test('the order of keys is nothing', async () => {
    const send = { proof_ms: 1000, accepted: ['tap_opened', 'stop_visible'], by: ['click', 'enter'] };
    expect(await changed({ send })).toEqual([]);
  });
});

describe('approvals', () => {
  const other = () => site({ new_chat: 'navigate' });

  test('the first grant approves; a change waits; an approval is of what was seen', async () => {
    const approvals = new Approvals();
    expect(await approvals.review({ [GATEWAY]: [site()] }, GRANTED)).toBe(true);
    expect(approvals.change(GATEWAY, 'chat')).toBeUndefined();
    expect(await approvals.review({ [GATEWAY]: [site({ revision: 2 })] }, GRANTED)).toBe(false);

    await approvals.review({ [GATEWAY]: [other()] }, GRANTED);
    const change = approvals.change(GATEWAY, 'chat');
    expect(change?.parts).toEqual(['how it opens a new chat']);
    // What came since was not seen.
    const third = site({ new_chat: 'navigate', send: { by: ['enter'] } });
    expect(await approvals.approve(GATEWAY, third, change!.seen)).toBe(false);
    expect(await approvals.approve(GATEWAY, other(), change!.seen)).toBe(true);
    await approvals.review({ [GATEWAY]: [other()] }, GRANTED);
    expect(approvals.change(GATEWAY, 'chat')).toBeUndefined();

    // As it was read back from disk, and rolled back to what was approved before.
    const later = new Approvals(JSON.parse(JSON.stringify(approvals.all())));
    await later.review({ [GATEWAY]: [site()] }, GRANTED);
    expect(later.change(GATEWAY, 'chat')?.parts).toEqual(['how it opens a new chat']);
  });

  test('another name, or another gateway, is no way around', async () => {
    const approvals = new Approvals();
    await approvals.review({ [GATEWAY]: [site()] }, GRANTED);
    const renamed = { ...other(), name: 'fresh' };
    await approvals.review({ [GATEWAY]: [renamed], elsewhere: [other()] }, GRANTED);
    expect(approvals.change(GATEWAY, 'fresh')?.parts).toEqual(['how it opens a new chat']);
    expect(approvals.change('elsewhere', 'chat')?.parts).toEqual(['how it opens a new chat']);
    await approvals.review({ [GATEWAY]: [{ ...site(), name: 'twin' }] }, GRANTED);
    expect(approvals.change(GATEWAY, 'twin')).toBeUndefined();
  });

  test('sites that come with the grant are approved together', async () => {
    const approvals = new Approvals();
    const both = [site(), { ...other(), name: 'second' }];
    expect(await approvals.review({ [GATEWAY]: both }, new Set())).toBe(false);
    await approvals.review({ [GATEWAY]: both }, GRANTED);
    expect(approvals.change(GATEWAY, 'chat')).toBeUndefined();
    expect(approvals.change(GATEWAY, 'second')).toBeUndefined();
  });

  test('a permission that was taken back takes the approval along', async () => {
    const approvals = new Approvals();
    await approvals.review({ [GATEWAY]: [site()] }, GRANTED);
    await approvals.review({ [GATEWAY]: [site()] }, new Set());
    expect(approvals.all()).toEqual([]);
    await approvals.review({ [GATEWAY]: [other()] }, GRANTED);
    expect(approvals.change(GATEWAY, 'chat')).toBeUndefined();
  });
});
