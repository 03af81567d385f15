// Section "This page": the page in front of which the popup was opened.

import type { Snapshot } from '../background/popup';
import { patternOf } from '../shared/origin';
import { byId } from './dom';
import { allow } from './sites';

let here: string | null = null;

export function showHere({ sites }: Snapshot): void {
  byId('here').hidden = here === null;
  if (!here) return;
  const site = sites.find(({ origin }) => origin === here);
  byId('here-origin').textContent = here;
  const use = byId<HTMLButtonElement>('use-page');
  use.hidden = !site || site.granted;
  byId('here-hint').textContent = !site
    ? `No gateway names this page yet: tabway site add --origin ${here}`
    : site.granted
      ? `In use as ${site.name}.`
      : `Tabway will type into ${site.title} for the gateway, as you would.`;
}

/** Looks which page it is; true where there is one. */
export async function findHere(): Promise<boolean> {
  const [tab] = await chrome.tabs.query({ active: true, currentWindow: true });
  // Opening the popup over a page shows us its address; a popup in a tab of its own sees none.
  if (!tab?.url || !/^https?:/.test(tab.url)) return false;
  here = new URL(tab.url).origin;
  return true;
}

export function listenToHere(): void {
  byId('use-page').addEventListener('click', () => {
    if (here) void allow(patternOf(here));
  });
}
