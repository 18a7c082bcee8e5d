// The QR decomposition of small matrices in flat float64 arrays, by Householder reflections.

/** M = Q·R: Q orthogonal, R upper triangular. */
export interface QrDecomposition {
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
export function qrDecompose(values: ArrayLike<number>, size: number): QrDecomposition {
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
