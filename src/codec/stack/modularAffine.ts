// Multiplication of whole numbers that loses nothing: the modular affine map.
import type { BitStack } from './bitStack.ts';
import { OutOfRange, SCALE_ONE } from './fixedPoint.ts';

/** Products up to here are exact, with room for a remainder. */
const MOST = 2 ** 51;

/**
 * About x·numerator/denominator, for any whole number x: with r popped below the numerator, V = numerator·x + r is divided
 * by the denominator, and the remainder pushed. That pops log2(numerator) bits and pushes log2(denominator): the change of
 * volume that the log-determinant counts. Source: Zhang and others, iFlow (2021).
 *
 * @param numerator from 1 to 2^32
 * @throws OutOfRange if the product is too large; StackEmpty
 */
export function scaleUp(stack: BitStack, x: number, numerator: number, denominator = SCALE_ONE): number {
  const product = numerator * x + stack.pop(numerator);
  if (product > MOST || product < -MOST) {
    throw new OutOfRange();
  }
  const y = Math.floor(product / denominator);
  stack.push(product - y * denominator, denominator);
  return y;
}

/** The inverse of `scaleUp`: x, with the stack as it was before. */
export function scaleDown(stack: BitStack, y: number, numerator: number, denominator = SCALE_ONE): number {
  const product = denominator * y + stack.pop(denominator);
  if (product > MOST || product < -MOST) {
    throw new OutOfRange();
  }
  const x = Math.floor(product / numerator);
  stack.push(product - x * numerator, numerator);
  return x;
}
