// The background: a service worker in Chromium, an event page in Firefox. It sleeps and dies as the
// browser likes, so every listener is set at once, and all that matters is read back.

import { LANE_PORT, POPUP_PORT } from '../shared/channel';
import { showBadge } from './badge';
import { obeyOrder } from './fleet';
import { identity } from './identity';
import { injectInto } from './sites';
import { Node } from './node';
import { listenToNotices } from './notices';
import { readOrder } from './order';
import type { Tended } from './tended';
import { patternOf } from '../shared/origin';
import { obey, snapshotOf, type FromPopup, type ToPopup } from './popup';

const WAKE_ALARM = 'wake';
/**
 * Chromium: a floor under the reconnect timer, which dies with the worker; 30 s is the least it
 * grants. Firefox: what keeps the event page, and with it the socket, alive at all.
 */
const WAKE_MINUTES = __FIREFOX__ ? 0.33 : 0.5;
/** While a person compares fingerprints nothing travels: a call to the browser keeps us awake. */
const STAY_AWAKE_MS = 20_000;

const popups = new Set<chrome.runtime.Port>();
let showing = false;
/** In a browser of a fleet. */
let tended: Tended | null = null;

/** Tells popups and badge, once for all that changes in the same moment. */
function show(node: Node): void {
  if (showing) return;
  showing = true;
  queueMicrotask(() => {
    showing = false;
    showBadge(node);
    tended?.soon();
    if (popups.size === 0) return;
    const message: ToPopup = { k: 'snapshot', snapshot: snapshotOf(node) };
    for (const port of popups) port.postMessage(message);
  });
}

function after(ms: number, callback: () => void): () => void {
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
}

const started: Promise<Node> = (async () => {
  const node = new Node(
    {
      identity: await identity(),
      browser: browserName(),
      connect: (url) => new WebSocket(url),
      now: Date.now,
      after,
    },
    () => show(node),
  );
  await node.start();
  const order = __FIREFOX__ ? null : await readOrder().catch(() => null);
  if (order) tended = await obeyOrder(node, order);
  show(node);
  return node;
})();

function browserName(): string {
  const known = /(Firefox|Edg|OPR|Chrome)\/([\d.]+)/.exec(navigator.userAgent);
  const name = known?.[1] === 'Chrome' ? 'Chromium' : known?.[1];
  return known ? `${name} ${known[2]}` : 'unknown';
}

function withNode(action: (node: Node) => void): () => void {
  return () => void started.then(action);
}

chrome.tabs.onRemoved.addListener((tab) => {
  void started.then((node) => node.lessons.forget(tab));
  tended?.soon();
});
chrome.alarms.onAlarm.addListener(
  withNode((node) => {
    node.wake();
    tended?.soon();
  }),
);
chrome.runtime.onStartup.addListener(withNode((node) => node.wake()));
chrome.permissions.onAdded.addListener(
  withNode((node) => {
    listenToNotices(() => started);
    void node.reconcile();
  }),
);
chrome.permissions.onRemoved.addListener(withNode((node) => void node.reconcile()));
chrome.tabs.onActivated.addListener(withNode((node) => void node.apart.mend()));
chrome.tabs.onAttached.addListener(withNode((node) => void node.apart.mend()));
chrome.runtime.onInstalled.addListener(
  withNode((node) => {
    node.wake();
    // After an update the old runners are gone from the pages that are open.
    void injectInto([...node.granted].map((origin) => patternOf(origin)));
  }),
);

chrome.runtime.onConnect.addListener((port) => {
  if (port.sender?.id !== chrome.runtime.id) return port.disconnect();
  if (port.name === LANE_PORT) return takeLane(port);
  // Only our own page speaks as the popup: content scripts of ours have the page's address.
  const ours = port.sender.url?.startsWith(chrome.runtime.getURL(''));
  if (port.name === POPUP_PORT && ours) return takePopup(port);
  port.disconnect();
});

function takeLane(port: chrome.runtime.Port): void {
  const { tab, url, frameId } = port.sender ?? {};
  if (tab?.id === undefined || !url || frameId !== 0) return;
  const { id } = tab;
  // The browser says where the page is from, not the page. Words that come before the node has
  // started are kept in order.
  const early: unknown[] = [];
  const keep = (message: unknown) => early.push(message);
  port.onMessage.addListener(keep);
  let gone = false;
  port.onDisconnect.addListener(() => (gone = true));
  void started.then((node) => {
    if (gone) return;
    port.onMessage.removeListener(keep);
    node.attach(id, new URL(url).origin, port, early);
  });
}

function takePopup(port: chrome.runtime.Port): void {
  popups.add(port);
  port.onDisconnect.addListener(() => popups.delete(port));
  port.onMessage.addListener((ask: FromPopup) => {
    void started
      .then((node) => obey(node, ask))
      .catch(String)
      .then((message) => {
        if (message && popups.has(port))
          port.postMessage({ k: 'error', message } satisfies ToPopup);
      });
  });
  void started.then((node) => {
    node.wake();
    show(node);
  });
}

function stayAwake(): void {
  after(STAY_AWAKE_MS, () => {
    void started.then((node) => {
      const pairing = [...node.links.values()].some(({ state }) => state === 'pairing');
      if (pairing) void chrome.runtime.getPlatformInfo();
      stayAwake();
    });
  });
}

listenToNotices(() => started);
void chrome.alarms.create(WAKE_ALARM, { periodInMinutes: WAKE_MINUTES });
stayAwake();
