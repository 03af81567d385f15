// The popup: a file a section. It only shows what the background says and asks it to act; it works
// as a tab of its own, too.

import type { Snapshot } from '../background/popup';
import { byId, make } from './dom';
import { listenToPairing, showGateways } from './gateways';
import { findHere, listenToHere, showHere } from './here';
import { ask, connect } from './link';
import { listenToNeeds, showNeeds } from './needs';
import { listenToPin } from './pin';
import { showSites } from './sites';

let snapshot: Snapshot | null = null;

function show(now: Snapshot): void {
  snapshot = now;
  showOverall(now);
  showNeeds(now);
  showGateways(now);
  showSites(now);
  showTurns(now);
  showHere(now);
  showFooter(now);
}

function showOverall(now: Snapshot): void {
  byId<HTMLInputElement>('pause').checked = now.paused;
  const pill = byId('overall');
  pill.dataset.state = now.overall;
  pill.textContent = now.overall.replace('_', ' ');
}

function showTurns({ turns }: Snapshot): void {
  byId('turns-section').hidden = turns.length === 0;
  byId('turns').replaceChildren(
    ...turns.map(({ job, site, accepted }) =>
      make('li', { 'data-testid': `turn-${job}` }, `${site}: ${accepted ? 'answering' : 'typing'}`),
    ),
  );
}

function showFooter({ version, label, counters }: Snapshot): void {
  byId('version').textContent = `v${version}`;
  const { turns, failures, frames } = counters;
  byId('counters').textContent = `${turns} turns, ${failures} failed, ${frames} chunks`;
  const name = byId<HTMLInputElement>('label');
  if (document.activeElement !== name) name.value = label;
}

function listen(): void {
  listenToPairing();
  listenToHere();
  listenToNeeds();
  listenToPin();
  byId('pause').addEventListener('change', (event) => {
    ask({ k: 'pause', paused: (event.target as HTMLInputElement).checked });
  });
  byId('label').addEventListener('change', (event) => {
    ask({ k: 'rename', label: (event.target as HTMLInputElement).value });
  });
}

listen();
connect(show);
void findHere().then((found) => {
  if (found && snapshot) showHere(snapshot);
});
