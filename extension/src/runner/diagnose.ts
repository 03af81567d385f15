// What a page shows of an adapter, for its owner to mend it: which locator finds what, which signals
// hold, a sketch. No text of the page leaves by it but the words of the signals that hold.

import type {
  Adapter,
  Diagnosis,
  FoundLocator,
  FoundSignal,
  Role,
  Site,
} from '../generated/protocol';
import { wellFormed } from '../shared/frame';
import { all, byRole, first, isEnabled, isVisible, type Wanted } from './locate';
import { pageState, probeHolds, showsDone, trouble } from './signals';
import { sketch, type Mark } from './sketch';
import { NO_STATUSES } from './statuses';

/** An id may be long; the rest of it says nothing. */
const MAX_NAME = 60;

/** Signals of which any probe suffices, in the order in which a person wants to read them. */
const SIGNALS = [
  'challenge',
  'consent',
  'signed_out',
  'rate_limited',
  'quota',
  'maintenance',
  'error',
  'moderated',
  'outdated',
  'session_ends',
] as const;

/** Looks at the page. `about` is the question, or the turn that fails. */
export function diagnose(about: string, site: Site, settled: boolean): Diagnosis {
  const { adapter } = site;
  const marks: Mark[] = [];
  const locators = listsOf(adapter).map(([role, list]) => foundBy(adapter, role, list, marks));
  const { state, detail } = pageState(adapter, settled);
  return {
    about,
    site: site.name,
    path: location.pathname,
    state,
    // The words of a page stand with its signals.
    detail: state === 'error' ? '' : detail,
    locators,
    signals: signalsOf(adapter),
    sketch: sketch(marks),
  };
}

/** Whether the page shows all that its self-test wants, or what only its human can take away. */
export function passesSelfTest(adapter: Adapter): boolean {
  if (trouble(adapter, NO_STATUSES)) return true;
  const proof = adapter.page.proof ?? [];
  const wanted: Role[] = ['composer', ...(adapter.self_test?.found ?? [])];
  const found = wanted.every((role) => byRole(adapter, role) !== null);
  return found && (proof.length === 0 || first(adapter, proof) !== null);
}

function listsOf(adapter: Adapter): [string, Wanted[]][] {
  const roles = Object.keys(adapter.locators) as Role[];
  const lists = roles.map((role): [string, Wanted[]] => [role, adapter.locators[role] ?? []]);
  const proof = adapter.page.proof ?? [];
  return proof.length > 0 ? [...lists, ['proof', proof]] : lists;
}

function foundBy(adapter: Adapter, role: string, list: Wanted[], marks: Mark[]): FoundLocator {
  for (const [locator, wanted] of list.entries()) {
    const found = all(adapter, wanted);
    const taken = wanted.last ? found.at(-1) : found[0];
    if (!taken) continue;
    const visible = isVisible(taken);
    if (visible && role !== 'proof') marks.push({ name: role, element: taken });
    const enabled = isEnabled(taken);
    return { role, locator, count: found.length, visible, enabled, element: inShort(taken) };
  }
  return { role, count: 0, visible: false, enabled: false, element: '' };
}

/** `tag#id[data-testid=...][role=...]`: what names an element without its text. */
function inShort(element: Element): string {
  const short = (text: string) => wellFormed(text.slice(0, MAX_NAME));
  const part = (name: string) => {
    const value = element.getAttribute(name);
    return value ? `[${name}=${short(value)}]` : '';
  };
  const id = element.id ? `#${short(element.id)}` : '';
  return element.localName + id + part('data-testid') + part('role');
}

function signalsOf(adapter: Adapter): FoundSignal[] {
  const holding: FoundSignal[] = [];
  for (const signal of SIGNALS) {
    for (const [probe, wanted] of (adapter.signals[signal] ?? []).entries()) {
      const hit = probeHolds(adapter, wanted);
      if (!hit) continue;
      holding.push({ signal, probe, words: hit.words });
      break;
    }
  }
  // Its elements may be the answer itself: without their words.
  if (showsDone(adapter)) holding.push({ signal: 'done', probe: 0, words: '' });
  return holding;
}
