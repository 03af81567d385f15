// The toolbar's badge: off, on, busy, or a person is needed.

import type { SeatState } from '../generated/protocol';
import type { Node } from './node';

const NEEDS_HUMAN: SeatState[] = ['signed_out', 'challenge', 'consent'];

export type BadgeState = 'off' | 'on' | 'busy' | 'needs_human' | 'paused';

const LOOKS: Record<BadgeState, { text: string; color: string; title: string }> = {
  off: { text: 'off', color: '#8a8f98', title: 'Tabway: not connected' },
  on: { text: 'on', color: '#2e9e5b', title: 'Tabway: connected' },
  busy: { text: '•••', color: '#6d5efc', title: 'Tabway: a turn runs' },
  needs_human: { text: '!', color: '#d9480f', title: 'Tabway: a page needs you' },
  paused: { text: '❚❚', color: '#8a8f98', title: 'Tabway: paused' },
};

export function badgeOf(node: Node): BadgeState {
  const links = [...node.links.values()];
  if (!links.some(({ connected }) => connected)) return 'off';
  const seats = links.flatMap(({ gateway }) => node.seatsOf(gateway.url));
  const asks = links.some(({ gateway: { url } }) =>
    node.sites[url]?.some(({ name }) => node.approvals.change(url, name)),
  );
  if (asks || seats.some(({ state }) => NEEDS_HUMAN.includes(state))) return 'needs_human';
  if (node.jobs.running().length > 0) return 'busy';
  return node.paused ? 'paused' : 'on';
}

let shown: BadgeState | null = null;

export function showBadge(node: Node): void {
  const state = badgeOf(node);
  if (state === shown) return;
  shown = state;
  const { text, color, title } = LOOKS[state];
  void chrome.action.setBadgeText({ text });
  void chrome.action.setBadgeBackgroundColor({ color });
  void chrome.action.setTitle({ title });
}
