// The learning curve of a run, from its metrics: as numbers and as a plot.
import { mean, quantile } from '../../numeric/statistics.ts';
import type { Plot, PlotSeries } from '../../pictures/plot.ts';
import type { RunPaths } from '../../runs/folder/runFolder.ts';
import { readMetrics } from '../../runs/folder/runLogs.ts';
import type { JsonObject } from '../../storage/jsonText.ts';

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

/** The most points of a curve in memory: even, so that pairs can be merged. */
const mostKept = 2 ** 20;
/** A training curve has at most this many points in a plot. */
const mostPoints = 150;
/** The share of the steps, at the start, that may lie above the plot: the loss falls steeply there. */
const startShare = 0.03;
/** The share of the sound batches that may also lie above it. */
const spikeShare = 0.02;
/** The share of the values, the lowest ones, that always count as sound. */
const surelySoundShare = 0.1;
/** Values count as sound up to this many bits/dim above those: about as much as a model of 8 bits can learn, … */
const soundMargin = 8;
/** … or, if those vary widely, up to this many times their own range. */
const soundRanges = 10;

/** The learning curve in a run's `metrics.jsonl`. */
export function readLearningCurve(paths: RunPaths): LearningCurve {
  const [training, validation] = [new BoundedCurve(), new BoundedCurve()];
  for (const line of readMetrics(paths)) {
    training.add(trainingPoint(line));
    validation.add(validationPoint(line));
  }
  return { training: training.all(), validation: validation.all(), batchesPerPoint: training.size };
}

/** The training measurement in a line of `metrics.jsonl`; undefined if it has none. */
export function trainingPoint({ step, bitsPerDim }: JsonObject): CurvePoint | undefined {
  return pointAt(step, bitsPerDim);
}

/** The validation measurement in a line of `metrics.jsonl`; undefined if it has none. */
export function validationPoint({ step, validationBitsPerDim }: JsonObject): CurvePoint | undefined {
  return pointAt(step, validationBitsPerDim);
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

/**
 * The curves of runs in one plot, each in a colour: training lighter, validation with points.
 *
 * @returns null if no run has a finite value yet
 */
export function curvePlot(
  runs: readonly { readonly name: string; readonly curve: LearningCurve }[],
  heading: { title: string; subtitle?: string },
): Plot | null {
  const most = Math.max(0, ...runs.map(({ curve }) => curve.training.length));
  const size = Math.max(1, Math.ceil(most / mostPoints));
  const alone = runs.length === 1;
  const series = runs.flatMap(({ name, curve }, hue): PlotSeries[] => {
    const training = smoothed(curve.training, size);
    const trainingName =
      size * curve.batchesPerPoint === 1 || !alone
        ? 'training batches'
        : `training (means of ${size * curve.batchesPerPoint} batches)`;
    const lines: PlotSeries[] = [
      {
        name: alone ? trainingName : `${name}, training`,
        unlisted: !alone && curve.validation.length > 0,
        // A line needs two points.
        kind:
          training.filter(({ bitsPerDim }) => Number.isFinite(bitsPerDim)).length === 1 ? 'points' : 'line',
        hue,
        faint: true,
        points: training.map(toPoint),
      },
      {
        name: alone ? 'validation (average weights)' : name,
        kind: 'line and points',
        hue: alone ? 1 : hue,
        points: curve.validation.map(toPoint),
      },
    ];
    return lines.filter(({ points }) => points.length > 0);
  });
  const range = rangeOf(series);
  const axes = { x: { label: 'step' }, y: { label: 'bits/dim', ...(range && { range }) } };
  return range && { ...heading, ...axes, series };
}

function toPoint({ step, bitsPerDim }: CurvePoint): { x: number; y: number } {
  return { x: step, y: bitsPerDim };
}

/**
 * The range of the bits/dim axis: all sound validations, and all sound batches except the first few per cent of the
 * steps and single spikes; null if nothing is finite.
 */
function rangeOf(series: readonly PlotSeries[]): [number, number] | null {
  const shown = series.map(({ kind, points }) => {
    // Of each run its own: one that is much shorter than another would be left out altogether.
    const last = Math.max(0, ...points.map(({ x }) => Number(x)));
    return {
      share: kind === 'line' ? 1 - spikeShare : 1,
      values: points
        .filter(({ x, y }) => Number(x) >= startShare * last && Number.isFinite(y))
        .map(({ y }) => y),
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
  const [least, most] = [Math.min(...ends), Math.max(...ends)];
  const margin = 0.04 * (most - least) || 0.1;
  return [least - margin, most + margin];
}

/** The value up to which a run counts as sound; a diverged run can have far more than single spikes above it. */
function soundLimit(values: readonly number[]): number {
  const sorted = ascending(values);
  const low = quantile(sorted, surelySoundShare);
  return low + Math.max(soundMargin, soundRanges * (low - sorted[0]!));
}

function ascending(values: readonly number[]): number[] {
  return values.toSorted((a, b) => a - b);
}
