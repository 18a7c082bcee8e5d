// The axes of a plot in the words of Vega-Lite: scale, range, and where numbers stand.
import type { PlotAxis, PlotSeries } from './plot.ts';

/** Pixels between the outermost points and the ends of their axis. */
const margin = 8;
/** Up to this many values of x stand themselves below a logarithmic axis. */
const mostOwnTicks = 8;

/** What encodes x: names side by side, or numbers. */
export function horizontal(axis: PlotAxis, series: readonly PlotSeries[]): object {
  const values = [...new Set(series.flatMap(({ points }) => points.map(({ x }) => x)))];
  const numbers = values.filter((value) => typeof value === 'number');
  const title = titleOf(axis);
  if (numbers.length < values.length) {
    const scale = { domain: values };
    return { field: 'x', type: 'nominal', title, scale, axis: { labelAngle: 0, grid: false } };
  }
  const ticks = axis.log && numbers.length <= mostOwnTicks ? { values: numbers } : ticksOf(axis, numbers);
  return { field: 'x', type: 'quantitative', title, scale: scaleOf(axis, axis.zero ?? false), axis: ticks };
}

/** What encodes y. */
export function vertical(axis: PlotAxis, series: readonly PlotSeries[]): object {
  const fromZero = axis.zero ?? series.some(({ kind }) => kind === 'bars');
  const values = series.flatMap(({ points }) =>
    points.flatMap(({ y, error = 0 }) => [y - error, y + error]).filter(Number.isFinite),
  );
  const [title, scale, ticks] = [titleOf(axis), scaleOf(axis, fromZero), ticksOf(axis, values)];
  return { field: 'y', type: 'quantitative', title, scale, axis: ticks };
}

function titleOf({ label, unit }: PlotAxis): string {
  return unit === undefined ? label : `${label} (${unit})`;
}

function scaleOf({ log, range }: PlotAxis, fromZero: boolean): object {
  return {
    ...(log ? { type: 'log' } : { zero: fromZero && range === undefined }),
    ...(range
      ? { domain: range, nice: false }
      : fromZero && !log
        ? { nice: true }
        : { nice: false, padding: margin }),
  };
}

/** Where an axis has numbers: on a logarithmic one 1, 2 and 5 times powers of ten, or these alone over many decades. */
function ticksOf({ log, range }: PlotAxis, values: readonly number[]): object {
  if (!log) {
    return { tickCount: 6 };
  }
  const [least, most] = range ?? extremes(values);
  const decades = Math.log10(most / least);
  const first = Math.floor(Math.log10(least));
  const powers = Array.from({ length: Math.ceil(decades) + 2 }, (_, index) => first + index);
  const steps = decades > 2.5 ? [1] : [1, 2, 5];
  return { values: powers.flatMap((power) => steps.map((step) => Number(`${step}e${power}`))) };
}

function extremes(values: readonly number[]): [least: number, most: number] {
  return values.reduce<[number, number]>(
    ([least, most], value) => [Math.min(least, value), Math.max(most, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
}
