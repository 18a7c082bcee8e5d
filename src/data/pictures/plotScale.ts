// The scale of a plot's axis: where values are along it, and its ticks.
import { valueRange } from '../../core/numeric/index.ts';
import type { PlotAxis } from './plot.ts';

/** An axis from 0 at its start to 1 at its end. */
export interface PlotScale {
  /** Where a value is; outside of 0 to 1 it is limited to `farthest`. NaN if the value has no place. */
  readonly share: (value: number) => number;
  readonly ticks: readonly { readonly text: string; readonly share: number }[];
}

/** A line to a place so far outside looks the same as to one farther away, which would leave no digits to clip with. */
const farthest = 100;
/** The share of an axis between its ends and the outermost points. */
const padding = 0.025;
/** The numbers of this size are written in full. */
const plainNumbers = { least: 1e-4, most: 1e7 };
/** A logarithmic axis has at least this many ticks, if it is long enough. */
const leastLogTicks = 4;
/** Candidate multiples of powers of ten for the ticks of a logarithmic axis; the first set that yields enough is used. */
const logSteps = [
  [1],
  [1, 2, 5],
  [1, 1.5, 2, 3, 4, 5, 6, 8],
  [1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9],
];

/**
 * The scale of an axis.
 *
 * @param values the values drawn, at least one of them finite: they determine its ends if it has no range
 * @param ticks how many ticks it should have, about
 */
export function plotScale(axis: PlotAxis, values: readonly number[], ticks: number): PlotScale {
  const numbers = [...new Set(values)].filter(Number.isFinite);
  const along = axis.log ? Math.log : Number;
  const [start, end] = axisEnds(axis, numbers).map(along) as [number, number];
  const share = (value: number): number =>
    Math.max(-farthest, Math.min(farthest, (along(value) - start) / (end - start)));
  const [least, greatest] = axis.log ? [Math.exp(start), Math.exp(end)] : [start, end];
  const placed =
    axis.ticks === 'own'
      ? numbers
      : axis.log
        ? logTicks(...(axis.range ?? valueRange(numbers)))
        : roundNumbers(least, greatest, ticks);
  const isPlain = placed.every(
    (value) => value === 0 || (Math.abs(value) >= plainNumbers.least && Math.abs(value) < plainNumbers.most),
  );
  const decimals = axis.log || !isPlain ? undefined : Math.max(...placed.map(countDecimals));
  const text = (value: number): string => tickText(value, isPlain, decimals);
  return { share, ticks: placed.map((value) => ({ text: text(value), share: share(value) })) };
}

/** The values at the ends of an axis. */
function axisEnds({ log, range }: PlotAxis, numbers: readonly number[]): readonly [number, number] {
  if (range !== undefined) {
    return range;
  }
  const [least, greatest] = valueRange(numbers);
  if (log) {
    const margin = least === greatest ? 2 : (greatest / least) ** padding;
    return [least / margin, greatest * margin];
  }
  const margin = least === greatest ? Math.abs(least) / 10 || 1 : padding * (greatest - least);
  return [least - margin, greatest + margin];
}

/** Round numbers in a range, about `count` of them. */
function roundNumbers(least: number, greatest: number, count: number): number[] {
  const step = tickStep(least, greatest, count);
  const first = Math.ceil(least / step - 1e-9);
  const last = Math.floor(greatest / step + 1e-9);
  // Products of integers: sums would end in 0.30000000000000004.
  return Array.from({ length: last - first + 1 }, (_, index) =>
    Number(((first + index) * step).toPrecision(12)),
  );
}

/** The step of 1, 2 or 5 times a power of ten that gives nearly `count` steps in the range. */
function tickStep(least: number, greatest: number, count: number): number {
  const rough = (greatest - least) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].findLast((candidate) => rough / power >= candidate / Math.SQRT2)!;
  return power * factor;
}

/** Just enough round numbers in a range, or two numbers near its ends if it contains fewer than two round ones. */
function logTicks(least: number, greatest: number): number[] {
  const first = Math.floor(Math.log10(least));
  const powers = Array.from(
    { length: Math.ceil(Math.log10(greatest / least)) + 2 },
    (_, index) => first + index,
  );
  const choices = logSteps.map((steps) =>
    powers
      .flatMap((power) => steps.map((step) => Number(`${step}e${power}`)))
      .filter((value) => value >= least && value <= greatest),
  );
  const round = choices.find(({ length }) => length >= leastLogTicks) ?? choices.at(-1)!;
  if (round.length > 1) {
    return round;
  }
  const digits = Math.min(6, 2 + Math.ceil(-Math.log10((greatest - least) / greatest)));
  return [...new Set([least, greatest].map((value) => Number(value.toPrecision(digits))))];
}

function tickText(value: number, isPlain: boolean, decimals: number | undefined): string {
  const text = isPlain
    ? value.toLocaleString('en', { minimumFractionDigits: decimals, maximumFractionDigits: decimals ?? 12 })
    : value.toExponential().replace('e+', 'e');
  return (value === 0 ? '0' : text).replaceAll('-', '−');
}

function countDecimals(value: number): number {
  return String(value).split('.')[1]?.length ?? 0;
}
