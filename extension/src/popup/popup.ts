// The popup: pairing, sites, permissions, what runs. It only shows what the background says and asks
// it to act; it works as a tab of its own, too.

import type { FromPopup, Snapshot, ToPopup } from '../background/popup';
import { POPUP_PORT } from '../shared/channel';
import { isLoopback, patternOf, socketAddress } from '../shared/origin';

type Gateway = Snapshot['gateways'][number];
type Site = Snapshot['sites'][number];

let port: chrome.runtime.Port;
let snapshot: Snapshot | null = null;
/** The page in front of which the popup was opened. */
let here: string | null = null;
/** The gateway that was paired in this popup. */
let pairing = '';

function byId<Kind extends HTMLElement>(id: string): Kind {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the popup has no #${id}`);
  return element as Kind;
}

function make(
  tag: string,
  properties: Record<string, string> = {},
  ...inside: (Node | string)[]
): HTMLElement {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) element.setAttribute(name, value);
  element.append(...inside);
  return element;
}

function ask(message: FromPopup): void {
  byId('problem').hidden = true;
  port.postMessage(message);
}

function connect(): void {
  port = chrome.runtime.connect({ name: POPUP_PORT });
  port.onMessage.addListener((message: ToPopup) => {
    if (message.k === 'error') return problem(message.message);
    snapshot = message.snapshot;
    render(message.snapshot);
  });
  // The background died or slept: opening the Port wakes it.
  port.onDisconnect.addListener(connect);
}

function problem(words: string): void {
  byId('problem').textContent = words;
  byId('problem').hidden = false;
}

function render(now: Snapshot): void {
  byId<HTMLInputElement>('pause').checked = now.paused;
  byId('version').textContent = `v${now.version}`;
  const label = byId<HTMLInputElement>('label');
  if (document.activeElement !== label) label.value = now.label;
  const { turns, failures, frames } = now.counters;
  byId('counters').textContent = `${turns} turns, ${failures} failed, ${frames} chunks`;
  renderOverall(now);
  byId('gateways').replaceChildren(...now.gateways.map(gatewayItem));
  byId('sites').replaceChildren(...now.sites.map(siteItem));
  byId('no-sites').hidden = now.sites.length > 0;
  byId('turns-section').hidden = now.turns.length === 0;
  byId('turns').replaceChildren(
    ...now.turns.map(({ job, site, accepted }) =>
      make('li', { 'data-testid': `turn-${job}` }, `${site}: ${accepted ? 'answering' : 'typing'}`),
    ),
  );
  renderPairing(now);
  renderHere(now);
}

function renderOverall(now: Snapshot): void {
  const connected = now.gateways.some(({ state }) => state === 'connected');
  const needsHuman = now.sites.some(({ state }) => /^(challenge|consent|signed_out)$/.test(state));
  const state = !connected
    ? 'off'
    : needsHuman
      ? 'needs_human'
      : now.turns.length > 0
        ? 'busy'
        : now.paused
          ? 'paused'
          : 'on';
  const pill = byId('overall');
  pill.dataset.state = state;
  pill.textContent = state.replace('_', ' ');
}

function pill(state: string): HTMLElement {
  return make('span', { class: 'pill', 'data-state': state }, state.replaceAll('_', ' '));
}

function button(words: string, testId: string, action: () => void): HTMLElement {
  const made = make('button', { type: 'button', class: 'plain', 'data-testid': testId }, words);
  made.addEventListener('click', action);
  return made;
}

function gatewayItem(gateway: Gateway): HTMLElement {
  const { url, state, detail, fingerprint, insecure } = gateway;
  const item = make('li', { 'data-testid': 'gateway', 'data-url': url, 'data-state': state });
  const row = make(
    'div',
    { class: 'row' },
    make('span', {}, url.replace(/\/node$/, '')),
    pill(state),
  );
  if (state !== 'connected' && state !== 'pairing') {
    row.append(button('Retry', 'retry', () => ask({ k: 'retry', url })));
  }
  row.append(button('Forget', 'forget', () => ask({ k: 'forget', url })));
  item.append(row);
  if (detail) item.append(make('p', { class: 'quiet' }, detail));
  if (fingerprint) item.append(make('p', { class: 'quiet' }, `fingerprint ${fingerprint}`));
  if (insecure) item.append(make('p', { class: 'quiet' }, 'without TLS, over your own network'));
  return item;
}

function siteItem(site: Site): HTMLElement {
  const { name, title, origin, pattern, granted, state, detail, lanes, start } = site;
  const item = make('li', { 'data-testid': `site-${name}`, 'data-state': state });
  const row = make('div', { class: 'row' }, make('strong', {}, `${name} · ${title}`), pill(state));
  if (!granted) row.append(button('Allow', `allow-${name}`, () => void allow(pattern)));
  else if (state === 'no_tab') {
    row.append(button('Open', `open-${name}`, () => void chrome.tabs.create({ url: start })));
  }
  if (granted) row.append(button('Remove', `revoke-${name}`, () => void revoke(pattern)));
  item.append(row, make('p', { class: 'quiet' }, origin));
  if (detail) item.append(make('p', {}, detail));
  for (const lane of lanes) {
    const words = `tab ${lane.tab}`;
    item.append(
      make(
        'div',
        { class: 'row', 'data-testid': 'lane' },
        make('span', { class: 'quiet' }, words),
        pill(lane.state),
      ),
    );
  }
  if (site.terms) item.append(make('p', { class: 'quiet' }, site.terms));
  if (site.officialApi)
    item.append(make('p', { class: 'quiet' }, `This site has an API: ${site.officialApi}`));
  return item;
}

function renderPairing(now: Snapshot): void {
  const gateway =
    now.gateways.find(({ url }) => url === pairing) ??
    now.gateways.find(({ state }) => state === 'pairing');
  byId('pairing').hidden = !gateway;
  if (!gateway) return;
  byId('fingerprint').textContent = gateway.fingerprint;
  const state = byId('pair-state');
  state.dataset.state = gateway.state;
  state.textContent = gateway.detail || gateway.state;
}

function renderHere(now: Snapshot): void {
  byId('here').hidden = here === null;
  if (!here) return;
  const site = now.sites.find(({ origin }) => origin === here);
  byId('here-origin').textContent = here;
  const use = byId<HTMLButtonElement>('use-page');
  use.hidden = !site || site.granted;
  byId('here-hint').textContent = !site
    ? `No gateway names this page yet: tabway site add --origin ${here}`
    : site.granted
      ? `In use as ${site.name}.`
      : `Tabway will type into ${site.title} for the gateway, as you would.`;
}

/** The browser asks its owner; it must be called straight from a click. */
async function allow(pattern: string): Promise<void> {
  // The background hears of a new permission by itself; some browsers close the popup meanwhile.
  await chrome.permissions.request({ origins: [pattern] });
  ask({ k: 'permissions' });
}

async function revoke(pattern: string): Promise<void> {
  try {
    await chrome.permissions.remove({ origins: [pattern] });
    ask({ k: 'permissions' });
  } catch (error) {
    problem(String(error));
  }
}

async function findHere(): Promise<void> {
  const [tab] = await chrome.tabs.query({ active: true, currentWindow: true });
  // Opening the popup over a page shows us its address; a popup in a tab of its own sees none.
  if (!tab?.url || !/^https?:/.test(tab.url)) return;
  here = new URL(tab.url).origin;
  if (snapshot) renderHere(snapshot);
}

/** Whether an address goes over a network without TLS. */
function isInsecure(address: string): boolean {
  try {
    const url = new URL(/^[a-z]+:\/\//i.test(address) ? address : `http://${address}`);
    return /^(http|ws):$/.test(url.protocol) && !isLoopback(url.hostname);
  } catch {
    return false;
  }
}

function listen(): void {
  const address = byId<HTMLInputElement>('gateway-url');
  const insecure = byId<HTMLInputElement>('insecure-lan');
  address.addEventListener('input', () => {
    byId('insecure-row').hidden = !isInsecure(address.value.trim());
    if (byId('insecure-row').hidden) insecure.checked = false;
  });
  byId('pair-form').addEventListener('submit', (event) => {
    event.preventDefault();
    const code = byId<HTMLInputElement>('pair-code').value;
    const typed = address.value.trim();
    try {
      pairing = socketAddress(typed, insecure.checked);
    } catch (error) {
      return problem((error as Error).message);
    }
    ask({ k: 'pair', address: typed, code, insecureLan: insecure.checked });
  });
  byId('pause').addEventListener('change', (event) => {
    ask({ k: 'pause', paused: (event.target as HTMLInputElement).checked });
  });
  byId('label').addEventListener('change', (event) => {
    ask({ k: 'rename', label: (event.target as HTMLInputElement).value });
  });
  byId('use-page').addEventListener('click', () => {
    if (here) void allow(patternOf(here));
  });
}

listen();
connect();
void findHere();
