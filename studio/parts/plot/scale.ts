// The scales of a plot: what is shown of the values, and round numbers along an axis.
import type { PlotSeries } from './curveSeries.ts';

/** The share of the x axis, at the start, whose values may lie above the plot: a loss falls steeply there. */
const START_SHARE = 0.03;
/** The share of the values of a line that may lie above it: single spikes. */
const SPIKE_SHARE = 0.02;

/** The least and the largest value shown; undefined if nothing is finite. */
export function rangeOf(series: readonly PlotSeries[]): readonly [number, number] | undefined {
  const ends = series.flatMap(({ kind, points }) => {
    const start = START_SHARE * (points.at(-1)?.x ?? 0);
    const values = points
      .filter(({ x, y }) => x >= start && Number.isFinite(y))
      .map(({ y }) => y)
      .sort((a, b) => a - b);
    const spikes = kind === 'line' ? Math.round(SPIKE_SHARE * values.length) : 0;
    return values.length === 0 ? [] : [values[0]!, values[Math.max(0, values.length - 1 - spikes)]!];
  });
  if (ends.length === 0) {
    return undefined;
  }
  const [least, most] = [Math.min(...ends), Math.max(...ends)];
  const margin = 0.05 * (most - least) || 0.1;
  return [least - margin, most + margin];
}

/** Round numbers in a range, about `count` of them. */
export function ticksIn(least: number, most: number, count: number): number[] {
  const rough = (most - least) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.ceil(least / step - 1e-9);
  const last = Math.floor(most / step + 1e-9);
  // Products of whole numbers: sums would end in 0.30000000000000004.
  return Array.from({ length: last - first + 1 }, (_, index) =>
    Number(((first + index) * step).toPrecision(12)),
  );
}
