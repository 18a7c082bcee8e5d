// Inverses and determinants of small complex matrices in flat float64 arrays.
//
// Training inverts the matrix of every frequency of a periodic convolution at every step, more than a
// thousand of them in the paper's model for CIFAR-10. So the inner loops run along contiguous rows, and
// allocate no arrays.

/** The inverses of complex matrices, and the ln|det| of each. */
export interface ComplexInverses {
  /** In the layout of the matrices; all NaN for a singular matrix. */
  readonly inverses: Float64Array;
  /** One per matrix; −∞ for a singular one. */
  readonly logAbsDets: Float64Array;
}

/**
 * Inverts complex matrices, given as the real parts of all and then the imaginary parts of all, row-major.
 *
 * By Gauss–Jordan elimination in place: as many operations as an LU decomposition and two triangular solves,
 * all of them on whole rows, and the determinant follows from the pivots.
 */
export function invertComplexMatrices(values: ArrayLike<number>, size: number): ComplexInverses {
  const inverses = Float64Array.from(values);
  const half = inverses.length / 2;
  const area = size * size;
  const exchanged = new Int32Array(size);
  const logAbsDets = new Float64Array(half / area);
  for (let index = 0; index < logAbsDets.length; index++) {
    const [start, end] = [index * area, (index + 1) * area];
    const re = inverses.subarray(start, end);
    const im = inverses.subarray(half + start, half + end);
    logAbsDets[index] = invertInPlace(re, im, size, exchanged);
  }
  return { inverses, logAbsDets };
}

/** Replaces a matrix by its inverse and returns ln|det|; `exchanged` is scratch space, one number per row. */
function invertInPlace(re: Float64Array, im: Float64Array, size: number, exchanged: Int32Array): number {
  let logAbsDet = 0;
  for (let k = 0; k < size; k++) {
    const pivot = k * size;
    const best = largestOfColumn(re, im, size, k);
    exchanged[k] = best;
    swap(re, pivot, best * size, 1, size);
    swap(im, pivot, best * size, 1, size);
    // The pivot is divided by its size before it is squared, which could go out of range.
    const length = magnitude(re, im, pivot + k);
    if (length === 0) {
      logAbsDet = Number.NEGATIVE_INFINITY + logAbsDet;
      continue;
    }
    const [a, b] = [re[pivot + k]! / length, im[pivot + k]! / length];
    const square = a * a + b * b;
    logAbsDet += Math.log(length) + Math.log(square) / 2;
    // The pivot's column now equals the identity's: the inverse replaces it.
    re[pivot + k] = 1;
    im[pivot + k] = 0;
    scaleRow(re, im, pivot, size, a / square / length, -b / square / length);
    for (let row = 0; row < re.length; row += size) {
      if (row !== pivot) {
        const factorRe = re[row + k]!;
        const factorIm = im[row + k]!;
        re[row + k] = 0;
        im[row + k] = 0;
        subtractRow(re, im, row, pivot, size, factorRe, factorIm);
      }
    }
  }
  if (logAbsDet === Number.NEGATIVE_INFINITY) {
    re.fill(Number.NaN);
    im.fill(Number.NaN);
    return logAbsDet;
  }
  // Row exchanges become column exchanges of the inverse, to be reverted in the opposite order.
  for (let k = size - 1; k >= 0; k--) {
    swap(re, k, exchanged[k]!, size, size);
    swap(im, k, exchanged[k]!, size, size);
  }
  return logAbsDet;
}

/** |Re| + |Im|: within a factor √2 of the modulus, and never out of range. */
function magnitude(re: Float64Array, im: Float64Array, index: number): number {
  return Math.abs(re[index]!) + Math.abs(im[index]!);
}

/** The row at or below the diagonal with the largest element of column k. */
function largestOfColumn(re: Float64Array, im: Float64Array, size: number, k: number): number {
  let best = k;
  for (let row = k + 1; row < size; row++) {
    if (magnitude(re, im, row * size + k) > magnitude(re, im, best * size + k)) {
      best = row;
    }
  }
  return best;
}

/** Exchanges the `count` elements starting at `first`, `stride` apart, with those starting at `second`. */
function swap(a: Float64Array, first: number, second: number, stride: number, count: number): void {
  if (first === second) {
    return;
  }
  for (let offset = 0; offset < count * stride; offset += stride) {
    const value = a[first + offset]!;
    a[first + offset] = a[second + offset]!;
    a[second + offset] = value;
  }
}

/** row ← (factorRe + i·factorIm)·row for the row that starts at `row`. */
function scaleRow(
  re: Float64Array,
  im: Float64Array,
  row: number,
  size: number,
  factorRe: number,
  factorIm: number,
): void {
  for (let index = row; index < row + size; index++) {
    const a = re[index]!;
    const b = im[index]!;
    re[index] = factorRe * a - factorIm * b;
    im[index] = factorRe * b + factorIm * a;
  }
}

/** target ← target − (factorRe + i·factorIm)·source for the rows that start at `target` and `source`. */
function subtractRow(
  re: Float64Array,
  im: Float64Array,
  target: number,
  source: number,
  size: number,
  factorRe: number,
  factorIm: number,
): void {
  for (let column = 0; column < size; column++) {
    const a = re[source + column]!;
    const b = im[source + column]!;
    re[target + column]! -= factorRe * a - factorIm * b;
    im[target + column]! -= factorRe * b + factorIm * a;
  }
}
