// By what it is remembered what a site had before requests changed it.

import type { Site } from '../generated/protocol';

/** Another revision of an adapter may call other things by the same names. */
export function memoryKey(gateway: string, { name, adapter }: Site): string {
  return `${gateway} ${name} ${adapter.name} ${adapter.revision}`;
}
