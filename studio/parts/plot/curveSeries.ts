// Runs as a plot: learning curves, with dropped steps and rollbacks as marks.

import type { Plot } from '../../../src/data/pictures/plot.ts';
import { bitsPerDimUnit, type ResultUnit } from '../../../src/flows/models/unit.ts';
import { curveRange, curveSeries, pointSize, recentCount } from '../../../src/training/reports/curvePlot.ts';
import type { CurveMark, RunCurve } from './RunCurve.ts';

/** A mark on the x axis. */
export interface PlotMark {
  readonly x: number;
  readonly hue: number;
  readonly kind: CurveMark['kind'];
  readonly text: string;
}

/** The x axis of learning curves. */
export type CurveAxis = 'steps' | 'seconds';

/** A run in a plot. */
export interface PlottedRun {
  readonly name: string;
  readonly hue: number;
  readonly curve: RunCurve;
  /** The unit of its results; by default bits/dim. */
  readonly unit?: ResultUnit;
}

/** Which part of the curves is drawn, and how. */
interface CurveView {
  readonly axis: CurveAxis;
  /** The least number of batches that a point of a training curve is the mean of. */
  readonly batches: number;
  /** The part of the x axis; by default all. */
  readonly part?: readonly [from: number, to: number] | undefined;
}

/** A plot whose axes both have a range. */
export interface RangedPlot extends Plot {
  readonly x: Plot['x'] & Required<Pick<Plot['x'], 'range'>>;
  readonly y: Plot['y'] & Required<Pick<Plot['y'], 'range'>>;
}

/** More marks only make a band of colour. */
const MOST_MARKS = 60;

/**
 * Two series per run: its batches, as means if there are many, and its validations.
 *
 * @param runs with results in one unit
 */
export function runsPlot(runs: readonly PlottedRun[], { axis, batches, part }: CurveView): RangedPlot {
  const [{ unit = bitsPerDimUnit } = {}] = runs;
  const size = Math.max(batches, pointSize(runs.map(({ curve }) => curve)));
  const fullSeries = runs.flatMap(({ name, hue, curve }) =>
    curveSeries(curve, {
      names: { training: trainingName(name), validation: `${name}, validation` },
      hues: { training: hue, validation: hue },
      size,
      across: (step) => axisValue(curve, axis, step),
    }).map((series) => ({ ...series, points: series.points.map(({ x, y }) => ({ x, y: unit.of(y) })) })),
  );
  const last = Math.max(1e-9, ...fullSeries.map(({ points }) => points.at(-1)!.x));
  const range = part ?? ([0, last] as const);
  const series = fullSeries
    .map((line) => ({ ...line, points: line.points.filter(({ x }) => x >= range[0] && x <= range[1]) }))
    .filter(({ points }) => points.length > 0);
  return {
    x: { label: axis === 'steps' ? 'steps' : 'seconds of training', range },
    y: { label: unit.name, range: curveRange(series) ?? [0, 1] },
    series,
  };
}

/** The runs' training results, by the names of their series: means of recent batches, however coarse the curves are. */
export function trainingResults(runs: readonly PlottedRun[]): ReadonlyMap<string, number> {
  return new Map(
    runs.flatMap(({ name, curve, unit = bitsPerDimUnit }) => {
      const recent = curve.recent();
      return Number.isFinite(recent) ? [[trainingName(name), unit.of(recent)] as const] : [];
    }),
  );
}

/** Which batches a training result is the mean of, in words. */
export function recentWords(batches: number): string {
  const count = recentCount(batches);
  return count === 1 ? 'last batch' : `last ${count} batches`;
}

/** Whether the validation images need more bits than the training images, as early on. */
export function isValidationAbove({ curve }: PlottedRun): boolean {
  const validation = curve.validation.at(-1)?.bitsPerDim ?? Number.NaN;
  return validation > curve.recent();
}

function trainingName(run: string): string {
  return `${run}, training`;
}

/** The runs' dropped steps and rollbacks, at most the last of each run. */
export function curveMarks(runs: readonly PlottedRun[], axis: CurveAxis): PlotMark[] {
  return runs.flatMap(({ name, hue, curve }) =>
    curve.marks.slice(-MOST_MARKS).map(({ step, kind, text }) => ({
      x: axisValue(curve, axis, step),
      hue,
      kind,
      text: `${name}, ${text}`,
    })),
  );
}

function axisValue(curve: RunCurve, axis: CurveAxis, step: number): number {
  return axis === 'steps' ? step : curve.secondsAt(step);
}

/** A run and its result on validation images. */
interface Placed {
  readonly name: string;
  readonly bitsPerDim: number;
}

/** The value of a curve, linear between its points; NaN before the first. */
function valueAt(points: readonly { readonly x: number; readonly y: number }[], x: number): number {
  const index = points.findLastIndex((point) => point.x <= x);
  const [before, after] = [points[index], points[index + 1]];
  if (before === undefined || after === undefined || before.x === x) {
    return before?.y ?? Number.NaN;
  }
  return before.y + ((after.y - before.y) * (x - before.x)) / (after.x - before.x);
}

/** Smaller differences in bits/dim are ties: another seed may well change the order. */
const TIE = 0.02;

/**
 * Which run has the lowest bits/dim of the validation images, at the last step or time that all have reached, where
 * curves between validations are taken as straight; undefined if fewer than two have been validated by then.
 *
 * @param runs with the same images
 */
export function comparisonText(runs: readonly PlottedRun[], axis: CurveAxis): string | undefined {
  const measured = runs.filter(({ curve }) => curve.validation.length > 0);
  if (measured.length < 2) {
    return undefined;
  }
  const axisPosition = ({ curve }: PlottedRun, step: number): number =>
    axis === 'steps' ? step : curve.secondsAt(step);
  const end = Math.min(...measured.map((run) => axisPosition(run, run.curve.validation.at(-1)!.step)));
  const placed = measured.flatMap((run): Placed[] => {
    const points = run.curve.validation.map(({ step, bitsPerDim }) => ({
      x: axisPosition(run, step),
      y: bitsPerDim,
    }));
    const bitsPerDim = valueAt(points, end);
    return Number.isFinite(bitsPerDim) ? [{ name: run.name, bitsPerDim }] : [];
  });
  const [best, second] = placed.toSorted((a, b) => a.bitsPerDim - b.bitsPerDim);
  if (best === undefined || second === undefined) {
    return undefined;
  }
  const [{ unit = bitsPerDimUnit }] = runs as [PlottedRun];
  const when =
    axis === 'steps'
      ? `After ${end.toLocaleString('en')} steps`
      : `After ${Math.round(end).toLocaleString('en')} seconds`;
  const difference = unit.of(second.bitsPerDim - best.bitsPerDim);
  const others = placed.length > 2 ? 'the next, ' : '';
  return second.bitsPerDim - best.bitsPerDim < TIE
    ? `${when}, ${best.name} and ${second.name} tie on the validation images: ${unit.text(best.bitsPerDim, 3)}, ${difference.toFixed(3)} apart. With other seeds the order may differ.`
    : `${when}, ${best.name} needs ${unit.text(best.bitsPerDim, 3)} for the validation images, ${difference.toFixed(3)} less than ${others}${second.name}. With other seeds the order may differ.`;
}
