// The bins and the axis of a histogram.

/** The axis of a histogram. */
export interface Axis {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
}

/** An axis for all finite values, with a few round ticks. */
export function axisOf(values: readonly number[]): Axis {
  const finite = values.filter(Number.isFinite);
  const [least, most] = finite.reduce(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
  const [from, to] = least > most ? [0, 1] : least === most ? [least - 0.5, most + 0.5] : [least, most];
  const margin = 0.03 * (to - from);
  const [low, high] = [from - margin, to + margin];
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((one) => one * power >= rough) ?? 10);
  const first = Math.ceil(low / step);
  const count = Math.floor(high / step) - first + 1;
  return {
    low,
    high,
    ticks: Array.from({ length: count }, (_, index) => Number(((first + index) * step).toPrecision(6))),
  };
}

/** The number of values in each of equally wide bins of an axis. */
export function countsIn(values: readonly number[], { low, high }: Axis, bins: number): number[] {
  const counts = new Array<number>(bins).fill(0);
  for (const value of values) {
    const bin = Math.floor(((value - low) / (high - low)) * bins);
    if (bin >= 0 && bin < bins) {
      counts[bin]!++;
    }
  }
  return counts;
}
