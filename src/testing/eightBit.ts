// Images that a test or a benchmark knows to be of 8-bit integers.
import { requireEightBits } from '../data/pixels/bitDepth.ts';
import type { Values } from '../numeric/values.ts';

/** The same values, by their type. */
export function eightBit(values: Values): Uint8Array {
  return requireEightBits(values, 'this test');
}
