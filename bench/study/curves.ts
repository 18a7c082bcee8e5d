// Validation curves of runs over training seconds, and their value at a given time.
import type { CurvePoint } from '../../src/training/reports/curvePlot.ts';

/** bits/dim on validation images after a number of seconds of training steps. */
export interface TimedPoint {
  readonly seconds: number;
  readonly bitsPerDim: number;
}

/**
 * A curve over seconds: step t is at t times the seconds per step. One typical time per step is used
 * throughout, so that other load on the machine during training does not move any point.
 */
export function overSeconds(curve: readonly CurvePoint[], secondsPerStep: number): TimedPoint[] {
  return curve.map(({ step, bitsPerDim }) => ({ seconds: step * secondsPerStep, bitsPerDim }));
}

/**
 * The value of a curve at a given time, interpolated linearly in the logarithm of the seconds; null before
 * the first point and after the last, where nothing was measured.
 */
export function valueAt(curve: readonly TimedPoint[], seconds: number): number | null {
  // The difference between two ways of summing the same seconds.
  const slack = 1e-9 * seconds;
  const after = curve.findIndex((point) => point.seconds >= seconds - slack);
  const above = curve[after];
  if (above === undefined) {
    return null;
  }
  if (above.seconds <= seconds + slack) {
    return above.bitsPerDim;
  }
  const below = curve[after - 1];
  if (below === undefined) {
    return null;
  }
  const share = Math.log(seconds / below.seconds) / Math.log(above.seconds / below.seconds);
  return below.bitsPerDim + share * (above.bitsPerDim - below.bitsPerDim);
}

/** The latest time that all curves reach; null if one has no points. */
export function commonEnd(curves: readonly (readonly TimedPoint[])[]): number | null {
  const ends = curves.map((curve) => curve.at(-1)?.seconds);
  return ends.length === 0 || ends.includes(undefined) ? null : Math.min(...(ends as number[]));
}
