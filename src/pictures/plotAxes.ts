// The axes of a plot in Vega-Lite: scale, range and ticks.
import type { PlotAxis, PlotAxisAcross, PlotSeries } from './plot.ts';

/** Pixels between the outermost points and the ends of their axis. */
const margin = 8;
/** A logarithmic axis has at least this many ticks, if it is long enough. */
const leastTicks = 4;
/** Candidate multiples of powers of ten for the ticks of a logarithmic axis; the first set that yields enough is used. */
const logSteps = [
  [1],
  [1, 2, 5],
  [1, 1.5, 2, 3, 4, 5, 6, 8],
  [1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9],
];

/** The encoding of x: names side by side, or numbers. `clipped`: whether points outside a range are omitted. */
export function horizontal(axis: PlotAxisAcross, series: readonly PlotSeries[], clipped: boolean): object {
  const values = [...new Set(series.flatMap(({ points }) => points.map(({ x }) => x)))];
  const numbers = values.filter((value) => typeof value === 'number').filter(Number.isFinite);
  const title = titleOf(axis);
  if (values.some((value) => typeof value === 'string')) {
    const scale = { domain: values };
    return { field: 'x', type: 'nominal', title, scale, axis: { labelAngle: 0, grid: false } };
  }
  const ticks = axis.ticks === 'own' ? { values: numbers } : ticksOf(axis, numbers);
  const scale = scaleOf(axis, axis.zero ?? false, clipped ? numbers : undefined);
  return { field: 'x', type: 'quantitative', title, scale, axis: ticks };
}

/** The encoding of y. `clipped`: whether points outside a range are omitted. */
export function vertical(axis: PlotAxis, series: readonly PlotSeries[], clipped: boolean): object {
  const fromZero = axis.zero ?? series.some(({ kind }) => kind === 'bars');
  const values = series.flatMap(({ points }) =>
    points.flatMap(({ y, error = 0 }) => [y - error, y + error]).filter(Number.isFinite),
  );
  const scale = scaleOf(axis, fromZero, clipped ? values : undefined);
  return { field: 'y', type: 'quantitative', title: titleOf(axis), scale, axis: ticksOf(axis, values) };
}

function titleOf({ label, unit }: PlotAxis): string {
  return unit === undefined ? label : `${label} (${unit})`;
}

/** The scale of an axis; it spans `values`, or by default everything that is drawn. */
function scaleOf({ log, range }: PlotAxis, fromZero: boolean, values?: readonly number[]): object {
  const kind = log ? { type: 'log' } : { zero: fromZero && range === undefined };
  if (range !== undefined) {
    return { ...kind, domain: range, nice: false };
  }
  return {
    ...kind,
    ...(values && { domain: extremes(values) }),
    ...(fromZero && !log ? { nice: true } : { nice: false, padding: margin }),
  };
}

/**
 * The ticks of an axis: on a logarithmic one, just enough round numbers, or two numbers near its ends if it contains
 * fewer than two round ones.
 */
function ticksOf({ log, range }: PlotAxis, values: readonly number[]): object {
  if (!log) {
    return { tickCount: 6 };
  }
  const [least, most] = range ?? extremes(values);
  const first = Math.floor(Math.log10(least));
  const powers = Array.from({ length: Math.ceil(Math.log10(most / least)) + 2 }, (_, index) => first + index);
  const choices = logSteps.map((steps) =>
    powers
      .flatMap((power) => steps.map((step) => Number(`${step}e${power}`)))
      .filter((value) => value >= least && value <= most),
  );
  const round = choices.find(({ length }) => length >= leastTicks) ?? choices.at(-1)!;
  return { values: round.length > 1 ? round : endsOf(least, most) };
}

/** Two numbers with enough digits to distinguish them. */
function endsOf(least: number, most: number): number[] {
  const digits = Math.min(6, 2 + Math.ceil(-Math.log10((most - least) / most)));
  return [...new Set([least, most].map((value) => Number(value.toPrecision(digits))))];
}

function extremes(values: readonly number[]): [least: number, most: number] {
  return values.reduce<[number, number]>(
    ([least, most], value) => [Math.min(least, value), Math.max(most, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
}
