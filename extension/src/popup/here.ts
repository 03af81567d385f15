// Section "This page": the page in front of which the popup was opened.

import type { Snapshot } from '../background/popup';
import { patternOf } from '../shared/origin';
import { byId } from './dom';
import { renderPin } from './pin';
import { allow } from './sites';
import { renderTeach, type Here } from './teach';

let here: Here | null = null;

export function showHere(now: Snapshot): void {
  byId('here').hidden = here === null;
  if (!here) return;
  const site = now.sites.find(({ origin }) => origin === here?.origin);
  byId('here-origin').textContent = here.origin;
  renderTeach(now, here);
  renderPin(now, here);
  const use = byId<HTMLButtonElement>('use-page');
  use.hidden = !site || site.granted;
  byId('here-hint').textContent = !site
    ? `No gateway names this page yet: tabway site add --origin ${here.origin}`
    : site.granted
      ? `In use as ${site.name}.`
      : `Tabway will type into ${site.title} for the gateway, as you would.`;
}

/** Looks which page it is; true where there is one. */
export async function findHere(): Promise<boolean> {
  // A popup in a tab of its own may be told of which page it is.
  const asked = Number(new URLSearchParams(location.search).get('tab'));
  const [tab] = asked
    ? [await chrome.tabs.get(asked)]
    : await chrome.tabs.query({ active: true, currentWindow: true });
  // Opening the popup over a page shows us its address; a popup in a tab of its own sees none.
  if (!tab?.url || tab.id === undefined || !/^https?:/.test(tab.url)) return false;
  here = { tab: tab.id, origin: new URL(tab.url).origin };
  return true;
}

export function listenToHere(): void {
  byId('use-page').addEventListener('click', () => {
    if (here) void allow(patternOf(here.origin));
  });
}
