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

/** The inverse of `scaleUp`: x, with the previous stack. */
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
export const PIECE = ONE / 64;

/** Knots are numbered from −LAST to LAST; activations beyond them are out of range. */
const LAST = LARGEST / PIECE;

/** A curve of real numbers that rises everywhere. */
type Curve = (x: number) => number;

/** The height of a knot, as an activation. The last term makes heights rise where rounding would let them stay. */
function knotHeight(curve: Curve, knot: number): number {
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
  const height = knotHeight(curve, knot);
  const rise = requireRise(knotHeight(curve, knot + 1) - height);
  return height + scaleUp(stack, x - knot * PIECE, rise, PIECE);
}

/** Steps of a search along the secant, before it halves the range. */
const SECANT_STEPS = 8;

/**
 * The inverse of `alongCurve`: it finds the same piece by the same heights.
 *
 * @param last the rise of the piece that was found last, which is replaced: neighbours have similar curves, so the search starts
 * with it
 */
export function backFromCurve(stack: BitStack, y: number, curve: Curve, last: { rise: number }): number {
  // y is between the heights of the knots `low` and `high`, as soon as both are known.
  let [low, high] = [-LAST - 1, LAST + 1];
  let [lowHeight, highHeight] = [Number.NaN, Number.NaN];
  // Secant steps from where the curve would be the identity: evaluating a mixture takes long, and curves are smooth.
  let knot = Math.floor(y / PIECE);
  let before = { knot, height: y };
  for (let turn = 0; high - low > 1; turn++) {
    knot = Math.min(Math.max(knot, low + 1), high - 1);
    const height = knotHeight(curve, knot);
    if (height <= y) {
      [low, lowHeight] = [knot, height];
    } else {
      [high, highHeight] = [knot, height];
    }
    const slope = (height - before.height) / (knot - before.knot);
    before = { knot, height };
    const isBracketed = low >= -LAST && high <= LAST;
    if (isBracketed && turn >= SECANT_STEPS) {
      knot = Math.floor((low + high) / 2);
    } else {
      // So far away; further, if the curve becomes ever flatter.
      const step = (y - height) / (slope >= 1 && slope < LARGEST ? slope : last.rise);
      const further = isBracketed ? 1 : 2 ** Math.max(0, turn - 2);
      knot += Math.floor(step * further);
    }
  }
  last.rise = requireRise(highHeight - lowHeight);
  const piece = scaleDown(stack, y - lowHeight, last.rise, PIECE);
  return low * PIECE + piece;
}

/** Checks by how much a curve rises from a knot to the next; fails if it doesn't, or a knot is out of range. */
function requireRise(rise: number): number {
  if (!(rise >= 1 && rise <= LARGEST)) {
    throw new OutOfRange();
  }
  return rise;
}
