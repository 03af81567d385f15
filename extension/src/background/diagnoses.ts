// Questions of a gateway about what a page shows: handed to a tab of the site, or answered here where
// there is none.

import type { Diagnosis, GatewayMessage, SeatState, Site } from '../generated/protocol';
import type { GatewayLink } from './gateway';
import type { Lanes } from './lanes';

type Question = Extract<GatewayMessage, { type: 'diagnose' }>;

/** What is needed of the node. */
interface Desk {
  readonly lanes: Lanes;
  readonly sites: Record<string, Site[]>;
  readonly granted: ReadonlySet<string>;
}

export function takeQuestion(desk: Desk, link: GatewayLink, question: Question): void {
  const { request, site: name } = question;
  const { url } = link.gateway;
  const site = desk.sites[url]?.find((one) => one.name === name);
  const answer = (state: SeatState, detail: string): void =>
    link.say({ type: 'diagnosis', ...nothing(request, name), state, detail });
  if (!site) return answer('no_tab', 'This browser was not told of the site.');
  if (!desk.granted.has(site.origin)) {
    return answer('not_permitted', `${site.origin} is not granted.`);
  }
  const tab = question.lane ?? desk.lanes.tabFor(url, site);
  if (tab === undefined || desk.lanes.get(tab)?.origin !== site.origin) {
    return answer('no_tab', `No tab shows ${site.origin}.`);
  }
  const adapter = question.adapter ?? site.adapter;
  const waitMs = question.wait_ms ?? 0;
  const looked = { ...site, adapter };
  desk.lanes.tell(tab, { k: 'diagnose', gateway: url, request, site: looked, waitMs });
}

function nothing(about: string, site: string): Omit<Diagnosis, 'state' | 'detail'> {
  return { about, site, path: '', locators: [], signals: [], sketch: '' };
}
