// JSON pointers (RFC 6901), by which adapters name values.

import type { EventFilter } from '../generated/protocol';

/** The value at a pointer; undefined where there is none. The empty pointer is the whole. */
export function valueAt(document: unknown, pointer: string): unknown {
  if (pointer === '') return document;
  let value = document;
  for (const escaped of pointer.slice(1).split('/')) {
    const step = escaped.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step))
      return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}

/** Whether a document passes every filter: the value is there, and is the one wanted. */
export function passes(document: unknown, filters: EventFilter[]): boolean {
  return filters.every(({ pointer, equals }) => {
    const value = valueAt(document, pointer);
    return equals === undefined ? value !== undefined : value === equals;
  });
}
