// The lines of a run's logs: the statistics of a training step, what each line must have, and their totals: the time of all
// steps, how often the guard acted.

import { UserError } from '../../core/errors.ts';
import { mean, type NdArray } from '../../core/numeric/index.ts';
import { type JsonObject, type LineCheck, LONGEST_LINE } from '../../data/files/index.ts';
import type { Config } from '../settings/configSchema.ts';

/** What is wrong with a line of `metrics.jsonl`, if anything. */
export const checkMetrics: LineCheck = (line) => validated(line) ?? problemOfStatistics(line);

const validated = numbersNamed(['step'], ['validationBitsPerDim', 'validationNatsPerValue']);

/** What is wrong with a line of `timings.jsonl`, if anything. */
export const checkTimings: LineCheck = numbersNamed(['step', 'seconds'], ['imagesPerSecond']);

/** Requires numbers under these names; values under the optional names may be missing or null, for not finite. */
function numbersNamed(required: readonly string[], optional: readonly string[]): LineCheck {
  return (line) => {
    const wrong =
      required.find((name) => typeof line[name] !== 'number') ??
      optional.find((name) => typeof (line[name] ?? 0) !== 'number');
    return wrong === undefined ? undefined : `its ${wrong} is not a number`;
  };
}

/** The line of a step in `timings.jsonl`. */
export function timingLine(step: number, seconds: number, images: number): JsonObject {
  return { step, seconds, imagesPerSecond: images / seconds };
}

/** The total time of a run's steps. */
interface TrainingTime {
  /** Only the steps, without startup, validation and checkpoints. */
  readonly seconds: number;
  /** Images per second over this time; 0 without steps. */
  readonly imagesPerSecond: number;
}

/** The time of all steps in the lines of `timings.jsonl`. */
export function sumTimes(lines: Iterable<JsonObject>): TrainingTime {
  let seconds = 0;
  let images = 0;
  for (const line of lines) {
    seconds += Number(line.seconds);
    images += Number(line.seconds) * Number(line.imagesPerSecond);
  }
  return { seconds, imagesPerSecond: seconds > 0 ? images / seconds : 0 };
}

/** How often the guard acted. */
export interface Trouble {
  /** Dropped steps: their batches changed nothing. */
  readonly droppedSteps: number;
  /** How often training rolled back to earlier weights. */
  readonly rollbacks: number;
}

/** Counts the trouble in the lines of `metrics.jsonl`. */
export function troubleIn(lines: Iterable<JsonObject>): Trouble {
  let [droppedSteps, rollbacks] = [0, 0];
  for (const { dropped, backToStep } of lines) {
    droppedSteps += dropped === undefined ? 0 : 1;
    rollbacks += backToStep === undefined ? 0 : 1;
  }
  return { droppedSteps, rollbacks };
}

/** The trouble in words, `3 steps dropped, rolled back once`; null if there was none. */
export function troubleText({ droppedSteps, rollbacks }: Trouble): string | null {
  const parts = [
    ...(droppedSteps > 0 ? [`${droppedSteps} ${droppedSteps === 1 ? 'step' : 'steps'} dropped`] : []),
    ...(rollbacks > 0 ? [`rolled back ${rollbacks === 1 ? 'once' : `${rollbacks} times`}`] : []),
  ];
  return parts.length > 0 ? parts.join(', ') : null;
}

/**
 * What statistics are measured from, before the update. All of it is about the whole batch: training sums over
 * micro-batches, workers and ranks before it measures, so that no statistic depends on how a step was divided.
 */
export interface MeasuredStep {
  readonly training: Config['training'];
  readonly step: number;
  /** The epoch that it belongs to, from 1. */
  readonly epoch: number;
  readonly learningRate: number;
  /** bits/dim of each image. */
  readonly bitsPerDim: Float32Array;
  /** The norm of the gradient, before clipping. */
  readonly gradientNorm: number;
  /** The gradients by the paths of their parameters, before clipping; a copy from the device if they are there. */
  gradients(): Promise<Readonly<Record<string, NdArray>>>;
}

/** The statistics of a step, as logged: numbers that are not finite become null. */
export type StepRecord = {
  readonly step: number;
  readonly epoch: number;
  readonly bitsPerDim: number;
  readonly learningRate: number;
  readonly gradientNorm: number;
  /** The norm of each layer's gradient, at the steps that log them. */
  readonly gradientNorms?: Readonly<Record<string, number>>;
};

/** Measures the statistics of a step. */
export async function measureStep({
  training: { gradientNormsEvery },
  step,
  epoch,
  bitsPerDim,
  learningRate,
  gradientNorm,
  gradients,
}: MeasuredStep): Promise<StepRecord> {
  const record = { step, epoch, bitsPerDim: mean(bitsPerDim), learningRate, gradientNorm };
  return gradientNormsEvery !== undefined && step % gradientNormsEvery === 0
    ? { ...record, gradientNorms: normsByLayer(await gradients()) }
    : record;
}

/** Describes the first wrong statistic in a line of a log; any may be missing or null. */
export function problemOfStatistics({ gradientNorms = null, ...line }: JsonObject): string | undefined {
  const keys = ['step', 'epoch', 'bitsPerDim', 'learningRate', 'gradientNorm'];
  const wrong = keys.find((key) => !isNumber(line[key] ?? null));
  if (wrong !== undefined) {
    return `its ${wrong} is not a number`;
  }
  return areNumbers(gradientNorms) ? undefined : 'its gradientNorms are not numbers by layer';
}

/**
 * Checks that the statistics of a model's steps fit into a line of the log.
 *
 * @param parameters the paths of its parameters
 * @throws UserError (`invalid-config`) if they do not
 */
export function requireLoggable(
  { gradientNormsEvery }: Config['training'],
  parameters: readonly string[],
): void {
  if (gradientNormsEvery === undefined) {
    return;
  }
  const layers = new Set(parameters.map(layerPath));
  const bytes = [...layers].reduce((total, layer) => total + JSON.stringify(layer).length + MOST_DIGITS, 0);
  if (bytes > LONGEST_LINE - LEAST_REST) {
    throw new UserError(
      'invalid-config',
      `training.gradientNormsEvery: the norms of ${layers.size} layers do not fit into a line of metrics.jsonl ` +
        `(${LONGEST_LINE / 1024} KiB): leave it out`,
    );
  }
}

/** The most characters of a number in a log, with a colon and a comma. */
const MOST_DIGITS = 26;
/** Bytes of a line that are left for everything else. */
const LEAST_REST = 4096;

/** The norm of each layer's gradient. */
function normsByLayer(gradients: Readonly<Record<string, NdArray>>): Record<string, number> {
  const squares: Record<string, number> = {};
  for (const [path, { data }] of Object.entries(gradients)) {
    const layer = layerPath(path);
    let sum = 0;
    for (let index = 0; index < data.length; index++) {
      sum += data[index]! * data[index]!;
    }
    squares[layer] = (squares[layer] ?? 0) + sum;
  }
  return Object.fromEntries(Object.entries(squares).map(([layer, sum]) => [layer, Math.sqrt(sum)]));
}

/** The path of the layer of a parameter: `levels/0/steps/3/coupling/conv1`. */
function layerPath(path: string): string {
  return path.replace(/\/[^/]*$/, '');
}

function isNumber(value: unknown): boolean {
  return value === null || typeof value === 'number';
}

function areNumbers(value: unknown): boolean {
  return (
    value === null ||
    (typeof value === 'object' && !Array.isArray(value) && Object.values(value).every(isNumber))
  );
}
