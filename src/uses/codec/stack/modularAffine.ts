// Maps of whole numbers that lose nothing: multiplication, the modular affine map, and curves that rise everywhere.
import type { BitStack } from '../../../core/numeric/index.ts';
import { LARGEST, ONE, OutOfRange, SCALE_ONE } from './fixedPoint.ts';

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

/** Activations between knots: one 64th. Finer knots don't shorten files measurably. */
const PIECE = ONE / 64;

/** Knots are numbered from −LAST to LAST; activations beyond them are out of range. */
const LAST = LARGEST / PIECE;

/** A curve of real numbers that rises everywhere. */
type Curve = (x: number) => number;

/** The height of a knot, as an activation. The last term makes heights rise where rounding would let them stay. */
function heightOf(curve: Curve, knot: number): number {
  return Math.round(curve((knot * PIECE) / ONE) * ONE) + knot;
}

/**
 * About curve(x): between two knots a straight line, which is a modular affine map.
 *
 * @throws OutOfRange, StackEmpty
 */
export function alongCurve(stack: BitStack, x: number, curve: Curve): number {
  const knot = Math.floor(x / PIECE);
  if (knot < -LAST || knot >= LAST) {
    throw new OutOfRange();
  }
  const height = heightOf(curve, knot);
  return height + scaleUp(stack, x - knot * PIECE, riseOf(curve, knot, height), PIECE);
}

/** The inverse of `alongCurve`: it finds the same piece by the same heights. */
export function backFromCurve(stack: BitStack, y: number, curve: Curve): number {
  // Knots `low` and `high` have y between them: at first one unit to both sides of 0.
  let [low, high] = [-64, 64];
  while (heightOf(curve, low) > y && low > -LAST) {
    [low, high] = [2 * low, low];
  }
  while (heightOf(curve, high) <= y && high < LAST) {
    [low, high] = [high, 2 * high];
  }
  if (!(heightOf(curve, low) <= y && heightOf(curve, high) > y)) {
    throw new OutOfRange();
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (heightOf(curve, middle) <= y) {
      low = middle;
    } else {
      high = middle;
    }
  }
  const height = heightOf(curve, low);
  return low * PIECE + scaleDown(stack, y - height, riseOf(curve, low, height), PIECE);
}

/** By how much the curve rises from a knot to the next. */
function riseOf(curve: Curve, knot: number, height: number): number {
  const rise = heightOf(curve, knot + 1) - height;
  if (!(rise >= 1 && rise <= LARGEST)) {
    throw new OutOfRange();
  }
  return rise;
}
