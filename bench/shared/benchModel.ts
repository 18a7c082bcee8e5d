// The default model of the benchmarks, the paper's for CIFAR-10, and its training on batches of random pixels.

import { countDimensions, type ImageShape } from '../../src/core/numeric/arrays.ts';
import { RandomStream } from '../../src/core/numeric/random.ts';
import { imagesInMemory } from '../../src/data/contract/dataset.ts';
import { uniformDequantiser } from '../../src/flows/contract/dequantiser.ts';
import { Glow } from '../../src/flows/models/glow.ts';
import type { ModelOptions } from '../../src/flows/models/options.ts';
import { mixings } from '../../src/flows/models/partRegistries.ts';
import type { TrainingStart } from '../../src/runs/contents/trainingState.ts';
import { inverseMethods } from '../../src/tensor/engine/graph/prepare.ts';
import type { CompileOptions } from '../../src/tensor/engine/program.ts';
import type { Keep } from '../../src/tensor/engine/resources.ts';
import { adamax } from '../../src/tensor/optimizers/adamax.ts';
import type { ActivationChoice } from '../../src/training/gradients/gradientPlan.ts';
import { type BatchedModel, BatchLoader } from '../../src/training/step/batchLoader.ts';
import { startFromData } from '../../src/training/step/startFromData.ts';
import type { UpdateOptions } from '../../src/training/step/stateArrays.ts';
import { Trainer } from '../../src/training/step/trainer.ts';

/** The options that the timed models share: all but the mixing. */
export type BenchModel = Omit<ModelOptions, 'mixing'>;

/** The model of the paper for CIFAR-10 at depth 8. */
export const paperModel = {
  levels: 3,
  depth: 8,
  conditioner: { name: 'glow', width: 512 },
  learnedPrior: true,
  bits: 8,
} as const satisfies BenchModel;

/** The shape of its images. */
export const paperImageShape: ImageShape = [32, 32, 3];

/** Whether a mixing is inverted by one of the methods that `inverse` chooses from. */
export function hasInverseMethods(mixing: string): boolean {
  return inverseMethods.some((method) => method === inverseName(mixing));
}

/** The name of a mixing's inverse; a user's own may have none. */
export function inverseName(mixing: string): string {
  return mixings.find(mixing).inverse ?? 'its own';
}

/** How a benchmark updates a model. */
export const benchUpdate: UpdateOptions = {
  optimizer: adamax({ beta2: 0.999, biasCorrection: 'glow' }),
  averageDecay: 0.999,
};

/** The learning rate of its steps. */
export const BENCH_RATE = 1e-4;

/** Random 8-bit images, NHWC. */
export function randomPixels(imageShape: ImageShape, count: number): Uint8Array {
  const random = new RandomStream(0, 'bench');
  return Uint8Array.from({ length: count * countDimensions(imageShape) }, () => random.integer(256));
}

/** The default for batches: 8 bits, uniform noise, no classes. */
const anyModel: BatchedModel = {
  options: {},
  values: { bits: 8 },
  dequantiser: uniformDequantiser,
  classes: [],
  condition: {},
};

/** Batches as in training of a model, of random pixels. */
export function randomBatches(
  imageShape: ImageShape,
  batchSize: number,
  model: BatchedModel = anyModel,
): BatchLoader {
  const images = imagesInMemory(randomPixels(imageShape, batchSize), imageShape);
  return new BatchLoader(images, { batchSize, seed: 0, model });
}

/** The model and the steps of a benchmark. */
export interface BenchTrainingOptions extends CompileOptions {
  readonly model: ModelOptions;
  readonly imageShape: ImageShape;
  readonly batchSize: number;
  /** Images per run of the programs, a divisor of `batchSize`; by default all of them. */
  readonly microBatch?: number;
  /** Whether activations are kept or recomputed; default auto. */
  readonly activations?: ActivationChoice | undefined;
  /** The number of data-parallel workers; by default the number that is likely to be fastest. */
  readonly workers?: number | undefined;
}

/** A training that is ready for its first step. */
export interface BenchTraining {
  readonly model: Glow;
  readonly state: TrainingStart;
  readonly trainer: Trainer;
  readonly batches: BatchLoader;
}

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
