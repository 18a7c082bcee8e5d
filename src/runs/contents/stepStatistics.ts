// The statistics of a training step: as measured, as logged in `metrics.jsonl`, and their check when a log is read.
import { UserError } from '../../core/errors.ts';
import { mean, type NdArray } from '../../core/numeric/index.ts';
import { type JsonObject, LONGEST_LINE } from '../../data/files/index.ts';
import type { Config } from '../settings/configSchema.ts';

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

/** What is wrong with the statistics in a line of a log, if anything; any of them may be missing or null. */
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
