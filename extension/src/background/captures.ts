// Conversations that are to stand for a model: which address a tab shows, and its human's wish.

import type { GatewayMessage, Site } from '../generated/protocol';
import type { GatewayLink } from './gateway';
import type { Lanes } from './lanes';

type Question = Extract<GatewayMessage, { type: 'locate' }>;

/** What is needed of the node. */
interface Desk {
  readonly lanes: Lanes;
  readonly sites: Record<string, Site[]>;
  readonly links: ReadonlyMap<string, GatewayLink>;
}

/** A gateway asks which address a tab of the site shows. */
export async function sayWhere(desk: Desk, link: GatewayLink, question: Question): Promise<void> {
  const { request, lane } = question;
  const { url } = link.gateway;
  const site = desk.sites[url]?.find(({ name }) => name === question.site);
  const tab = site && (lane ?? desk.lanes.tabFor(url, site));
  const address = site && tab !== undefined ? await addressOf(desk.lanes, url, site, tab) : null;
  link.say({ type: 'located', request, ...(address === null ? {} : { address }) });
}

/** A human wants the conversation of a tab to stand for a model; the words of a refusal, or null. */
export async function capture(
  desk: Desk,
  { gateway, site: name, model, tab }: { gateway: string; site: string; model: string; tab: number },
): Promise<string | null> {
  const link = desk.links.get(gateway);
  const site = desk.sites[gateway]?.find((one) => one.name === name);
  if (!link?.connected || !site) return 'The gateway is not connected.';
  if (!link.understands.has('places')) {
    return 'The gateway is too old to keep conversations: update the gateway.';
  }
  if (model.trim() === '') return 'Name the model that this conversation is to stand for.';
  const address = await addressOf(desk.lanes, gateway, site, tab);
  if (address === null) return 'This tab is not in use for the site.';
  link.say({ type: 'pin', site: name, model: model.trim(), address });
  return null;
}

/** Path and query that a lane of the site shows. */
async function addressOf(
  lanes: Lanes,
  gateway: string,
  site: Site,
  tab: number,
): Promise<string | null> {
  if (!lanes.verdict(tab, gateway, site.name)?.lane) return null;
  try {
    // A page may have changed its address without a load, which the Port's sender does not tell.
    const { url } = await chrome.tabs.get(tab);
    const { origin, pathname, search } = new URL(url ?? '');
    return origin === site.origin ? pathname + search : null;
  } catch {
    return null;
  }
}
