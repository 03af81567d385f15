// The popup's way into a lesson: on a page that no site names, or one whose adapter is broken.

import type { Snapshot } from '../background/popup';
import { patternOf } from '../shared/origin';
import { byId } from './dom';
import { ask } from './link';

/** The page in front of which the popup was opened. */
export interface Here {
  tab: number;
  origin: string;
}

/** Shows what can be taught here. */
export function renderTeach(now: Snapshot, { tab, origin }: Here): void {
  const button = byId<HTMLButtonElement>('teach-page');
  const hint = byId('teach-hint');
  const site = now.sites.find((site) => site.origin === origin);
  const broken = site?.state === 'page_changed' || site?.state === 'error';
  const connected = now.gateways.some(({ state }) => state === 'connected');
  button.hidden = !connected || (site !== undefined && !broken && site.granted);
  hint.hidden = button.hidden;
  button.textContent = broken ? 'Repair' : 'Teach this page';
  hint.textContent = broken
    ? 'Show once how this page is used now; what still holds is kept.'
    : 'Show once how this page is used: type, send, answer. It becomes a draft that an admin publishes.';
  button.onclick = () => {
    // Asked straight from the click, or the browser does not ask its owner.
    void chrome.permissions.request({ origins: [patternOf(origin)] }).then((granted) => {
      if (!granted) return;
      ask({ k: 'teach', tab, origin, site: broken && site ? site.name : '' });
      // The rest happens in the page.
      if (!new URLSearchParams(location.search).has('tab')) window.close();
    });
  };
}
