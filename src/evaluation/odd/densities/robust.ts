// Preparations so that a few odd rows among those that a density is fitted to don't hide others.
import { quantile } from '../../../numeric/statistics.ts';
import { type Rows, rowsAt, scaleOf, whiten } from './rows.ts';

/** In deviations from the median: values far beyond count by their logarithm. */
const LINEAR = 4;

/** Where the rough correlations cut off values, in deviations. */
const CUT_OFF = 2.5;

/** At most this share of rows is left out. */
const MOST_ODD = 0.06;

/** Rows are left out if the logarithm of their squared distance is so many quartile ranges above the upper quartile. */
const FENCE = 3.5;

/**
 * Maps x to 4 asinh((x − median)/4s) by column, with s from the distance between the first and the last tenth: the median and s
 * ignore a few odd rows, and the likelihood of an image unlike all others may be larger than theirs by many orders of magnitude.
 */
export function compression(rows: Rows): (others: Rows) => Rows {
  const scales = Array.from({ length: rows.width }, (_, place) => robustScaleOf(rows, place));
  return ({ count, width, data }) => ({
    count,
    width,
    data: data.map((value, index) => {
      const scale = scales[index % width];
      return scale ? LINEAR * Math.asinh((value - scale.centre) / scale.deviation / LINEAR) : 0;
    }),
  });
}

/**
 * The compressed rows without those far from the rest, by a rough whitening first and then by one of the rows that are left
 * (Hubert, Rousseeuw and Verdonck 2012).
 */
export function coreOf(rows: Rows): Rows {
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
  const most = Math.max(upper + FENCE * (upper - lower), quantile(sorted, 1 - MOST_ODD));
  return rowsAt(
    rows,
    [...distances.keys()].filter((row) => distances[row]! <= most),
  );
}

function robustScaleOf(rows: Rows, place: number): ReturnType<typeof scaleOf> {
  const values = Float64Array.from({ length: rows.count }, (_, row) => rows.data[row * rows.width + place]!);
  values.sort();
  // Of a normal distribution.
  const deviation = (quantile(values, 0.9) - quantile(values, 0.1)) / 2.563;
  // A column of mostly equal values, such as the brightness of a corner, has no such distance.
  return deviation > 0 ? { place, centre: quantile(values, 0.5), deviation } : scaleOf(rows, place);
}
