// A browser of a fleet: paired by the key of its order, named by it, its tabs tended.

import { isLoopback } from '../shared/origin';
import type { Node } from './node';
import type { Order } from './order';
import { loadDisk, loadSession, saveDisk, saveSession } from './store';
import { Tended } from './tended';

/** Does what the order says; what comes back is told of every change. */
export async function obeyOrder(node: Node, order: Order): Promise<Tended> {
  const [{ fleet }, { opened }] = await Promise.all([loadDisk(), loadSession()]);
  // The same gateway may have come to another address.
  if (fleet && fleet !== order.gateway) await node.forget(fleet);
  await saveDisk({ fleet: order.gateway });
  if (node.label !== order.label) await node.rename(order.label);
  // Its owner wrote the address: where it is not loopback, they trust the network between.
  const insecureLan = !isLoopback(new URL(order.gateway).hostname);
  // A gateway that knows this browser's key does not look at the code.
  if (order.key || !node.links.has(order.gateway)) {
    node.pair(order.gateway, order.key ?? '', insecureLan);
  }

  const wanted = () => {
    if (node.paused) return [];
    const sites = node.sites[order.gateway] ?? [];
    return sites
      .filter((site) => order.sites.includes(site.name) && node.lack(order.gateway, site) === null)
      .map((site) => ({ site, start: new URL(site.adapter.page.start, site.origin).href }));
  };
  const tended = new Tended(order.lanes, {
    wanted,
    speaks: (tab) => node.lanes.get(tab) !== undefined,
    tabs: () => chrome.tabs.query({}),
    open: (url) => chrome.tabs.create({ url, active: false }),
    reload: (tab) => chrome.tabs.reload(tab).catch(() => {}),
    now: Date.now,
    after: (ms, callback) => node.after(ms, callback),
    opened,
    save: (opened) => void saveSession({ opened }),
  });
  tended.soon();
  return tended;
}
