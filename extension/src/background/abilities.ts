// What this extension and a gateway understand beyond the first words of the protocol: each says so
// of itself, and neither says to the other what that has not named.

import type { Ability } from '../generated/protocol';

/** The type makes sure that none is forgotten. */
const OURS: Record<Ability, true> = { places: true, reread: true, reload_idle: true, page_tools: true };

/** What this extension understands. */
export const ABILITIES = Object.keys(OURS) as Ability[];

/** What a gateway says that it understands; names of a later version are skipped. */
export function knownAbilities(told: readonly unknown[]): ReadonlySet<Ability> {
  return new Set(ABILITIES.filter((ability) => told.includes(ability)));
}
