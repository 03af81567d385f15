// What the popup sees and may ask for. It lives only while it is open; nothing depends on it.

import type { LaneState, SeatState } from '../generated/protocol';
import { BadAddress, isLoopback, patternOf, socketAddress } from '../shared/origin';
import type { Change } from './approvals';
import { badgeOf, type BadgeState } from './badge';
import { capture } from './captures';
import type { LinkState } from './gateway';
import type { Need } from './needs';
import type { Node } from './node';
import { bringForward } from './notices';
import type { Counters } from './store';

/** Everything that the popup shows. */
export interface Snapshot {
  version: string;
  overall: BadgeState;
  paused: boolean;
  label: string;
  /** Gateways may have a picture of a page that needs its human. */
  pictures: boolean;
  needs: Need[];
  gateways: {
    url: string;
    state: LinkState;
    detail: string;
    fingerprint: string;
    id: string;
    node: string;
    /** The newest extension that it carries; empty until it has said so. */
    carries: string;
    /** Reached without TLS over a network. */
    insecure: boolean;
  }[];
  sites: {
    gateway: string;
    name: string;
    title: string;
    /** Of its adapter. */
    revision: number;
    origin: string;
    /** What to ask the browser for. */
    pattern: string;
    start: string;
    terms: string;
    officialApi: string;
    granted: boolean;
    /** What its adapter touches now and did not when it was approved. */
    change: Change | null;
    state: SeatState;
    detail: string;
    /** What it offers. */
    models: string[];
    /** Whether its page tells its models. */
    tells: boolean;
    lanes: { tab: number; state: LaneState }[];
  }[];
  turns: { job: string; site: string; tab: number; accepted: boolean }[];
  counters: Counters;
  /** What a gateway last said of a wish. */
  notice: string;
}

export type FromPopup =
  | { k: 'pair'; address: string; code: string; insecureLan: boolean }
  | { k: 'retry'; url: string }
  | { k: 'forget'; url: string }
  | { k: 'pause'; paused: boolean }
  | { k: 'rename'; label: string }
  | { k: 'pictures'; allowed: boolean }
  /** Brings a page that needs its human to the front. */
  | { k: 'front'; origin: string }
  /** Agrees to what an adapter touches, as the popup showed it. */
  | { k: 'approve'; gateway: string; site: string; seen: string }
  /** The models of a site are to be read again. */
  | { k: 'reread'; gateway: string; site: string }
  /** The conversation of a tab is to stand for a model. */
  | { k: 'pin'; gateway: string; site: string; model: string; tab: number }
  /** A tab is to be taught; or the adapter of a site, from a tab of it. */
  | { k: 'teach'; tab: number; origin: string; site: string }
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
    case 'pictures':
      await node.allowPictures(ask.allowed);
      return null;
    case 'front':
      await bringForward(node, ask.origin);
      return null;
    case 'approve':
      await node.approve(ask.gateway, ask.site, ask.seen);
      return null;
    case 'reread': {
      const site = node.sites[ask.gateway]?.find(({ name }) => name === ask.site);
      const outcome = site && (await node.rereads.read(ask.gateway, site));
      return outcome === 'busy' ? 'The page is in use: its models were not read.' : null;
    }
    case 'pin':
      return capture(node, ask);
    case 'teach':
      return node.lessons.begin(ask.tab, ask.origin, ask.site);
    case 'permissions':
      await node.reconcile();
      return null;
  }
}

export function snapshotOf(node: Node): Snapshot {
  return {
    version: __VERSION__,
    overall: badgeOf(node),
    paused: node.paused,
    label: node.label,
    pictures: node.pictures,
    needs: node.needs.all(),
    gateways: [...node.links.values()].map(({ gateway, state, detail, fingerprint, carries }) => ({
      url: gateway.url,
      state,
      detail,
      fingerprint,
      id: gateway.id ?? '',
      node: gateway.node ?? '',
      carries,
      insecure: gateway.url.startsWith('ws:') && !isLoopback(new URL(gateway.url).hostname),
    })),
    sites: [...node.links.keys()].flatMap((url) => sitesOf(node, url)),
    turns: node.jobs
      .running()
      .map(({ job, site, tab, accepted }) => ({ job, site, tab, accepted })),
    counters: node.counters,
    notice: node.notice,
  };
}

function sitesOf(node: Node, gateway: string): Snapshot['sites'] {
  const seats = node.seatsOf(gateway);
  return (node.sites[gateway] ?? []).map(({ name, origin, adapter }, at) => ({
    gateway,
    name,
    title: adapter.title,
    revision: adapter.revision,
    origin,
    pattern: patternOf(origin),
    start: new URL(adapter.page.start, origin).href,
    terms: adapter.terms ?? '',
    officialApi: adapter.official_api ?? '',
    granted: node.granted.has(origin),
    change: node.approvals.change(gateway, name) ?? null,
    state: seats[at]?.state ?? 'no_tab',
    detail: seats[at]?.detail ?? '',
    models: seats[at]?.models ?? [],
    tells: adapter.models.source !== undefined,
    lanes: (seats[at]?.lanes ?? []).map(({ lane, state }) => ({ tab: lane, state })),
  }));
}
