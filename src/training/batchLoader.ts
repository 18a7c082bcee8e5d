// The training batches of each step, ready for a program.
import { BatchStream } from '../data/batches.ts';
import type { ImageSet } from '../data/dataset.ts';
import type { AugmentationName } from '../data/pixels/augment.ts';
import { type Dequantiser, uniformDequantiser } from '../flows/dequantiser.ts';
import { dimensionsOf } from '../numeric/imageShape.ts';
import { RandomStream } from '../numeric/random.ts';
import { oneHotRows } from './classInputs.ts';
import { type Batch, imageArray } from './likelihood.ts';

/** How batches are made. */
export interface BatchLoaderOptions {
  /** Images in a whole batch. */
  readonly batchSize: number;
  /** The seed of the order, the augmentation and the noise. */
  readonly seed: number;
  /** Bits of a pixel value in the model. */
  readonly bits: number;
  /** The model's dequantiser, which says what its noise is drawn from; by default uniform noise. */
  readonly dequantiser?: Pick<Dequantiser, 'draw'>;
  /** How images are augmented, in this order; not at all by default. */
  readonly augment?: readonly AugmentationName[];
  /** How many classes the model has; by default none, and then the batches have no classes. */
  readonly classes?: number;
  /** @internal The part of each batch that is loaded; by default all of it. */
  readonly share?: { readonly first: number; readonly images: number };
}

/**
 * Batches by step, from 0, or the same part of each: shuffled, augmented images and dequantisation noise, functions of seed and step; and
 * the classes of the images, for a model with classes.
 */
export class BatchLoader {
  private readonly stream: BatchStream;
  private readonly images: ImageSet;
  private readonly options: BatchLoaderOptions;
  /** The first image of the part that is loaded. */
  private readonly first: number;
  private readonly pixels: Uint8Array;
  private readonly noise: Float32Array;

  constructor(images: ImageSet, options: BatchLoaderOptions) {
    const { batchSize, seed, augment, share = { first: 0, images: batchSize } } = options;
    const dimensions = dimensionsOf(images.imageShape);
    this.stream = new BatchStream(images, batchSize, seed, augment);
    this.images = images;
    this.options = options;
    this.first = share.first;
    this.pixels = new Uint8Array(share.images * dimensions);
    // Cut from the noise of the whole batch: a share has the same noise however the batch is divided.
    this.noise = new Float32Array((share.first + share.images) * dimensions);
  }

  /** The batch of a step; its noise is overwritten by the next call. */
  at(step: number): Batch {
    const { seed, bits, dequantiser = uniformDequantiser, classes = 0 } = this.options;
    this.stream.batchAt(step, this.pixels, this.first);
    dequantiser.draw(new RandomStream(seed, 'noise', step), this.noise);
    const image = imageArray(this.pixels, this.images.imageShape, bits);
    const noise = { shape: image.shape, data: this.noise.subarray(-this.pixels.length) };
    return classes === 0
      ? { image, noise }
      : {
          image,
          noise,
          classes: oneHotRows(this.stream.classesAt(step, image.shape[0]!, this.first), classes),
        };
  }
}
