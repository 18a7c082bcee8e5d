// The training that is benchmarked: a model with its weights, and batches of random pixels.
import type { CompileOptions } from '../engine/program.ts';
import type { Keep } from '../engine/resources.ts';
import { Glow } from '../models/glow.ts';
import type { ModelOptions } from '../models/options.ts';
import type { ImageShape } from '../numeric/imageShape.ts';
import type { TrainingStart } from '../runs/contents/trainingState.ts';
import type { ActivationChoice } from '../training/gradients/gradientPlan.ts';
import type { BatchLoader } from '../training/step/batchLoader.ts';
import { startFromData } from '../training/step/startFromData.ts';
import { Trainer } from '../training/step/trainer.ts';
import { benchUpdate, randomBatches } from './benchModel.ts';

/** The model and the steps of a benchmark. */
export interface BenchTrainingOptions extends CompileOptions {
  readonly model: ModelOptions;
  readonly imageShape: ImageShape;
  readonly batchSize: number;
  /** Images per run of the programs, a divisor of `batchSize`; by default all of them. */
  readonly microBatch?: number;
  /** Whether activations are kept or recomputed; default auto. */
  readonly activations?: ActivationChoice | undefined;
  /** The number of data-parallel workers; by default what is likely to be fastest. */
  readonly workers?: number | undefined;
}

/** A training that is ready for its first step. */
export interface BenchTraining {
  readonly model: Glow;
  readonly state: TrainingStart;
  readonly trainer: Trainer;
  readonly batches: BatchLoader;
}

/** The learning rate of its steps. */
export const BENCH_RATE = 1e-4;

/** Prepares the training of a model. */
export async function prepareBenchTraining(
  options: BenchTrainingOptions,
  keep: Keep,
): Promise<BenchTraining> {
  const { imageShape, batchSize } = options;
  const model = new Glow(imageShape, options.model);
  const batches = randomBatches(imageShape, batchSize, model);
  const state = await startFromData(model, batches.at(0), 0, options);
  const trainer = keep(await Trainer.create(model, state, { ...options, ...benchUpdate }));
  return { model, state, trainer, batches };
}
