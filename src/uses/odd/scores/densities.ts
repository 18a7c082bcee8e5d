// Densities of vectors that are fitted to reference images, and preparations so that a few odd ones among these don't hide others.
import { mean, quantile } from '../../../core/numeric/index.ts';

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
interface Whitening {
  /** ln|∂y/∂x|. */
  readonly logDet: number;
  apply(rows: Rows): Rows;
}

/** Finds the whitening of rows. */
export function whiten(rows: Rows): Whitening {
  const scales = Array.from({ length: rows.width }, (_, column) => columnScale(rows, column));
  const used = scales.flatMap((scale) => (scale === undefined ? [] : [scale]));
  const width = used.length;
  const standardised = ({ count, width: inputWidth, data }: Rows): Rows => {
    const scaled = new Float64Array(count * width);
    for (let row = 0; row < count; row++) {
      used.forEach(({ place: column, centre, deviation }, index) => {
        scaled[row * width + index] = (data[row * inputWidth + column]! - centre) / deviation;
      });
    }
    return { count, width, data: scaled };
  };
  const factor = cholesky(shrunkCorrelation(standardised(rows)), width, 1e-12);
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
function columnScale({ count, width, data }: Rows, column: number) {
  const values = Float64Array.from({ length: count }, (_, row) => data[row * width + column]!);
  const centre = mean(values);
  const deviation = Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
  return deviation > NEGLIGIBLE * Math.max(1e-3, Math.abs(centre))
    ? { place: column, centre, deviation }
    : undefined;
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

/**
 * The lower triangle L of a positive definite matrix, L·Lᵀ, of which only the lower half is read.
 *
 * @param least of the squares on L's diagonal: rounding can leave a perfectly correlated column with nothing of its own
 */
export function cholesky(matrix: Float64Array, width: number, least: number): Float64Array {
  const factor = new Float64Array(width * width);
  for (let i = 0; i < width; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * width + j]!;
      for (let k = 0; k < j; k++) {
        sum -= factor[i * width + k]! * factor[j * width + k]!;
      }
      factor[i * width + j] = i === j ? Math.sqrt(Math.max(sum, least)) : sum / factor[j * width + j]!;
    }
  }
  return factor;
}

/** Replaces x by L⁻¹x. */
export function solveInPlace(factor: Float64Array, x: Float64Array): void {
  const width = x.length;
  for (let i = 0; i < width; i++) {
    let sum = x[i]!;
    for (let k = 0; k < i; k++) {
      sum -= factor[i * width + k]! * x[k]!;
    }
    x[i] = sum / factor[i * width + i]!;
  }
}

/** The Gaussian with the mean and the shrunk covariance of the rows. */
export const gaussian: DensityEstimator = (rows) => {
  const whitening = whiten(rows);
  return (others) => {
    const { count, width, data } = whitening.apply(others);
    const constant = whitening.logDet - 0.5 * width * Math.log(2 * Math.PI);
    return Float64Array.from({ length: count }, (_, row) => {
      let energy = 0;
      for (let index = row * width; index < (row + 1) * width; index++) {
        energy += data[index]! ** 2;
      }
      return constant - 0.5 * energy;
    });
  };
};

/**
 * The mean of Gaussians around the rows, with the shape of their shrunk covariance and the width of Silverman's rule,
 * (4/((d + 2)·n))^(1/(d + 4)).
 */
export const kernel: DensityEstimator = (rows) => kernelWithout(rows, 0);

/**
 * The same without the nearest 1 % of the Gaussians, at least one: otherwise, a single odd row would make what is like it
 * probable. As densities, the values are too small.
 */
export const robustKernel: DensityEstimator = (rows) => kernelWithout(rows, Math.ceil(NEAREST * rows.count));

const NEAREST = 0.01;

function kernelWithout(rows: Rows, nearest: number): ReturnType<DensityEstimator> {
  const whitening = whiten(rows);
  const centres = whitening.apply(rows);
  const { width, count } = centres;
  const bandwidth = (4 / ((width + 2) * count)) ** (1 / (width + 4));
  const constant =
    whitening.logDet - width * (Math.log(bandwidth) + 0.5 * Math.log(2 * Math.PI)) - Math.log(count);
  return (others) => {
    const points = whitening.apply(others);
    const exponents = new Float64Array(count);
    const counted = exponents.subarray(0, Math.max(1, count - nearest));
    return Float64Array.from({ length: points.count }, (_, row) => {
      for (let centre = 0; centre < count; centre++) {
        let square = 0;
        for (let column = 0; column < width; column++) {
          square += (points.data[row * width + column]! - centres.data[centre * width + column]!) ** 2;
        }
        exponents[centre] = -0.5 * square * bandwidth ** -2;
      }
      exponents.sort();
      const largest = counted.at(-1)!;
      return (
        constant +
        largest +
        Math.log(counted.reduce((sum, logKernel) => sum + Math.exp(logKernel - largest), 0))
      );
    });
  };
}

/** In deviations from the median: values far beyond count by their logarithm. */
const LINEAR = 4;

/** Where the rough correlations cut off values, in deviations. */
const CUT_OFF = 2.5;

/** At most this share of rows is left out. */
const MOST_ODD = 0.06;

/** Rows are left out if the logarithm of their squared distance is so many quartile ranges above the upper quartile. */
const FENCE = 3.5;

/** At least this share of a column's scale counts on each side of its median. */
const LEAST_SIDE = 0.3;

/**
 * Maps x to 4 asinh((x − median)/4s) by column, with one s below the median and another above, from the distance to the first
 * and to the last tenth. Both ignore a few odd rows; two, since the long tail of a skewed column is typical, but as far on its
 * short side is odd. The likelihood of an image unlike all others may be larger than theirs by many orders of magnitude.
 */
export function compression(rows: Rows): (others: Rows) => Rows {
  const scales = Array.from({ length: rows.width }, (_, column) => sidedColumnScale(rows, column));
  return ({ count, width, data }) => ({
    count,
    width,
    data: data.map((value, index) => {
      const scale = scales[index % width];
      if (scale === undefined) {
        return 0;
      }
      const deviation = value < scale.centre ? scale.below : scale.above;
      return LINEAR * Math.asinh((value - scale.centre) / deviation / LINEAR);
    }),
  });
}

/**
 * The compressed rows without those far from the rest, by a rough whitening first and then by one of the rows that are left
 * (Hubert, Rousseeuw and Verdonck 2012).
 */
export function coreRows(rows: Rows): Rows {
  const cut = rows.data.map((value) => Math.max(-CUT_OFF, Math.min(CUT_OFF, value)));
  const rough = near(rows, whiten({ ...rows, data: cut }).apply(rows));
  return near(rows, whiten(rough).apply(rows));
}

function near(rows: Rows, { width, data }: Rows): Rows {
  const distances = Float64Array.from({ length: rows.count }, (_, row) => {
    const square = data
      .subarray(row * width, (row + 1) * width)
      .reduce((sum, value) => sum + value * value, 0);
    return Math.log(square + Number.MIN_VALUE);
  });
  const sorted = distances.toSorted();
  const [lower, upper] = [quantile(sorted, 0.25), quantile(sorted, 0.75)];
  const farthest = Math.max(upper + FENCE * (upper - lower), quantile(sorted, 1 - MOST_ODD));
  return rowsAt(
    rows,
    [...distances.keys()].filter((row) => distances[row]! <= farthest),
  );
}

function sidedColumnScale(rows: Rows, column: number) {
  const values = Float64Array.from({ length: rows.count }, (_, row) => rows.data[row * rows.width + column]!);
  values.sort();
  const centre = quantile(values, 0.5);
  // 1.2816 deviations of a normal distribution.
  const [below, above] = [centre - quantile(values, 0.1), quantile(values, 0.9) - centre].map(
    (distance) => distance / 1.2816,
  ) as [number, number];
  const least = (LEAST_SIDE * (below + above)) / 2;
  if (least > 0) {
    return { centre, below: Math.max(below, least), above: Math.max(above, least) };
  }
  // A column of mostly equal values, such as the brightness of a corner, has no such distances.
  const scale = columnScale(rows, column);
  return scale && { centre: scale.centre, below: scale.deviation, above: scale.deviation };
}

/**
 * Divides positions into folds; each is inside one fold and outside of the others. Positions of the same group are in one
 * fold.
 *
 * @param groups the group of each position, numbered from 0; by default each position is a group
 */
export function divideFolds(
  count: number,
  folds: number,
  groups?: ArrayLike<number>,
): { inside: number[]; outside: number[] }[] {
  const indices = Array.from({ length: count }, (_, index) => index);
  const foldIndex = (index: number): number => (groups?.[index] ?? index) % folds;
  return Array.from({ length: Math.min(folds, count) }, (_, fold) => ({
    inside: indices.filter((index) => foldIndex(index) === fold),
    outside: indices.filter((index) => foldIndex(index) !== fold),
  })).filter(({ inside }) => inside.length > 0);
}
