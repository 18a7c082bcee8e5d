// Learning curves: read from a run's metrics, and as a plot.

import { mean, quantile } from '../../core/numeric/index.ts';
import type { JsonObject } from '../../data/files/index.ts';
import type { Plot, PlotSeries } from '../../data/pictures/index.ts';
import { bitsIn, bitsPerDimUnit, type ResultUnit } from '../../flows/models/index.ts';

/** bits/dim at a step. */
export interface CurvePoint {
  readonly step: number;
  readonly bitsPerDim: number;
}

/** The measurements taken during training. */
export interface LearningCurve {
  /** The mean over each batch, with the weights of that step. */
  readonly training: readonly CurvePoint[];
  /** The mean over the validation images, with the average weights. */
  readonly validation: readonly CurvePoint[];
  /** The number of batches averaged in each training point: 1 for fewer than a million batches. */
  readonly batchesPerPoint: number;
}

/** A training curve has at most this many points in a plot. */
const mostPoints = 150;
/** The share of the steps, at the start, that may lie above the plot: the loss falls steeply there. */
const startShare = 0.03;
/** The share of the sound batches that may also lie above it. */
const spikeShare = 0.02;
/** The share of the values, the lowest ones, that are always treated as sound. */
const surelySoundShare = 0.1;
/** Values are treated as sound up to this many bits/dim above those: about as much as a model of 8 bits can learn, … */
const soundMargin = 8;
/** … or, if those vary widely, up to this many times their own range. */
const soundRanges = 10;

/**
 * The mean of every `size` points, at the last step of them; the last group may be smaller. NaN and infinities,
 * as in dropped steps, are left out; a group with no other values has the mean NaN.
 */
export function smoothed(points: readonly CurvePoint[], size: number): CurvePoint[] {
  const groups = Array.from({ length: Math.ceil(points.length / size) }, (_, index) =>
    points.slice(index * size, (index + 1) * size),
  );
  return groups.map((group) => ({
    step: group.at(-1)!.step,
    bitsPerDim: finiteMean(group),
  }));
}

/** The mean bits/dim of the finite points; NaN if there are none. */
export function finiteMean(points: readonly CurvePoint[]): number {
  return mean(points.map(({ bitsPerDim }) => bitsPerDim).filter(Number.isFinite));
}

/** The most batches in a recent result. */
export const RECENT = 50;

/** How many of the last batches a training result is the mean of: a tenth, since early on it falls too fast for more. */
export function recentCount(batches: number): number {
  return Math.min(RECENT, Math.max(1, Math.ceil(batches / 10)));
}

/** How a curve is drawn. */
interface CurveLook {
  readonly names: { readonly training: string; readonly validation: string };
  readonly hues: { readonly training: number; readonly validation: number };
  /** The batches that each training point is the mean of. */
  readonly size: number;
  /** Whether the legend has no entry for the training if there are validations. */
  readonly unlisted?: boolean;
  /** Where a step is along x; default the step itself. */
  readonly across?: (step: number) => number;
}

/** The series of a curve: training lighter, validation with points; one without points is left out. */
export function curveSeries(
  curve: Pick<LearningCurve, 'training' | 'validation'>,
  { names, hues, size, unlisted = false, across = (step) => step }: CurveLook,
): PlotSeries[] {
  const toPoint = ({ step, bitsPerDim }: CurvePoint): { x: number; y: number } => ({
    x: across(step),
    y: bitsPerDim,
  });
  const training = smoothed(curve.training, size).map(toPoint);
  const validation = curve.validation.map(toPoint);
  // A line needs two points.
  const kind = training.filter(({ y }) => Number.isFinite(y)).length === 1 ? 'points' : 'line';
  const batches = { name: names.training, hue: hues.training, unlisted: unlisted && validation.length > 0 };
  const series: PlotSeries[] = [
    { ...batches, kind, faint: true, points: training },
    { name: names.validation, hue: hues.validation, kind: 'line and points', points: validation },
  ];
  return series.filter(({ points }) => points.length > 0);
}

/** The batches in each point of these curves, so that no curve has more points than a plot can show. */
export function pointSize(curves: readonly Pick<LearningCurve, 'training'>[]): number {
  return Math.max(1, ...curves.map(({ training }) => Math.ceil(training.length / mostPoints)));
}

/** A curve in a unit. */
function curveIn(unit: ResultUnit, { training, validation, ...otherFields }: LearningCurve): LearningCurve {
  const converted = (points: readonly CurvePoint[]): CurvePoint[] =>
    points.map(({ step, bitsPerDim }) => ({ step, bitsPerDim: unit.of(bitsPerDim) }));
  return { ...otherFields, training: converted(training), validation: converted(validation) };
}

/**
 * The curves of runs in one plot, each in a colour.
 *
 * @returns null if no run has a finite value yet
 */
export function curvePlot(
  runs: readonly { readonly name: string; readonly curve: LearningCurve }[],
  { unit = bitsPerDimUnit, ...heading }: { title: string; subtitle?: string; unit?: ResultUnit },
): Plot | null {
  const size = pointSize(runs.map(({ curve }) => curve));
  const alone = runs.length === 1;
  const series = runs.flatMap(({ name, curve }, hue): PlotSeries[] => {
    const batches = size * curve.batchesPerPoint;
    const aloneNames = {
      training: batches === 1 ? 'training batches' : `training (means of ${batches} batches)`,
      validation: 'validation (average weights)',
    };
    return curveSeries(curveIn(unit, curve), {
      names: alone ? aloneNames : { training: `${name}, training`, validation: name },
      hues: { training: hue, validation: alone ? 1 : hue },
      size,
      unlisted: !alone,
    });
  });
  const range = curveRange(series);
  const axes = { x: { label: 'step' }, y: { label: unit.name, ...(range && { range }) } };
  return range && { ...heading, ...axes, series };
}

/**
 * The range of the bits/dim axis: all sound validations, and all sound batches except the first few per cent of the
 * steps and single spikes; null if nothing is finite.
 */
export function curveRange(series: readonly PlotSeries[]): [number, number] | null {
  const shown = series.map(({ kind, points }) => {
    // Uses each run's own last step: with a shared one, a much shorter run would be left out altogether.
    const last = Math.max(0, ...points.map(({ x }) => x));
    return {
      share: kind === 'line' ? 1 - spikeShare : 1,
      values: points.filter(({ x, y }) => x >= startShare * last && Number.isFinite(y)).map(({ y }) => y),
    };
  });
  const limit = soundLimit(shown.flatMap(({ values }) => values));
  const ends = shown.flatMap(({ share, values }) => {
    const sound = ascending(values.filter((value) => value <= limit));
    return sound.length === 0 ? [] : [sound[0]!, quantile(sound, share)];
  });
  if (ends.length === 0) {
    return null;
  }
  const [least, greatest] = [Math.min(...ends), Math.max(...ends)];
  const margin = 0.04 * (greatest - least) || 0.1;
  return [least - margin, greatest + margin];
}

/** The largest value that is treated as sound; a diverged run can have far more than single spikes above it. */
function soundLimit(values: readonly number[]): number {
  const sorted = ascending(values);
  const low = quantile(sorted, surelySoundShare);
  return low + Math.max(soundMargin, soundRanges * (low - sorted[0]!));
}

function ascending(values: readonly number[]): number[] {
  return values.toSorted((a, b) => a - b);
}

/** The most points of a curve in memory: even, so that pairs can be merged. */
const mostKept = 2 ** 20;

/** The learning curve in the lines of a run's `metrics.jsonl`. */
export function readLearningCurve(lines: Iterable<JsonObject>): LearningCurve {
  const [training, validation] = [new BoundedCurve(), new BoundedCurve()];
  for (const line of lines) {
    training.add(trainingPoint(line));
    validation.add(validationPoint(line));
  }
  return { training: training.all(), validation: validation.all(), batchesPerPoint: training.size };
}

/** The training measurement in a line of `metrics.jsonl`; undefined if it has none. */
export function trainingPoint(line: JsonObject): CurvePoint | undefined {
  return pointAt(line.step, bitsIn(line, 'bitsPerDim'));
}

/** The validation measurement in a line of `metrics.jsonl`; undefined if it has none. */
export function validationPoint(line: JsonObject): CurvePoint | undefined {
  return pointAt(line.step, bitsIn(line, 'validationBitsPerDim'));
}

function pointAt(step: unknown, value: unknown): CurvePoint | undefined {
  return value === undefined
    ? undefined
    : { step: Number(step), bitsPerDim: value === null ? Number.NaN : Number(value) };
}

/** A curve with bounded memory: when it is full, neighbouring points are merged into their means. */
class BoundedCurve {
  /** The number of added points averaged in each point. */
  size = 1;
  private points: CurvePoint[] = [];
  private pending: CurvePoint[] = [];

  add(point: CurvePoint | undefined): void {
    if (point === undefined) {
      return;
    }
    this.pending.push(point);
    if (this.pending.length === this.size) {
      this.points.push(this.size === 1 ? point : smoothed(this.pending, this.size)[0]!);
      this.pending = [];
    }
    if (this.points.length === mostKept) {
      this.points = smoothed(this.points, 2);
      this.size *= 2;
    }
  }

  all(): CurvePoint[] {
    return [...this.points, ...smoothed(this.pending, this.size)];
  }
}
