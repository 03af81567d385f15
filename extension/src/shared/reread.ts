// Whether a page may be read again for its models now, and how.

import type { ModelSource } from '../generated/protocol';

/** What a page makes of the wish. */
export type Reread =
  /** It was read, or is about to be: its next report tells. */
  | 'read'
  /** Its list comes with the page alone: it is to be loaded again. */
  | 'reload'
  /** A turn or its human uses it. */
  | 'busy'
  /** It tells no models. */
  | 'none';

/** `free`: nobody uses the page. `standing`: a conversation may be gone on with there. */
export function wayToReread(source: ModelSource | undefined, free: boolean, standing: boolean): Reread {
  if (!source) return 'none';
  if (!free) return 'busy';
  if (source.kind !== 'tap') return 'read';
  return standing ? 'busy' : 'reload';
}
