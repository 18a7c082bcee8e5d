// The order in which images are visited: shuffled without end for training, once in order for evaluation.
import { sizeOf } from '../numeric/ndarray.ts';
import { RandomStream } from '../numeric/random.ts';
import type { ImageSet } from './dataset.ts';
import { type AugmentationName, augment, checkAugmentations } from './pixels/augment.ts';

/**
 * The endless, shuffled stream of training batches, a function of the seed and the step alone.
 *
 * Image k of the stream is `permutation_e[k mod count]` with e = ⌊k / count⌋ and a permutation drawn for each e;
 * the batch of step s (from 0) is images s·batchSize to (s + 1)·batchSize - 1. So all batches are full, every
 * image is used equally often, and where `batchSize` does not divide `count` a batch may reach over the border
 * of two permutations. Nothing needs to be stored to go on from a step.
 *
 * How image k is varied depends on the seed and k alone, and so neither on where batches begin nor on which worker
 * takes it.
 */
export class BatchStream {
  /** ⌈count / batchSize⌉: the steps that are counted as one epoch. */
  readonly stepsPerEpoch: number;
  private readonly images: ImageSet;
  private readonly imageSize: number;
  private readonly batchSize: number;
  private readonly seed: number;
  private readonly augment: readonly AugmentationName[];
  private epoch = -1;
  private permutation: Uint32Array = new Uint32Array();

  /**
   * @param augment how images are varied, in this order
   * @throws RangeError when there are no images or `batchSize` is not a positive integer
   * @throws UserError when the images cannot be varied so
   */
  constructor(images: ImageSet, batchSize: number, seed: number, augment: readonly AugmentationName[] = []) {
    if (images.count === 0) {
      throw new RangeError('there are no images to make batches of');
    }
    checkBatchSize(batchSize);
    checkAugmentations(augment, images.imageShape);
    this.images = images;
    this.imageSize = sizeOf(images.imageShape);
    this.batchSize = batchSize;
    this.seed = seed;
    this.augment = augment;
    this.stepsPerEpoch = Math.ceil(images.count / batchSize);
  }

  /**
   * Fills `out` (NHWC, 8-bit) from the batch of `step`, starting at the batch's image `first`: the whole batch,
   * or the part of it that one micro-batch or one worker takes. Steps may be asked for in any order.
   * Throws RangeError when `out` is not a whole number of images or reaches past the end of the batch.
   */
  batchAt(step: number, out: Uint8Array, first = 0): void {
    const count = out.length / this.imageSize;
    if (!Number.isInteger(step) || step < 0) {
      throw new RangeError(`a step is an integer from 0, not ${step}`);
    }
    if (!Number.isInteger(count) || !Number.isInteger(first) || first < 0 || first + count > this.batchSize) {
      throw new RangeError(
        `${count} images from image ${first} are not a part of a batch of ${this.batchSize} images`,
      );
    }
    const start = step * this.batchSize + first;
    this.images.read(
      Array.from({ length: count }, (_, offset) => this.indexAt(start + offset)),
      out,
    );
    this.vary(start, out);
  }

  /** Varies images of the stream, the first of which is image `start`. */
  private vary(start: number, images: Uint8Array): void {
    if (this.augment.length === 0) {
      return;
    }
    for (let offset = 0; offset < images.length / this.imageSize; offset++) {
      const image = images.subarray(offset * this.imageSize, (offset + 1) * this.imageSize);
      const random = new RandomStream(this.seed, 'augment', start + offset);
      augment(image, this.images.imageShape, this.augment, random);
    }
  }

  /** The index of image `position` of the stream. */
  private indexAt(position: number): number {
    const { count } = this.images;
    const epoch = Math.floor(position / count);
    if (epoch !== this.epoch) {
      this.permutation = new RandomStream(this.seed, 'order', epoch).permutation(count);
      this.epoch = epoch;
    }
    return this.permutation[position % count]!;
  }
}

/** A batch of fixed size of which the first `count` images count; the rest repeats the last of them. */
export interface PaddedBatch {
  /** NHWC, always `batchSize` images. */
  readonly images: Uint8Array;
  readonly count: number;
}

/**
 * Every image of a set exactly once, in order, in batches of one size; the last is padded where it has to be.
 * Each batch is an array of its own; an empty set gives none.
 * Throws RangeError when `batchSize` is not a positive integer.
 */
export function* batchesInOrder(images: ImageSet, batchSize: number): Generator<PaddedBatch, void, void> {
  checkBatchSize(batchSize);
  const last = images.count - 1;
  for (let start = 0; start <= last; start += batchSize) {
    const out = new Uint8Array(batchSize * sizeOf(images.imageShape));
    images.read(
      Array.from({ length: batchSize }, (_, offset) => Math.min(start + offset, last)),
      out,
    );
    yield { images: out, count: Math.min(batchSize, images.count - start) };
  }
}

function checkBatchSize(batchSize: number): void {
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new RangeError(`a batch has a positive number of images, not ${batchSize}`);
  }
}
