// Turns whose pages are lost: what the gateway is told, and what is opened again.

import { beforeEach, expect, test, vi } from 'vitest';
import type { NodeMessage, Site } from '../../src/generated/protocol';
import { Jobs } from '../../src/background/jobs';
import { Lanes, type Lane } from '../../src/background/lanes';
import { Turns, type Desk } from '../../src/background/turns';
import type { GatewayLink } from '../../src/background/gateway';
import type { ToRunner } from '../../src/shared/channel';
import { printOf } from '../../src/shared/print';

const URL_ = 'ws://gateway.test/node';
const PAGE = 'http://page.test';
const JOB = 'job_1';
const ORDER = {
  type: 'job',
  job: JOB,
  lane: 1,
  site: 'page',
  prompt: 'hello',
  conversation: 'fresh',
  settings: {},
  files: [],
  accept_ms: 1_000,
  total_ms: 1_000,
} as const;
const HARVEST = {
  type: 'harvest',
  job: 'job_2',
  of: JOB,
  lane: 2,
  site: 'page',
  accept_ms: 1_000,
  total_ms: 1_000,
} as const;
const AT = { place: '/c/7', before: 2, print: printOf('hello') };

let said: NodeMessage[];
let opened: [tab: number, url: string][];
let disk: Record<string, unknown>;
let session: Record<string, unknown>;

beforeEach(() => {
  [said, opened, disk, session] = [[], [], {}, {}];
  const area = (values: Record<string, unknown>) => ({
    set: async (some: object) => void Object.assign(values, structuredClone(some)),
    get: async () => structuredClone(values),
  });
  vi.stubGlobal('chrome', {
    storage: { local: area(disk), session: area(session) },
    tabs: {
      get: async () => ({ url: `${PAGE}/c/other` }),
      update: async (tab: number, { url }: { url: string }) => void opened.push([tab, url]),
      reload: async () => {},
    },
  });
});

/** A background with tabs 1 and 2 of the site, as it is after a start. */
function background() {
  const jobs = new Jobs();
  const lanes = new Lanes();
  const told: [tab: number, message: ToRunner][] = [];
  const site = { name: 'page', origin: PAGE, adapter: { page: { start: '/' } } } as Site;
  const link = {
    gateway: { url: URL_ },
    connected: true,
    say: (message: NodeMessage) => void said.push(message),
  } as unknown as GatewayLink;
  const desk = {
    lanes,
    jobs,
    links: new Map([[URL_, link]]),
    sites: { [URL_]: [site] },
    paused: false,
    counters: { turns: 0, failures: 0, frames: 0 },
    filesOf: () => new Map(),
    memoryOf: () => ({}),
    lack: () => null,
    after: () => () => {},
    shown: () => {},
  } as unknown as Desk;
  const turns = new Turns(desk);
  const open = (tab: number): Lane => {
    const port = {
      sender: { url: `${PAGE}/` },
      postMessage: (message: ToRunner) => void told.push([tab, message]),
    } as unknown as chrome.runtime.Port;
    const lane = lanes.add(tab, PAGE, port);
    const verdict = { gateway: URL_, site: 'page', lane: true, state: 'ready', detail: '', models: [] };
    lane.report = { ...lane.report, verdicts: [verdict as never] };
    return lane;
  };
  return { jobs, lanes, turns, link, told, open, first: open(1), second: open(2) };
}

const failed = () => said.find((message) => message.type === 'failed');

test('a page that is lost before anything was sent says so', async () => {
  const { turns, link } = background();
  await turns.take(link, ORDER as never);
  turns.loseTab(1);
  expect(failed()).toMatchObject({ job: JOB, accepted: false, failure: { class: 'lane_lost' } });
});

test('what was about to be sent is taken for sent, and is written down before it is', async () => {
  const { turns, link, first, told } = background();
  await turns.take(link, ORDER as never);
  const written = turns.sending(first, JOB, AT);
  expect(told.some(([, { k }]) => k === 'send')).toBe(false);
  await written;
  expect(disk.places).toMatchObject({ [JOB]: { ...AT, gateway: URL_, site: 'page' } });
  expect(told.at(-1)).toEqual([1, { k: 'send', job: JOB }]);
  turns.loseTab(1);
  expect(failed()).toMatchObject({ accepted: true });
});

test('a lost answer is read where its conversation is', async () => {
  const { turns, link, first, second, told } = background();
  await turns.take(link, ORDER as never);
  await turns.sending(first, JOB, AT);
  turns.moved(first, JOB, { ...AT, place: '/c/8' });
  turns.loseTab(1);
  await turns.harvest(link, HARVEST);
  await Promise.resolve();
  expect(opened).toEqual([[2, `${PAGE}/c/8`]]);
  turns.greet(second, []);
  expect(told.at(-1)).toMatchObject([
    2,
    { k: 'harvest', harvest: { job: 'job_2', of: JOB }, at: { before: 2, print: AT.print } },
  ]);
});

test('after a new start of the browser the turn is lost, and can still be read', async () => {
  const before = background();
  await before.turns.take(before.link, ORDER as never);
  await before.turns.sending(before.first, JOB, AT);
  const { jobs, turns, link } = background();
  jobs.restore([], [], disk.places as never);
  turns.welcomed(link);
  expect(said).toMatchObject([{ type: 'resume', jobs: [{ job: JOB, accepted: true }] }]);
  turns.resumed(link, JOB, 0);
  expect(failed()).toMatchObject({ job: JOB, accepted: true });
  await turns.harvest(link, HARVEST);
  expect(opened).toEqual([[2, `${PAGE}/c/7`]]);
});

test('a turn that nothing is known of is not looked for', async () => {
  const { turns, link } = background();
  await turns.harvest(link, HARVEST);
  expect(failed()).toMatchObject({ job: 'job_2', failure: { class: 'answer_lost' } });
  expect(opened).toEqual([]);
});

test('an answer that still runs in its tab is left to write', async () => {
  const { turns, link, first, told } = background();
  await turns.take(link, ORDER as never);
  await turns.sending(first, JOB, AT);
  await turns.harvest(link, HARVEST);
  const words = told.filter(([tab]) => tab === 1).map(([, { k }]) => k);
  expect(words.at(-1)).toBe('leave');
  expect(words).not.toContain('cancel');
});

test('a prompt is known again however the page sets it', () => {
  expect(printOf('one *two*\n- three')).toBe(printOf(' one two three '));
  expect(printOf('one two')).not.toBe(printOf('one tow'));
});
