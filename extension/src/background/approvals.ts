// What an adapter may touch is what its site's owner has seen: the first grant of an origin approves
// what its site touches then; a later revision that touches something else is asked about again.

import type { Adapter, Locator, Role, Site, Target } from '../generated/protocol';

/** What an adapter touches, part by part; the value stands for all that the part says. */
export type Touches = Record<string, string>;

/** A site's touches, as its owner approved them. */
export interface Approval {
  gateway: string;
  site: string;
  origin: string;
  touches: Touches;
}

/** A site that is not used before its owner has looked at it. */
export interface Change {
  /** What is new, in words. */
  parts: string[];
  /** Stands for exactly these touches: an approval of them is of no others. */
  seen: string;
}

/** Elements that are only looked at. Any other, also one that this version does not know, is used. */
const READ_ROLES = new Set<string>([
  'question',
  'answer',
  'answer_body',
  'thought',
  'scroller',
  'model_current',
  'attach_preview',
  'attach_busy',
  'attach_error',
] satisfies Role[]);

/** Parts of an adapter that only say how to read. Any other touches the page. */
const READ_PARTS = new Set<string>([
  'schema',
  'name',
  'title',
  'revision',
  'verified',
  'terms',
  'official_api',
  'signals',
  'tap',
  'answer',
  'media',
  'limits',
  'self_test',
] satisfies (keyof Adapter)[]);

/** Names of parts that do not say by themselves what they are. */
const WORDS: Record<string, string> = {
  page: 'where it works',
  frames: 'the frames that it looks into',
  composer: 'how it writes into the composer',
  send: 'how it sends',
  new_chat: 'how it opens a new chat',
  temporary_chat: 'whether it opens temporary chats',
  models: 'how it chooses a model',
  modes: 'the pages of its modes',
  parameters: 'the settings that it changes',
  tools: 'its dialog for tools',
  files: 'how it gives files to the page',
  overlays: 'what it closes',
};

/** What a site's adapter touches. */
export async function touchesOf({ origin, adapter }: Site): Promise<Touches> {
  const parts: Record<string, unknown> = { frames: framesOf(adapter) };
  for (const [name, value] of Object.entries(adapter) as [string, unknown][]) {
    if (name === 'locators' || READ_PARTS.has(name) || isNothing(value)) continue;
    parts[name] = spelledOut(value, adapter);
  }
  // Names and lists of models are read; only a menu is opened for them.
  const { source, select } = adapter.models;
  parts.models = { menu: source?.kind === 'menu', select: spelledOut(select, adapter) };
  // A page that must be visible is not touched in another place for it.
  const { needs_visible: _, ...page } = adapter.page;
  parts.page = spelledOut({ ...page, origin }, adapter);
  for (const [role, locators] of Object.entries(adapter.locators)) {
    if (!READ_ROLES.has(role)) parts[`the ${role}`] = spelledOut(locators, adapter);
  }
  const touches: Touches = {};
  for (const [name, value] of Object.entries(parts)) touches[name] = await digest(value);
  return touches;
}

/** The parts in which two differ, in words. */
export function differing(before: Touches, now: Touches): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...names]
    .filter((name) => before[name] !== now[name])
    .map((name) => WORDS[name] ?? name.replaceAll('_', ' '))
    .sort();
}

export class Approvals {
  /** Sites that wait for their owner, by `keyOf`. */
  private readonly changes = new Map<string, Change>();

  constructor(private approvals: Approval[] = []) {}

  /** What is to be kept on disk. */
  all(): Approval[] {
    return this.approvals;
  }

  change(gateway: string, site: string): Change | undefined {
    return this.changes.get(keyOf(gateway, site));
  }

  /** Looks at all sites anew; true where what is kept has changed. */
  async review(sites: Record<string, Site[]>, granted: ReadonlySet<string>): Promise<boolean> {
    const before = JSON.stringify(this.approvals);
    // A permission that was taken back takes the approval along.
    const kept = this.approvals.filter(({ origin }) => granted.has(origin));
    const next = [...kept];
    const changes = new Map<string, Change>();
    for (const [gateway, some] of Object.entries(sites)) {
      for (const site of some.filter(({ origin }) => granted.has(origin))) {
        const touches = await touchesOf(site);
        const same = ({ touches: old }: Approval) => differing(old, touches).length === 0;
        const ofOrigin = kept.filter(({ origin }) => origin === site.origin);
        const mine = ofOrigin.find((one) => one.gateway === gateway && one.site === site.name);
        if (mine && same(mine)) continue;
        // Nobody has used this grant yet, or another site touches exactly the same: a new name is
        // no way around its owner.
        if (ofOrigin.length === 0 || (!mine && ofOrigin.some(same))) {
          next.push({ gateway, site: site.name, origin: site.origin, touches });
          continue;
        }
        const known = mine ?? ofOrigin[0];
        changes.set(keyOf(gateway, site.name), {
          parts: differing(known?.touches ?? {}, touches),
          seen: await digest(touches),
        });
      }
    }
    this.approvals = next;
    this.changes.clear();
    for (const [key, change] of changes) this.changes.set(key, change);
    return JSON.stringify(next) !== before;
  }

  /** The owner has seen a change and agrees to it; to nothing that came since. */
  async approve(gateway: string, site: Site, seen: string): Promise<boolean> {
    const touches = await touchesOf(site);
    if ((await digest(touches)) !== seen) return false;
    this.approvals = [
      ...this.approvals.filter((one) => one.gateway !== gateway || one.site !== site.name),
      { gateway, site: site.name, origin: site.origin, touches },
    ];
    return true;
  }

  forget(gateway: string): void {
    this.approvals = this.approvals.filter((one) => one.gateway !== gateway);
  }
}

function keyOf(gateway: string, site: string): string {
  return `${gateway} ${site}`;
}

/** A gateway leaves out what is empty, or not, as its version does. */
function isNothing(value: unknown): boolean {
  if (value === undefined || value === null || value === false) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/** The value in one order of keys, and with the locators of every role that it names. */
function spelledOut(value: unknown, adapter: Adapter, inside: readonly string[] = []): unknown {
  if (Array.isArray(value)) return value.map((one) => spelledOut(one, adapter, inside));
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .filter(([, one]) => !isNothing(one))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, one]) => [
      key,
      key === 'within' ? container(one as Target, adapter, inside) : spelledOut(one, adapter, inside),
    ]);
}

function container(target: Target, adapter: Adapter, inside: readonly string[]): unknown {
  if (typeof target !== 'string') return spelledOut(target, adapter, inside);
  // A role within itself finds nothing: the gateway refuses such an adapter.
  if (inside.includes(target)) return target;
  return spelledOut(adapter.locators[target] ?? [], adapter, [...inside, target]);
}

function framesOf(value: unknown): string[] {
  const found = new Set<string>();
  const walk = (one: unknown): void => {
    if (typeof one !== 'object' || one === null) return;
    const { frame } = one as Partial<Locator>;
    if (typeof frame === 'string') found.add(frame);
    Object.values(one).forEach(walk);
  };
  walk(value);
  return [...found].sort();
}

async function digest(value: unknown): Promise<string> {
  const text = JSON.stringify(value, (_, one: unknown) =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  );
  const bytes = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
