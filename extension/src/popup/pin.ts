// The popup's way to say that the conversation in front of it stands for a model.

import type { Snapshot } from '../background/popup';
import { byId, make } from './dom';
import { ask } from './link';
import type { Here } from './teach';

/** The lane in front of which the popup was opened. */
let lane: { gateway: string; site: string; tab: number } | null = null;

/** Shows the form where the page is a lane. */
export function renderPin(now: Snapshot, { tab }: Here): void {
  const site = now.sites.find(({ lanes }) => lanes.some((one) => one.tab === tab));
  lane = site ? { gateway: site.gateway, site: site.name, tab } : null;
  byId('pin-form').hidden = lane === null;
  byId('pin-said').textContent = now.notice;
  byId('pin-said').hidden = now.notice === '';
  const models = site?.models ?? [];
  byId('pin-models').replaceChildren(...models.map((value) => make('option', { value })));
}

export function listenToPin(): void {
  byId('pin-form').addEventListener('submit', (event) => {
    event.preventDefault();
    if (lane) ask({ k: 'pin', ...lane, model: byId<HTMLInputElement>('pin-model').value });
  });
}
