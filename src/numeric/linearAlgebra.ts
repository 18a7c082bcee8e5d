// Linear algebra of small matrices in float64.
import { decompose, invert, logAbsDeterminantOf, pivotValues } from './lu.ts';
import { qrDecompose } from './qr.ts';
import type { RandomStream } from './random.ts';

/** ln|det M| of a square matrix in row-major order; never out of range, −∞ for a singular matrix. */
export function logAbsDeterminant(values: ArrayLike<number>, size: number): number {
  return logAbsDeterminantOf(decompose(values, size));
}

/** The inverse of a square matrix in row-major order; NaN everywhere if it is singular. */
export function inverse(values: ArrayLike<number>, size: number): Float64Array {
  return invert(decompose(values, size));
}

/** A uniformly random orthogonal matrix, row-major (Haar measure: QR of a normal matrix, signs fixed). */
export function randomOrthogonal(random: RandomStream, size: number): Float64Array {
  const { orthogonal, diagonal } = qrDecompose(random.normals(size * size), size);
  return orthogonal.map((value, index) => (diagonal[index % size]! < 0 ? -value : value));
}

/**
 * The factors of a uniformly random orthogonal matrix W = P·L·U with P[i, permutation[i]] = 1: L's strict
 * lower and U's strict upper triangle, and the signs and logarithms of U's diagonal.
 */
export function orthogonalFactors(
  random: RandomStream,
  size: number,
): Record<'permutation' | 'lower' | 'upper' | 'logScale' | 'sign', Float64Array> {
  const decomposition = decompose(randomOrthogonal(random, size), size);
  const diagonal = pivotValues(decomposition);
  const permutation = new Float64Array(size);
  decomposition.pivots.forEach((row, k) => {
    permutation[row] = k;
  });
  const triangle = (inside: (row: number, column: number) => boolean) =>
    decomposition.factors.map((value, index) => (inside(Math.floor(index / size), index % size) ? value : 0));
  return {
    permutation,
    lower: triangle((row, column) => row > column),
    upper: triangle((row, column) => row < column),
    logScale: diagonal.map((value) => Math.log(Math.abs(value))),
    sign: diagonal.map(Math.sign),
  };
}
