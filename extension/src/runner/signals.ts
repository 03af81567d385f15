// What the page shows, by the adapter's probes.

import type {
  Adapter,
  NodeFailure,
  NodeFailureClass,
  Probe,
  SeatState,
} from '../generated/protocol';
import { wellFormed } from '../shared/frame';
import { globMatches } from '../shared/glob';
import { byRole, byTarget, everyTarget, first, isVisible } from './locate';
import { NO_STATUSES, type TapStatuses } from './statuses';

/** Words of a page are cut here: they are for a person to read. */
export const MAX_WORDS = 500;

/** Why a page cannot be used, in the order in which it is looked for. Nothing of it is ever clicked. */
const HINDRANCES = ['challenge', 'consent', 'signed_out'] as const;
const HINDRANCE_WORDS = {
  challenge: 'The page asks for a check that only a person may pass.',
  consent: 'The page asks for a consent that only its owner may give.',
  signed_out: 'The page is signed out.',
};

/** A probe that holds, with the words that its element shows. */
interface Hit {
  words: string;
}

export function probeHolds(
  adapter: Adapter,
  probe: Partial<Probe>,
  statuses: TapStatuses = NO_STATUSES,
): Hit | null {
  if (probe.url !== undefined)
    return globMatches(probe.url, location.pathname) ? { words: '' } : null;
  if (probe.tap_status !== undefined) {
    const words = statuses.wordsOf(probe.tap_status);
    return words === null ? null : { words: wellFormed(words.slice(0, MAX_WORDS)) };
  }
  if (probe.gone !== undefined) {
    const element = byTarget(adapter, probe.gone);
    return element && isVisible(element) ? null : { words: '' };
  }
  if (probe.shown === undefined) return null;
  for (const element of everyTarget(adapter, probe.shown)) {
    if (!isVisible(element)) continue;
    const words = wordsOf(element);
    if (!probe.says?.length || saysOneOf(words, probe.says)) {
      return { words: wellFormed(words.slice(0, MAX_WORDS)) };
    }
  }
  return null;
}

function wordsOf(element: Element): string {
  return (element.textContent ?? '').replace(/\s+/g, ' ').trim();
}

function saysOneOf(words: string, wanted: string[]): boolean {
  const lower = words.toLowerCase();
  return wanted.some((one) => lower.includes(one.toLowerCase()));
}

function anyHolds(
  adapter: Adapter,
  probes: Probe[] | undefined,
  statuses?: TapStatuses,
): Hit | null {
  for (const probe of probes ?? []) {
    const hit = probeHolds(adapter, probe, statuses);
    if (hit) return hit;
  }
  return null;
}

/** What keeps the page from being used at all. */
export function hindrance(adapter: Adapter, statuses?: TapStatuses): NodeFailure | null {
  for (const kind of HINDRANCES) {
    const hit = anyHolds(adapter, adapter.signals[kind], statuses);
    if (hit) return failure(kind, HINDRANCE_WORDS[kind], { site_words: hit.words });
  }
  return null;
}

/** What ends a turn that runs. */
export function trouble(adapter: Adapter, statuses: TapStatuses): NodeFailure | null {
  const { rate_limited, quota, maintenance, moderated, error } = adapter.signals;
  const kinds: [NodeFailureClass, Probe[] | undefined, string][] = [
    ['rate_limited', rate_limited, 'The site limits its user.'],
    ['quota', quota, 'A quota of the account is used up.'],
    ['maintenance', maintenance, 'The site is closed for a while.'],
    ['moderated', moderated, 'The site refused the prompt.'],
    ['page_error', error, 'The page shows an error.'],
  ];
  for (const [kind, probes, message] of kinds) {
    const hit = anyHolds(adapter, probes, statuses);
    if (hit) return failure(kind, message, { site_words: hit.words });
  }
  return hindrance(adapter, statuses);
}

/** Whether the page asks to be loaded again. */
export function isOutdated(adapter: Adapter): boolean {
  return anyHolds(adapter, adapter.signals.outdated) !== null;
}

/** Why the page never came to show what a turn needs; null where it has loaded and shows nothing of it. */
export function neverStarted(adapter: Adapter): NodeFailure | null {
  const known = trouble(adapter, NO_STATUSES);
  if (known && known.class !== 'moderated') return known;
  if (document.readyState === 'complete') return null;
  return failure('not_started', 'The page is still loading.');
}

/** Whether the page shows that an answer is complete: every probe, or Stop gone where there is none. */
export function showsDone(adapter: Adapter): boolean {
  const probes = adapter.signals.done ?? [];
  if (probes.length > 0) return probes.every((probe) => probeHolds(adapter, probe) !== null);
  return !stopShows(adapter);
}

export function stopShows(adapter: Adapter): boolean {
  const stop = byRole(adapter, 'stop');
  return stop !== null && isVisible(stop);
}

/** What an idle page of the site is good for. `settled`: it has had its time to load. */
export function pageState(
  adapter: Adapter,
  settled: boolean,
): { lane: boolean; state: SeatState; detail: string } {
  const path = location.pathname;
  if ((adapter.page.deny ?? []).some((glob) => globMatches(glob, path))) {
    return { lane: false, state: 'no_tab', detail: 'The tab shows a path that is never used.' };
  }
  const hindered = hindrance(adapter);
  if (hindered) {
    return { lane: true, state: hindered.class as SeatState, detail: hindered.message };
  }
  const closed = anyHolds(adapter, adapter.signals.maintenance);
  if (closed) return { lane: true, state: 'maintenance', detail: closed.words };
  const proof = adapter.page.proof ?? [];
  const missing =
    proof.length > 0 && !first(adapter, proof) ? 'proof' : byRole(adapter, 'composer') ? '' : 'composer';
  const lane = missing !== 'proof';
  if (missing === '') return { lane, state: 'ready', detail: '' };
  if (!settled) return { lane, state: 'loading', detail: '' };
  const broken = anyHolds(adapter, adapter.signals.error);
  if (broken) return { lane, state: 'error', detail: broken.words || 'The page shows an error.' };
  return {
    lane,
    state: 'page_changed',
    detail: `Nothing on the page is the adapter's ${missing}.`,
  };
}

/** A failure in the protocol's words; empty words are left out. */
export function failure(
  kind: NodeFailureClass,
  message: string,
  more: { locator?: string; site_words?: string } = {},
): NodeFailure {
  const made: NodeFailure = { class: kind, message };
  if (more.locator) made.locator = more.locator;
  if (more.site_words) made.site_words = more.site_words;
  return made;
}
