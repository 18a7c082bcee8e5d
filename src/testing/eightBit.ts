// Images that a test or a benchmark knows to be of 8-bit integers.

import type { Values } from '../core/numeric/arrays.ts';
import { requireEightBits } from '../data/pixels/values.ts';

/** The same values, by their type. */
export function eightBit(values: Values): Uint8Array {
  return requireEightBits(values, 'this test');
}
