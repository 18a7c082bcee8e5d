// Matrices as plain loops, which share no code with the library.

/** Figures of a square matrix. */
export interface MatrixFigures {
  /** ln|det|. */
  readonly logDet: number;
  /** Its Frobenius norm. */
  readonly norm: number;
  /** That of its inverse. */
  readonly inverseNorm: number;
}

/** Figures of a square matrix, by Gauss–Jordan elimination with the largest pivot of each column. */
export function matrixFigures(rows: readonly Float64Array[]): MatrixFigures {
  const size = rows.length;
  const work = rows.map((row, index) => {
    const extended = new Float64Array(2 * size);
    extended.set(row);
    extended[size + index] = 1;
    return extended;
  });
  let logDet = 0;
  for (let column = 0; column < size; column++) {
    let pivot = column;
    for (let row = column + 1; row < size; row++) {
      if (Math.abs(work[row]![column]!) > Math.abs(work[pivot]![column]!)) {
        pivot = row;
      }
    }
    [work[column], work[pivot]] = [work[pivot]!, work[column]!];
    const pivotRow = work[column]!;
    const divisor = pivotRow[column]!;
    logDet += Math.log(Math.abs(divisor));
    for (let index = 0; index < 2 * size; index++) {
      pivotRow[index]! /= divisor;
    }
    for (const [row, values] of work.entries()) {
      const factor = row === column ? 0 : values[column]!;
      if (factor !== 0) {
        for (let index = column; index < 2 * size; index++) {
          values[index]! -= factor * pivotRow[index]!;
        }
      }
    }
  }
  return {
    logDet,
    norm: euclideanNorm(rows.map(euclideanNorm)),
    inverseNorm: euclideanNorm(work.map((row) => euclideanNorm(row.subarray(size)))),
  };
}

function euclideanNorm(values: Iterable<number>): number {
  return Math.sqrt([...values].reduce((sum, value) => sum + value * value, 0));
}
