// What ends a turn before its answer is complete.

import type { NodeFailure } from '../generated/protocol';
import { TooLarge } from '../shared/frame';
import { Full } from './outbox';
import { failure } from './signals';

/** The turn has failed. */
export class Fault extends Error {
  constructor(readonly failure: NodeFailure) {
    super(failure.message);
  }
}

/** The client left. */
export class Cancelled extends Error {}

/** Any error as the fault that it makes of the turn. */
export function faultOf(error: unknown): Fault {
  if (error instanceof Fault) return error;
  if (error instanceof Full || error instanceof TooLarge) {
    return new Fault(failure('too_large', error.message || 'The gateway does not keep up.'));
  }
  return new Fault(failure('page_error', `The page broke the turn: ${String(error)}`));
}
