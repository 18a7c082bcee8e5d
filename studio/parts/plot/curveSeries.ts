// Runs as a plot: learning curves, with dropped steps and rollbacks as marks.
import { curveRange, curveSeries, pointSize } from '../../../src/evaluation/reports/curvePlot.ts';
import { bitsPerDimUnit, type ResultUnit } from '../../../src/models/unit.ts';
import type { Plot } from '../../../src/pictures/plot.ts';
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
export interface CurveView {
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
  const whole = runs.flatMap(({ name, hue, curve }) =>
    curveSeries(curve, {
      names: { training: trainingName(name), validation: `${name}, validation` },
      hues: { training: hue, validation: hue },
      size,
      across: (step) => placeOf(curve, axis, step),
    }).map((series) => ({ ...series, points: series.points.map(({ x, y }) => ({ x, y: unit.of(y) })) })),
  );
  const last = Math.max(1e-9, ...whole.map(({ points }) => points.at(-1)!.x));
  const range = part ?? ([0, last] as const);
  const series = whole
    .map((one) => ({ ...one, points: one.points.filter(({ x }) => x >= range[0] && x <= range[1]) }))
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

function trainingName(run: string): string {
  return `${run}, training`;
}

/** The runs' dropped steps and rollbacks, at most the last of each run. */
export function curveMarks(runs: readonly PlottedRun[], axis: CurveAxis): PlotMark[] {
  return runs.flatMap(({ name, hue, curve }) =>
    curve.marks.slice(-MOST_MARKS).map(({ step, kind, text }) => ({
      x: placeOf(curve, axis, step),
      hue,
      kind,
      text: `${name}, ${text}`,
    })),
  );
}

function placeOf(curve: RunCurve, axis: CurveAxis, step: number): number {
  return axis === 'steps' ? step : curve.secondsAt(step);
}
