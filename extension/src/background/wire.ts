// The gateway's words, checked. The list of commands is closed: what is not in it, or holds more than
// it says here, is not obeyed.

import {
  ADAPTER_SCHEMA,
  type Adapter,
  type ComposerKind,
  type GatewayMessage,
  type Signals,
  type Site,
} from '../generated/protocol';
import { isJobId } from '../shared/frame';
import { isOrigin } from '../shared/origin';

type Fields = Record<string, unknown>;

const text = (value: unknown): value is string => typeof value === 'string';
const count = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0;
const job = (value: unknown): boolean => text(value) && isJobId(value);
const list = (value: unknown): value is unknown[] => Array.isArray(value);
const record = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !list(value);

/** Path and query of the site itself. */
const isPlace = (value: unknown): boolean => text(value) && /^\/(?!\/)/.test(value);

const optional = (holds: (value: unknown) => boolean) => (value: unknown) =>
  value === undefined || holds(value);

/** What each command holds; a missing field is an error, never a default. */
const COMMANDS: Record<GatewayMessage['type'], Record<string, (value: unknown) => boolean>> = {
  challenge: { protocol: count, gateway: text, nonce: text, abilities: optional(list) },
  pairing: { fingerprint: text },
  welcome: {
    node: text,
    epoch: count,
    heartbeat_ms: count,
    version: text,
    extension_version: text,
    sites: list,
  },
  refused: { code: text, message: text },
  sites: { sites: list },
  heartbeat: {},
  job: {
    job,
    lane: count,
    site: text,
    prompt: text,
    conversation: (value) => value === 'fresh' || value === 'continue',
    after: optional(text),
    place: optional(isPlace),
    model: optional(text),
    mode: optional(text),
    settings: record,
    tools: optional(text),
    files: list,
    accept_ms: count,
    total_ms: count,
  },
  harvest: {
    job,
    of: job,
    lane: count,
    site: text,
    accept_ms: count,
    total_ms: count,
  },
  cancel: { job },
  ack: { job, seq: count },
  resumed: { job, seq: count },
  stop: { job },
  diagnose: {
    request: text,
    site: text,
    lane: optional(count),
    adapter: optional(record),
    wait_ms: optional(count),
  },
  locate: { request: text, site: text, lane: optional(count) },
  pinned: { words: text },
  reread: { request: text, site: optional(text) },
  reload_idle: { site: text, lane: count, idle_ms: count },
  taught: { lesson: text, state: text, lines: list, words: text },
};

/** Every version of the protocol reads what it knows of these. */
const OPEN = new Set<unknown>(['challenge', 'welcome', 'refused'] satisfies GatewayMessage['type'][]);

/** Commands that order a turn, which can be told to have failed. */
const ORDERS = new Set<unknown>(['job', 'harvest'] satisfies GatewayMessage['type'][]);

/** What only a later version understands. */
export interface Novelty {
  type: 'novelty';
  /** The command or its field. */
  what: string;
  /** The turn that it orders. */
  job?: string;
}

/** Reads one control message; null for what is none in any version. */
export function readMessage(data: unknown): GatewayMessage | Novelty | null {
  if (!text(data)) return null;
  let message: unknown;
  try {
    message = JSON.parse(data);
  } catch {
    return null;
  }
  if (!record(message) || !text(message.type)) return null;
  const { type } = message;
  if (!Object.hasOwn(COMMANDS, type)) return novelty(type);
  const fields = COMMANDS[type as GatewayMessage['type']];
  if (!Object.entries(fields).every(([name, holds]) => holds(message[name]))) return null;
  const other = Object.keys(message).find((name) => name !== 'type' && !Object.hasOwn(fields, name));
  if (other !== undefined && !OPEN.has(type)) {
    // It may change what the rest means.
    return novelty(`${type}.${other}`, ORDERS.has(type) ? message.job : undefined);
  }
  if (type === 'diagnose' && message.adapter !== undefined) {
    message.adapter = readAdapter(message.adapter);
    if (!message.adapter) return null;
  }
  if ('sites' in fields) message.sites = (message.sites as unknown[]).flatMap(readSite);
  return message as unknown as GatewayMessage;
}

function novelty(what: string, job?: unknown): Novelty {
  const ordered = text(job) ? { job } : {};
  return { type: 'novelty', what: what.slice(0, 60), ...ordered };
}

const NO_SIGNALS: Signals = {
  signed_out: [],
  challenge: [],
  consent: [],
  rate_limited: [],
  quota: [],
  maintenance: [],
  outdated: [],
  moderated: [],
  error: [],
  done: [],
  reset_words: [],
  session_ends: [],
  session_words: [],
};

const COMPOSERS = new Set<unknown>([
  'textarea',
  'contenteditable',
  'prosemirror',
  'lexical',
  'quill',
] satisfies ComposerKind[]);

/** A site that this extension can serve, or nothing. */
function readSite(site: unknown): Site[] {
  if (!record(site) || !text(site.name) || !text(site.origin) || !isOrigin(site.origin)) return [];
  const adapter = readAdapter(site.adapter);
  return adapter ? [{ name: site.name, origin: site.origin, adapter }] : [];
}

function readAdapter(value: unknown): Adapter | null {
  if (!record(value) || value.schema !== ADAPTER_SCHEMA) return null;
  const { page, locators, composer, send, answer } = value;
  const whole =
    record(page) &&
    text(page.start) &&
    record(locators) &&
    Object.values(locators).every((some) => list(some) && some.every(record)) &&
    record(composer) &&
    COMPOSERS.has(composer.kind) &&
    record(send) &&
    list(send.by) &&
    list(send.accepted) &&
    record(answer) &&
    text(answer.kind);
  if (!whole) return null;
  const adapter = value as unknown as Adapter;
  return {
    ...adapter,
    signals: { ...NO_SIGNALS, ...(adapter.signals as Partial<Signals> | undefined) },
    tap: adapter.tap ?? [],
    models: { ...adapter.models, names: adapter.models?.names ?? [] },
  };
}
