// Section "Gateways": who is paired, and pairing.

import type { Snapshot } from '../background/popup';
import { isLoopback, socketAddress } from '../shared/origin';
import { compareVersions } from '../shared/version';
import { button, byId, make, pill, problem, quiet } from './dom';
import { ask } from './link';

type Gateway = Snapshot['gateways'][number];

/** The gateway that was paired in this popup. */
let pairing = '';

export function showGateways({ gateways, version }: Snapshot): void {
  byId('gateways').replaceChildren(...gateways.map((gateway) => item(gateway, version)));
  const now =
    gateways.find(({ url }) => url === pairing) ??
    gateways.find(({ state }) => state === 'pairing');
  byId('pairing').hidden = !now;
  if (!now) return;
  byId('fingerprint').textContent = now.fingerprint;
  const state = byId('pair-state');
  state.dataset.state = now.state;
  state.textContent = now.detail || now.state;
}

function item(gateway: Gateway, version: string): HTMLElement {
  const { url, state, detail, fingerprint, insecure, carries } = gateway;
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
  const made = make('li', { 'data-testid': 'gateway', 'data-url': url, 'data-state': state }, row);
  if (detail) made.append(quiet(detail));
  made.append(...age(url, version, carries));
  if (fingerprint) made.append(quiet(`fingerprint ${fingerprint}`));
  if (insecure) made.append(quiet('without TLS, over your own network'));
  return made;
}

/** What to do where extension and gateway are of different ages. */
function age(url: string, version: string, carries: string): HTMLElement[] {
  const order = compareVersions(version, carries) ?? 0;
  if (order > 0) {
    const words = `This extension is ${version}, newer than the gateway's ${carries}: update the gateway.`;
    return [make('p', { class: 'advice', 'data-testid': 'age' }, words)];
  }
  if (order === 0) return [];
  const page = `${url.replace(/^ws/, 'http').replace(/\/node$/, '')}/extension/`;
  const link = make('a', { href: page, target: '_blank', rel: 'noreferrer' }, 'Download it');
  const words = `This extension is ${version}, the gateway carries ${carries}. `;
  return [
    make('p', { class: 'advice', 'data-testid': 'age' }, words, link, ' and reload the extension.'),
  ];
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

export function listenToPairing(): void {
  const address = byId<HTMLInputElement>('gateway-url');
  const insecure = byId<HTMLInputElement>('insecure-lan');
  const showInsecure = () => {
    byId('insecure-row').hidden = !isInsecure(address.value.trim());
    if (byId('insecure-row').hidden) insecure.checked = false;
  };
  address.addEventListener('input', showInsecure);
  byId('pair-form').addEventListener('submit', (event) => {
    event.preventDefault();
    // What a browser fills in by itself is no input.
    showInsecure();
    const code = byId<HTMLInputElement>('pair-code').value;
    const typed = address.value.trim();
    try {
      pairing = socketAddress(typed, insecure.checked);
    } catch (error) {
      return problem((error as Error).message);
    }
    ask({ k: 'pair', address: typed, code, insecureLan: insecure.checked });
  });
}
