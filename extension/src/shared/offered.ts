// The names under which a page offers models, as the gateway counts them (Adapter::offered).

import type { Adapter } from '../generated/protocol';

/** `found`: what the page itself told, in place of the adapter's known names. */
export function offered(adapter: Adapter, found: string[] = []): string[] {
  const named = adapter.models.names ?? [];
  const names = found.length > 0 ? found : named.length > 0 ? named : ['default'];
  const modes = (adapter.modes ?? []).flatMap(({ name, sides }) =>
    sides > 1 ? [name, `${name}@a`, `${name}@b`] : [name],
  );
  return [...names, ...modes];
}
