// Linear algebra of small matrices in flat float64 arrays.
//
// Training decomposes every 1x1 weight at every step. A general matrix library, with a call per element, takes twenty times as
// long as the loops of `decompose`, a tenth of the whole step.
import type { RandomStream } from './random.ts';

/** ln|det M| of a square matrix in row-major order; never out of range, −∞ for a singular matrix. */
export function logAbsDeterminant(values: ArrayLike<number>, size: number): number {
  return logAbsPivotProduct(decompose(values, size));
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

/** M = Q·R: Q orthogonal, R upper triangular. */
interface QrDecomposition {
  /** Q, row-major. */
  readonly orthogonal: Float64Array;
  /** R's diagonal. */
  readonly diagonal: Float64Array;
}

/**
 * Decomposes a square matrix in row-major order. The reflection of column k, I − v·vᵀ/v[k], maps what is left of the
 * column to a multiple of the unit vector k; v[k] ≥ 1 keeps it clear of cancellation. Q is the product of all
 * reflections.
 */
function qrDecompose(values: ArrayLike<number>, size: number): QrDecomposition {
  const a = Float64Array.from(values);
  const diagonal = new Float64Array(size);
  for (let k = 0; k < size; k++) {
    let squares = 0;
    for (let row = k; row < size; row++) {
      squares += a[row * size + k]! ** 2;
    }
    const norm = (a[k * size + k]! < 0 ? -1 : 1) * Math.sqrt(squares);
    diagonal[k] = -norm;
    if (norm === 0) {
      continue;
    }
    for (let row = k; row < size; row++) {
      a[row * size + k]! /= norm;
    }
    a[k * size + k]! += 1;
    for (let column = k + 1; column < size; column++) {
      reflect(a, k, a, column, size);
    }
  }
  const orthogonal = new Float64Array(size * size);
  for (let k = size - 1; k >= 0; k--) {
    orthogonal[k * size + k] = 1;
    if (a[k * size + k] === 0) {
      continue;
    }
    for (let column = k; column < size; column++) {
      reflect(a, k, orthogonal, column, size);
    }
  }
  return { orthogonal, diagonal };
}

/** Applies the reflection of column k, whose v is stored there from row k on, to a column of a matrix. */
function reflect(v: Float64Array, k: number, matrix: Float64Array, column: number, size: number): void {
  let along = 0;
  for (let row = k; row < size; row++) {
    along += v[row * size + k]! * matrix[row * size + column]!;
  }
  const factor = -along / v[k * size + k]!;
  for (let row = k; row < size; row++) {
    matrix[row * size + column]! += factor * v[row * size + k]!;
  }
}

/** P·M = L·U: rows in the order `pivots`; L's strict lower triangle (diagonal 1) and U, in one array. */
export interface LuDecomposition {
  readonly size: number;
  /** L below the diagonal, U on and above it, row-major. */
  readonly factors: Float64Array;
  /** Row k of L·U is row `pivots[k]` of the matrix. */
  readonly pivots: Int32Array;
}

/** Gaussian elimination with partial pivoting; a singular matrix leaves zeros on U's diagonal. */
export function decompose(values: ArrayLike<number>, size: number): LuDecomposition {
  const a = Float64Array.from(values);
  const pivots = Int32Array.from({ length: size }, (_, index) => index);
  for (let k = 0; k < size; k++) {
    let best = k;
    for (let row = k + 1; row < size; row++) {
      if (Math.abs(a[row * size + k]!) > Math.abs(a[best * size + k]!)) {
        best = row;
      }
    }
    if (best !== k) {
      swapRows(a, size, k, best);
      [pivots[k], pivots[best]] = [pivots[best]!, pivots[k]!];
    }
    const pivot = a[k * size + k]!;
    if (pivot === 0) {
      continue;
    }
    for (let row = k + 1; row < size; row++) {
      const factor = a[row * size + k]! / pivot;
      a[row * size + k] = factor;
      subtractRow(a, row * size, a, k * size, factor, k + 1, size);
    }
  }
  return { size, factors: a, pivots };
}

/** U's diagonal. */
function pivotValues({ factors, size }: LuDecomposition): Float64Array {
  return Float64Array.from({ length: size }, (_, index) => factors[index * size + index]!);
}

/** ln|det M| as the sum of the logarithms of the pivots: never out of range; −∞ for a singular matrix. */
export function logAbsPivotProduct(decomposition: LuDecomposition): number {
  return pivotValues(decomposition).reduce((total, pivot) => total + Math.log(Math.abs(pivot)), 0);
}

/** M⁻¹ in row-major order; NaN everywhere if a pivot is zero. */
export function invert(decomposition: LuDecomposition): Float64Array {
  const { size, factors, pivots } = decomposition;
  const x = new Float64Array(size * size);
  if (pivotValues(decomposition).includes(0)) {
    return x.fill(Number.NaN);
  }
  for (let row = 0; row < size; row++) {
    x[row * size + pivots[row]!] = 1;
  }
  for (let row = 0; row < size; row++) {
    for (let k = 0; k < row; k++) {
      subtractRow(x, row * size, x, k * size, factors[row * size + k]!, 0, size);
    }
  }
  for (let row = size - 1; row >= 0; row--) {
    for (let k = row + 1; k < size; k++) {
      subtractRow(x, row * size, x, k * size, factors[row * size + k]!, 0, size);
    }
    const pivot = factors[row * size + row]!;
    for (let column = 0; column < size; column++) {
      x[row * size + column]! /= pivot;
    }
  }
  return x;
}

/** target[j] −= factor·source[j] for the columns from `start` to `end`. */
function subtractRow(
  target: Float64Array,
  targetRow: number,
  source: Float64Array,
  sourceRow: number,
  factor: number,
  start: number,
  end: number,
): void {
  for (let column = start; column < end; column++) {
    target[targetRow + column]! -= factor * source[sourceRow + column]!;
  }
}

function swapRows(a: Float64Array, size: number, first: number, second: number): void {
  for (let column = 0; column < size; column++) {
    const value = a[first * size + column]!;
    a[first * size + column] = a[second * size + column]!;
    a[second * size + column] = value;
  }
}
