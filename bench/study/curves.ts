// Validation curves of runs over training seconds, and their value at a moment.
import type { CurvePoint } from '../../src/evaluation/runs/learningCurve.ts';

/** bits/dim on validation images after so many seconds of training steps. */
export interface TimedPoint {
  readonly seconds: number;
  readonly bitsPerDim: number;
}

/**
 * A curve over seconds: step t stands at t times the seconds of a step. A typical time of a step stands for all of
 * them, so that what else the machine did while a run trained moves no point of it.
 */
export function overSeconds(curve: readonly CurvePoint[], secondsPerStep: number): TimedPoint[] {
  return curve.map(({ step, bitsPerDim }) => ({ seconds: step * secondsPerStep, bitsPerDim }));
}

/**
 * The value of a curve at a moment, linear in the logarithm of the seconds between the two points about it; null
 * before the first point and after the last, where nothing was measured.
 */
export function valueAt(curve: readonly TimedPoint[], seconds: number): number | null {
  // What two ways of adding up the same seconds differ by.
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

/** The latest moment that all curves reach; null where one has no point. */
export function commonEnd(curves: readonly (readonly TimedPoint[])[]): number | null {
  const ends = curves.map((curve) => curve.at(-1)?.seconds);
  return ends.length === 0 || ends.includes(undefined) ? null : Math.min(...(ends as number[]));
}
