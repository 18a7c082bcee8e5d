// Vectors of statistics as rows, and what estimates a density from them.
import { mean } from '../../../numeric/statistics.ts';

/** Vectors, row-major. */
export interface Rows {
  readonly count: number;
  readonly width: number;
  readonly data: Float64Array;
}

/** Fits a density to rows and returns the function that computes its logarithm at others. */
export type DensityEstimator = (rows: Rows) => (others: Rows) => Float64Array;

/** The rows at these places. */
export function rowsAt({ width, data }: Rows, places: ArrayLike<number>): Rows {
  const chosen = new Float64Array(places.length * width);
  for (let row = 0; row < places.length; row++) {
    chosen.set(data.subarray(places[row]! * width, (places[row]! + 1) * width), row * width);
  }
  return { count: places.length, width, data: chosen };
}

/**
 * The whitening of rows: y = L⁻¹(x − mean)/deviation with L·Lᵀ their correlation matrix, shrunk towards the identity by the
 * amount that Ledoit and Wolf (2004) find for so few rows. Columns that hardly vary are left out.
 */
export interface Whitening {
  /** ln|∂y/∂x|. */
  readonly logDet: number;
  apply(rows: Rows): Rows;
}

/** Finds the whitening of rows. */
export function whiten(rows: Rows): Whitening {
  const scales = Array.from({ length: rows.width }, (_, place) => scaleOf(rows, place));
  const used = scales.flatMap((scale) => (scale === undefined ? [] : [scale]));
  const width = used.length;
  const standardised = ({ count, width: given, data }: Rows): Rows => {
    const scaled = new Float64Array(count * width);
    for (let row = 0; row < count; row++) {
      used.forEach(({ place, centre, deviation }, index) => {
        scaled[row * width + index] = (data[row * given + place]! - centre) / deviation;
      });
    }
    return { count, width, data: scaled };
  };
  const factor = cholesky(shrunkCorrelation(standardised(rows)), width);
  let logDet = 0;
  used.forEach(({ deviation }, index) => {
    logDet -= Math.log(deviation) + Math.log(factor[index * width + index]!);
  });
  return {
    logDet,
    apply(others) {
      const whitened = standardised(others);
      for (let row = 0; row < whitened.count; row++) {
        solveInPlace(factor, whitened.data.subarray(row * width, (row + 1) * width));
      }
      return whitened;
    },
  };
}

/** The smallest deviation of a column that counts, relative to its values. */
const NEGLIGIBLE = 1e-6;

/** The mean and the deviation of a column; undefined if it hardly varies. */
export function scaleOf({ count, width, data }: Rows, place: number) {
  const values = Float64Array.from({ length: count }, (_, row) => data[row * width + place]!);
  const centre = mean(values);
  const deviation = Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
  return deviation > NEGLIGIBLE * Math.max(1e-3, Math.abs(centre)) ? { place, centre, deviation } : undefined;
}

/** The correlation of standardised rows, (1 − λ)R + λI. */
function shrunkCorrelation({ count, width, data }: Rows): Float64Array {
  const matrix = new Float64Array(width * width);
  let squares = 0;
  for (let row = 0; row < count; row++) {
    let length = 0;
    for (let i = 0; i < width; i++) {
      const value = data[row * width + i]!;
      length += value * value;
      for (let j = 0; j < width; j++) {
        matrix[i * width + j]! += (value * data[row * width + j]!) / count;
      }
    }
    squares += length * length;
  }
  const norm = matrix.reduce((sum, value) => sum + value * value, 0);
  // The distance of R from I, and the mean square error of R, which the squared norms of z·zᵀ estimate.
  const distance = matrix.reduce((sum, value, index) => sum + (value - identityAt(index, width)) ** 2, 0);
  const error = Math.max(0, squares / count - norm) / count;
  const share = distance === 0 ? 1 : Math.min(1, error / distance);
  return matrix.map((value, index) => (1 - share) * value + share * identityAt(index, width));
}

function identityAt(index: number, width: number): number {
  return index % (width + 1) === 0 ? 1 : 0;
}

/** The lower triangle L of a positive definite matrix, L·Lᵀ. */
function cholesky(matrix: Float64Array, width: number): Float64Array {
  const factor = new Float64Array(width * width);
  for (let i = 0; i < width; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * width + j]!;
      for (let k = 0; k < j; k++) {
        sum -= factor[i * width + k]! * factor[j * width + k]!;
      }
      // Rounding can leave a perfectly correlated column with nothing of its own.
      factor[i * width + j] = i === j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / factor[j * width + j]!;
    }
  }
  return factor;
}

/** Replaces x by L⁻¹x. */
function solveInPlace(factor: Float64Array, x: Float64Array): void {
  const width = x.length;
  for (let i = 0; i < width; i++) {
    let sum = x[i]!;
    for (let k = 0; k < i; k++) {
      sum -= factor[i * width + k]! * x[k]!;
    }
    x[i] = sum / factor[i * width + i]!;
  }
}
