// The LU decomposition of small matrices in flat float64 arrays.
//
// Training decomposes every 1x1 weight at every step. A general matrix library, with a call per element,
// takes twenty times as long as these loops, a tenth of the whole step; only this one decomposition is
// written by hand.

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
export function pivotValues({ factors, size }: LuDecomposition): Float64Array {
  return Float64Array.from({ length: size }, (_, index) => factors[index * size + index]!);
}

/** ln|det M| as the sum of the logarithms of the pivots: never out of range; −∞ for a singular matrix. */
export function logAbsDeterminantOf(decomposition: LuDecomposition): number {
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

function swapRows(a: Float64Array, size: number, one: number, other: number): void {
  for (let column = 0; column < size; column++) {
    const kept = a[one * size + column]!;
    a[one * size + column] = a[other * size + column]!;
    a[other * size + column] = kept;
  }
}
