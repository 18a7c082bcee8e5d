// The learning curve of a run, from its metrics.

import type { JsonObject } from '../../data/files/jsonText.ts';
import { bitsIn } from '../../flows/models/index.ts';
import { type CurvePoint, type LearningCurve, smoothed } from './curvePlot.ts';

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
