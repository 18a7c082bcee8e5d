// Small matrices: products, determinants, PLU and QR.

/** Rows of numbers. */
export type Matrix = readonly (readonly number[])[];

/** The product of two matrices. */
export function multiplyMatrices(a: Matrix, b: Matrix): number[][] {
  return a.map((row) =>
    b[0]!.map((_, column) => row.reduce((sum, entry, k) => sum + entry * b[k]![column]!, 0)),
  );
}

/** A square matrix: 1 where a condition holds, else 0. */
function indicator(size: number, holds: (row: number, column: number) => boolean): number[][] {
  return Array.from({ length: size }, (_, row) =>
    Array.from({ length: size }, (__, column) => (holds(row, column) ? 1 : 0)),
  );
}

/** W = P·L·U with partial pivoting: P a permutation, L unit lower, U upper triangular. */
export function decomposePlu(matrix: Matrix): { p: number[][]; l: number[][]; u: number[][] } {
  const size = matrix.length;
  const u = matrix.map((row) => [...row]);
  const l = indicator(size, () => false);
  const order = u.map((_, index) => index);
  for (let k = 0; k < size; k++) {
    let best = k;
    for (let row = k; row < size; row++) {
      if (Math.abs(u[row]![k]!) > Math.abs(u[best]![k]!)) {
        best = row;
      }
    }
    for (const rows of [u, l, order] as unknown[][]) {
      [rows[k], rows[best]] = [rows[best], rows[k]];
    }
    l[k]![k] = 1;
    const pivot = u[k]![k]!;
    for (let row = k + 1; pivot !== 0 && row < size; row++) {
      const factor = u[row]![k]! / pivot;
      l[row]![k] = factor;
      for (let column = k; column < size; column++) {
        u[row]![column] = column === k ? 0 : u[row]![column]! - factor * u[k]![column]!;
      }
    }
  }
  return { p: indicator(size, (row, column) => order[column] === row), l, u };
}

/** W = Q·R by reflections, as in the library: Q orthogonal, R upper triangular. */
export function decomposeQr(matrix: Matrix): { q: number[][]; r: number[][] } {
  const size = matrix.length;
  let r = matrix.map((row) => [...row]);
  let q = indicator(size, (row, column) => row === column);
  for (let k = 0; k + 1 < size; k++) {
    const v = r.map((row, index) => (index < k ? 0 : row[k]!));
    v[k]! += (v[k]! < 0 ? -1 : 1) * Math.hypot(...v);
    const square = v.reduce((sum, value) => sum + value * value, 0);
    if (square === 0) {
      continue;
    }
    const reflection = indicator(size, (row, column) => row === column).map((row, i) =>
      row.map((entry, j) => entry - (2 * v[i]! * v[j]!) / square),
    );
    r = multiplyMatrices(reflection, r);
    q = multiplyMatrices(q, reflection);
  }
  return { q, r };
}

/** ln|det| by elimination: n³/3 multiplications for n rows. */
export function eliminationLogDet(matrix: Matrix): number {
  return logAbsOfDiagonal(decomposePlu(matrix).u);
}

/** Σ ln|diagonal|. */
export function logAbsOfDiagonal(matrix: Matrix): number {
  return matrix.reduce((sum, row, index) => sum + Math.log(Math.abs(row[index]!)), 0);
}
