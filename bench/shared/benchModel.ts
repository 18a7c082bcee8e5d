// The default model of the benchmarks, the paper's for CIFAR-10, how it is updated, and batches of random pixels.

import { countDimensions, type ImageShape } from '../../src/core/numeric/arrays.ts';
import { RandomStream } from '../../src/core/numeric/random.ts';
import { imagesInMemory } from '../../src/data/contract/dataset.ts';
import type { ModelOptions } from '../../src/flows/models/options.ts';
import { mixings } from '../../src/flows/models/partRegistries.ts';
import { inverseMethods } from '../../src/tensor/engine/graph/prepare.ts';
import { configuredOptimizer, optimizers } from '../../src/tensor/optimizers/registry.ts';
import { type BatchedModel, BatchLoader } from '../../src/training/step/batchLoader.ts';
import type { UpdateOptions } from '../../src/training/step/stateArrays.ts';

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

/** The steps of an epoch, which Adamax's decay depends on. */
const STEPS_PER_EPOCH = 1000;

/** The learning rate of a benchmark's updates, except of what Muon leaves to Adamax. */
export const benchRate = 1e-4;

/** How a benchmark updates a model, by an optimiser's name. */
export function benchUpdate(optimizer: string = optimizers.names[0]!): UpdateOptions {
  return {
    optimizer: configuredOptimizer({ optimizer, learningRate: benchRate }, STEPS_PER_EPOCH),
    averageDecay: 0.999,
  };
}

/** Random 8-bit images, NHWC. */
export function randomPixels(imageShape: ImageShape, count: number): Uint8Array {
  const random = new RandomStream(0, 'bench');
  return Uint8Array.from({ length: count * countDimensions(imageShape) }, () => random.integer(256));
}

/** Batches as in training of a model, of random pixels. */
export function randomBatches(imageShape: ImageShape, batchSize: number, model: BatchedModel): BatchLoader {
  const images = imagesInMemory(randomPixels(imageShape, batchSize), imageShape);
  return new BatchLoader(images, { batchSize, seed: 0, model });
}
