// Section "Needs you": what only its human can do, and whether the browser says so by itself.

import { ADVICE, type Need } from '../background/needs';
import type { Snapshot } from '../background/popup';
import { button, byId, make, pill, problem, quiet } from './dom';
import { ask } from './link';

const NOTIFICATIONS: chrome.permissions.Permissions = { permissions: ['notifications'] };

export function showNeeds({ needs, pictures }: Snapshot): void {
  byId('needs-section').hidden = needs.length === 0;
  byId('needs').replaceChildren(...needs.map(item));
  byId<HTMLInputElement>('pictures').checked = pictures;
  void showSwitch();
}

async function showSwitch(): Promise<void> {
  byId<HTMLInputElement>('notify').checked = await chrome.permissions.contains(NOTIFICATIONS);
}

function item({ origin, site, reason, since }: Need): HTMLElement {
  const show = button('Show', `show-${site}`, () => ask({ k: 'front', origin }));
  const row = make('div', { class: 'row' }, make('strong', {}, site), pill(reason), show);
  return make(
    'li',
    { 'data-testid': `need-${site}`, 'data-reason': reason },
    row,
    make('p', {}, ADVICE[reason]),
    quiet(`since ${new Date(since).toLocaleString()}`),
  );
}

export function listenToNeeds(): void {
  byId('pictures').addEventListener('change', (event) => {
    ask({ k: 'pictures', allowed: (event.target as HTMLInputElement).checked });
  });
  byId('notify').addEventListener('change', (event) => {
    void choose((event.target as HTMLInputElement).checked);
  });
}

/** The browser asks its owner; it must be called straight from a click. */
async function choose(on: boolean): Promise<void> {
  try {
    if (on) await chrome.permissions.request(NOTIFICATIONS);
    else await chrome.permissions.remove(NOTIFICATIONS);
  } catch (error) {
    problem(String(error));
  }
  await showSwitch();
}
