// The browser's own notifications. Its owner switches them on in the popup, which asks for the
// permission: without it there are none, and nothing is asked for at install.

import { ADVICE, type Need } from './needs';
import type { Node } from './node';

const PREFIX = 'need ';

/** There is no such API before the permission is given. */
function notifications(): typeof chrome.notifications | undefined {
  return (chrome as Partial<typeof chrome>).notifications;
}

export function notify({ origin, site, reason }: Need): void {
  const made = notifications()?.create(PREFIX + origin, {
    type: 'basic',
    iconUrl: chrome.runtime.getURL('icons/128.png'),
    title: `Tabway: ${site} needs you`,
    message: ADVICE[reason],
  });
  // The permission may be taken back at any time.
  void Promise.resolve(made).catch(() => {});
}

export function withdraw({ origin }: Need): void {
  void Promise.resolve(notifications()?.clear(PREFIX + origin)).catch(() => {});
}

/** A click on a notification brings the page to the front. */
export function listenToNotices(node: () => Promise<Node>): void {
  const api = notifications();
  if (!api || api.onClicked.hasListener(clicked)) return;
  whose = node;
  api.onClicked.addListener(clicked);
}

let whose: (() => Promise<Node>) | null = null;

function clicked(id: string): void {
  if (!whose || !id.startsWith(PREFIX)) return;
  void whose().then((node) => bringForward(node, id.slice(PREFIX.length)));
}

/** Shows the tab in which the human is needed, or opens one. */
export async function bringForward(node: Node, origin: string): Promise<void> {
  const lanes = node.lanes.all().filter((lane) => lane.origin === origin);
  const needed = lanes.find(({ report }) => report.verdicts.some(({ state }) => state !== 'ready'));
  const tab = (needed ?? lanes[0])?.tab;
  try {
    if (tab === undefined) return void (await chrome.tabs.create({ url: origin }));
    const shown = await chrome.tabs.update(tab, { active: true });
    if (shown) await chrome.windows.update(shown.windowId, { focused: true });
  } catch {
    // The tab was closed meanwhile.
  }
}
