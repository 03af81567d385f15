// What the popup sees and may ask for. It lives only while it is open; nothing depends on it.

import type { LaneState, SeatState } from '../generated/protocol';
import { BadAddress, isLoopback, patternOf, socketAddress } from '../shared/origin';
import type { LinkState } from './gateway';
import type { Node } from './node';
import type { Counters } from './store';

/** Everything that the popup shows. */
export interface Snapshot {
  version: string;
  paused: boolean;
  label: string;
  gateways: {
    url: string;
    state: LinkState;
    detail: string;
    fingerprint: string;
    id: string;
    node: string;
    /** Reached without TLS over a network. */
    insecure: boolean;
  }[];
  sites: {
    gateway: string;
    name: string;
    title: string;
    origin: string;
    /** What to ask the browser for. */
    pattern: string;
    start: string;
    terms: string;
    officialApi: string;
    granted: boolean;
    state: SeatState;
    detail: string;
    lanes: { tab: number; state: LaneState }[];
  }[];
  turns: { job: string; site: string; tab: number; accepted: boolean }[];
  counters: Counters;
}

export type FromPopup =
  | { k: 'pair'; address: string; code: string; insecureLan: boolean }
  | { k: 'retry'; url: string }
  | { k: 'forget'; url: string }
  | { k: 'pause'; paused: boolean }
  | { k: 'rename'; label: string }
  /** A permission was given or taken back. */
  | { k: 'permissions' };

export type ToPopup = { k: 'snapshot'; snapshot: Snapshot } | { k: 'error'; message: string };

/** Does what the popup asks; the words of a refusal, or null. */
export async function obey(node: Node, ask: FromPopup): Promise<string | null> {
  switch (ask.k) {
    case 'pair':
      try {
        node.pair(socketAddress(ask.address, ask.insecureLan), ask.code.trim(), ask.insecureLan);
      } catch (error) {
        if (error instanceof BadAddress) return error.message;
        throw error;
      }
      return null;
    case 'retry':
      node.links.get(ask.url)?.retry();
      return null;
    case 'forget':
      await node.forget(ask.url);
      return null;
    case 'pause':
      await node.pause(ask.paused);
      return null;
    case 'rename':
      await node.rename(ask.label.trim().slice(0, 100));
      return null;
    case 'permissions':
      await node.reconcile();
      return null;
  }
}

export function snapshotOf(node: Node): Snapshot {
  return {
    version: __VERSION__,
    paused: node.paused,
    label: node.label,
    gateways: [...node.links.values()].map(({ gateway, state, detail, fingerprint }) => ({
      url: gateway.url,
      state,
      detail,
      fingerprint,
      id: gateway.id ?? '',
      node: gateway.node ?? '',
      insecure: gateway.url.startsWith('ws:') && !isLoopback(new URL(gateway.url).hostname),
    })),
    sites: [...node.links.keys()].flatMap((url) => sitesOf(node, url)),
    turns: node.jobs
      .running()
      .map(({ job, site, tab, accepted }) => ({ job, site, tab, accepted })),
    counters: node.counters,
  };
}

function sitesOf(node: Node, gateway: string): Snapshot['sites'] {
  const seats = node.seatsOf(gateway);
  return (node.sites[gateway] ?? []).map(({ name, origin, adapter }, at) => ({
    gateway,
    name,
    title: adapter.title,
    origin,
    pattern: patternOf(origin),
    start: new URL(adapter.page.start, origin).href,
    terms: adapter.terms ?? '',
    officialApi: adapter.official_api ?? '',
    granted: node.granted.has(origin),
    state: seats[at]?.state ?? 'no_tab',
    detail: seats[at]?.detail ?? '',
    lanes: (seats[at]?.lanes ?? []).map(({ lane, state }) => ({ tab: lane, state })),
  }));
}
