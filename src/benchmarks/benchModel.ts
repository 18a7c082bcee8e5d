// The default model of the benchmarks: the paper's model for CIFAR-10, and batches of random pixels.
import { imagesInMemory } from '../data/contract/dataset.ts';
import { inverseMethods } from '../engine/graph/prepare.ts';
import { uniformDequantiser } from '../flows/contract/dequantiser.ts';
import { type Mixing, mixings } from '../models/mixing.ts';
import type { ModelOptions } from '../models/options.ts';
import { dimensionsOf, type ImageShape } from '../numeric/imageShape.ts';
import { RandomStream } from '../numeric/random.ts';
import { adamax } from '../optimizers/adamax.ts';
import { type BatchedModel, BatchLoader } from '../training/step/batchLoader.ts';
import type { UpdateOptions } from '../training/step/stateArrays.ts';

/** A model without its mixing, in which the timed models differ. */
export type BenchModel = Omit<ModelOptions, 'mixing'>;

/** The model of the paper for CIFAR-10 at depth 8. */
export const paperModel = {
  levels: 3,
  depth: 8,
  width: 512,
  kernelSize: 3,
  dilation: 1,
  hiddenChannels: 96,
  learnedPrior: true,
  bits: 8,
} as const satisfies BenchModel;

/** The shape of its images. */
export const paperImageShape: ImageShape = [32, 32, 3];

/** Whether a mixing is inverted by one of the methods that `inverse` chooses from. */
export function hasInverseMethods(mixing: Mixing): boolean {
  return inverseMethods.some((method) => method === mixings[mixing].inverse);
}

/** How a benchmark updates a model. */
export const benchUpdate: UpdateOptions = {
  optimizer: adamax({ beta2: 0.999, biasCorrection: 'glow' }),
  averageDecay: 0.999,
};

/** Random 8-bit images, NHWC. */
export function randomPixels(imageShape: ImageShape, count: number): Uint8Array {
  const random = new RandomStream(0, 'bench');
  return Uint8Array.from({ length: count * dimensionsOf(imageShape) }, () => random.integer(256));
}

/** What batches are made for without a model: 8 bits, uniform noise, no classes. */
export const anyModel: BatchedModel = {
  options: {},
  values: { bits: 8 },
  dequantiser: uniformDequantiser,
  classes: [],
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
