// Section "Sites": what the gateways want to use, and what its owner allows.

import type { Snapshot } from '../background/popup';
import { button, byId, make, pill, problem, quiet } from './dom';
import { ask } from './link';

type Site = Snapshot['sites'][number];

/** More are counted, not named. */
const SHOWN_MODELS = 8;

export function showSites({ sites }: Snapshot): void {
  byId('sites').replaceChildren(...sites.map(item));
  byId('no-sites').hidden = sites.length > 0;
}

function item(site: Site): HTMLElement {
  const { name, title, origin, pattern, granted, change, state, detail, start } = site;
  const row = make('div', { class: 'row' }, make('strong', {}, `${name} · ${title}`), pill(state));
  if (!granted) row.append(button('Allow', `allow-${name}`, () => void allow(pattern)));
  else if (state === 'no_tab') {
    row.append(button('Open', `open-${name}`, () => void chrome.tabs.create({ url: start })));
  }
  if (granted) row.append(button('Remove', `revoke-${name}`, () => void revoke(pattern)));
  const revision = String(site.revision);
  const made = make(
    'li',
    { 'data-testid': `site-${name}`, 'data-state': state, 'data-revision': revision },
    row,
  );
  made.append(quiet(origin));
  if (change) made.append(question(site, change));
  else if (detail) made.append(make('p', {}, detail));
  if (granted && site.models.length > 0) made.append(models(site));
  for (const { tab, state: now } of site.lanes) {
    const words = make('span', { class: 'quiet' }, `tab ${tab}`);
    made.append(make('div', { class: 'row', 'data-testid': 'lane' }, words, pill(now)));
  }
  if (site.terms) made.append(quiet(site.terms));
  if (site.officialApi) made.append(quiet(`This site has an API: ${site.officialApi}`));
  return made;
}

/** What the page offers, and the wish to look again. */
function models({ gateway, name, models, tells }: Site): HTMLElement {
  const shown = models.slice(0, SHOWN_MODELS).join(', ');
  const more = models.length - SHOWN_MODELS;
  const words = more > 0 ? `${shown} and ${more} more` : shown;
  const row = make('div', { class: 'row', 'data-testid': `models-${name}` }, quiet(words));
  if (tells) {
    row.append(
      button('Refresh models', `reread-${name}`, () => ask({ k: 'reread', gateway, site: name })),
    );
  }
  return row;
}

/** What the adapter touches now and did not before, and the answer to it. */
function question({ gateway, name }: Site, { parts, seen }: NonNullable<Site['change']>): HTMLElement {
  const approve = button('Approve', `approve-${name}`, () =>
    ask({ k: 'approve', gateway, site: name, seen }),
  );
  return make(
    'div',
    { class: 'advice', 'data-testid': `change-${name}` },
    make('p', {}, 'A new revision of its adapter changed what it uses in this page:'),
    make('ul', {}, ...parts.map((part) => make('li', {}, part))),
    make('p', {}, 'The page is not used before you agree.'),
    approve,
  );
}

/** The browser asks its owner; it must be called straight from a click. */
export async function allow(pattern: string): Promise<void> {
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
