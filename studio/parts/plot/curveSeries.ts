// The curves of runs as series of a plot.
import { type CurveMark, means, type RunCurve } from './RunCurve.ts';

/** A point of a series. */
export interface PlotPoint {
  readonly x: number;
  readonly y: number;
}

/** A line of a plot, with dots if its points are few and each was measured. */
export interface PlotSeries {
  readonly name: string;
  /** Its colour and the form of its dots, from 0; they repeat after `HUES`. */
  readonly hue: number;
  readonly kind: 'line' | 'dots';
  readonly points: readonly PlotPoint[];
}

/** Something at a place of the x axis. */
export interface PlotMark {
  readonly x: number;
  readonly hue: number;
  readonly kind: CurveMark['kind'];
  readonly text: string;
}

/** What the x axis of learning curves can be. */
export type CurveAxis = 'steps' | 'seconds';

/** A run on a plot. */
export interface PlottedRun {
  readonly name: string;
  readonly hue: number;
  readonly curve: RunCurve;
}

/** The number of colours. */
export const HUES = 6;

/** A line has at most this many points. */
const MOST_POINTS = 160;

/** More than this are a band of colour, and say nothing more. */
const MOST_MARKS = 60;

/** Two series for each run: its batches, as means if they are many, and its validations. */
export function curveSeries(runs: readonly PlottedRun[], axis: CurveAxis): PlotSeries[] {
  const most = Math.max(0, ...runs.map(({ curve }) => curve.training.length));
  const size = Math.max(1, Math.ceil(most / MOST_POINTS));
  return runs.flatMap(({ name, hue, curve }): PlotSeries[] => {
    const toPoint = ({ step, bits }: { step: number; bits: number }): PlotPoint => ({
      x: axis === 'steps' ? step : curve.secondsAt(step),
      y: bits,
    });
    return [
      { name: `${name}, training`, hue, kind: 'line', points: means(curve.training, size).map(toPoint) },
      { name: `${name}, validation`, hue, kind: 'dots', points: curve.validation.map(toPoint) },
    ];
  });
}

/** What the guard did in these runs, the last of it if that is much. */
export function curveMarks(runs: readonly PlottedRun[], axis: CurveAxis): PlotMark[] {
  return runs.flatMap(({ name, hue, curve }) =>
    curve.marks.slice(-MOST_MARKS).map(({ step, kind, text }) => ({
      x: axis === 'steps' ? step : curve.secondsAt(step),
      hue,
      kind,
      text: `${name}, ${text}`,
    })),
  );
}
