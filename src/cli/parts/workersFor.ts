// How many blocks commands code at the same time.
import { availableCores } from '../../platform/machine.node.ts';

/** One for each core, but no more than there are blocks. */
export function workersFor(blocks: number): number {
  return Math.max(1, Math.min(availableCores(), Math.ceil(blocks)));
}
