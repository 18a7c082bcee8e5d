// The bins and the axis of a histogram.

/** The axis of a histogram. */
export interface Axis {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
}

/** How far the axis reaches beyond most values, in widths of their range: outliers are clipped. */
const REACH = 1.5;

/** An axis with a few round ticks, for values and a reference. Values far outside of the reference are beyond its ends. */
export function createAxis(values: readonly number[], reference: readonly number[] = []): Axis {
  const finite = values.filter(Number.isFinite);
  const [low, high] = axisLimits(finite, reference.filter(Number.isFinite));
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.ceil(low / step);
  const count = Math.floor(high / step) - first + 1;
  return {
    low,
    high,
    ticks: Array.from({ length: count }, (_, index) => Number(((first + index) * step).toPrecision(6))),
  };
}

function axisLimits(values: readonly number[], reference: readonly number[]): [low: number, high: number] {
  const usual = (reference.length > 0 ? reference : values).toSorted((a, b) => a - b);
  if (usual.length === 0) {
    return [0, 1];
  }
  const quantileAt = (share: number): number => usual[Math.round(share * (usual.length - 1))]!;
  const [from, to] =
    reference.length > 0 ? [quantileAt(0.005), quantileAt(0.995)] : [quantileAt(0.1), quantileAt(0.9)];
  const reach = REACH * (to - from) || 0.5;
  const inside = [...values, ...reference].filter((value) => value >= from - reach && value <= to + reach);
  const [least, greatest] = inside.reduce(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [from, to],
  );
  const margin = 0.03 * (greatest - least) || 0.5;
  return [least - margin, greatest + margin];
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
