// The order of images: an endless shuffled stream for training, a single ordered pass for evaluation.
import { countElements, RandomStream, type Values } from '../core/numeric/index.ts';
import { type ImageSet, imagesBuffer } from './contract/dataset.ts';
import { type AugmentationName, augment, checkAugmentations } from './pixels/augment.ts';

/**
 * The endless, shuffled stream of training batches, a function only of the seed and the step.
 *
 * Image k of the stream is `permutation_e[k mod count]` with e = ⌊k / count⌋ and one random permutation per
 * e; the batch of step s (from 0) is images s·batchSize to (s + 1)·batchSize - 1. So all batches are full,
 * every image is used equally often, and a batch may span two permutations if `batchSize` does not divide
 * `count`. Resuming from a step requires no stored state.
 *
 * The augmentation of image k depends only on the seed and k, not on batch boundaries or workers. It does not change the
 * class of the image.
 */
export class BatchStream {
  /** ⌈count / batchSize⌉: the number of steps in one epoch. */
  readonly stepsPerEpoch: number;
  private readonly images: ImageSet;
  private readonly imageSize: number;
  private readonly batchSize: number;
  private readonly seed: number;
  private readonly augment: readonly AugmentationName[];
  private epoch = -1;
  private permutation: Uint32Array = new Uint32Array();

  /**
   * @param augment the augmentations, applied in this order
   * @throws RangeError if the set is empty or `batchSize` is not a positive integer
   * @throws UserError if the augmentations do not fit the images
   */
  constructor(images: ImageSet, batchSize: number, seed: number, augment: readonly AugmentationName[] = []) {
    if (images.count === 0) {
      throw new RangeError('no images to make batches of');
    }
    checkBatchSize(batchSize);
    checkAugmentations(augment, images.imageShape, images.kind);
    this.images = images;
    this.imageSize = countElements(images.imageShape);
    this.batchSize = batchSize;
    this.seed = seed;
    this.augment = augment;
    this.stepsPerEpoch = Math.ceil(images.count / batchSize);
  }

  /**
   * Fills `out` (NHWC, of the images' kind) from the batch of `step`, starting at image `first` of the batch: the whole
   * batch, or the part for one micro-batch or one worker. Steps may be requested in any order.
   * Throws RangeError if `out` is not a whole number of images or reaches past the end of the batch.
   */
  batchAt(step: number, out: Values, first = 0): void {
    this.images.read(this.indicesAt(step, out.length / this.imageSize, first), out);
    this.augmentAll(step * this.batchSize + first, out);
  }

  /**
   * The indices of `count` images of the batch of `step`, starting at image `first` of the batch: those that `batchAt` reads.
   * Throws RangeError if they reach past the end of the batch.
   */
  indicesAt(step: number, count: number, first = 0): number[] {
    if (!Number.isInteger(step) || step < 0) {
      throw new RangeError(`the step must be a non-negative integer, not ${step}`);
    }
    if (!Number.isInteger(count) || !Number.isInteger(first) || first < 0 || first + count > this.batchSize) {
      throw new RangeError(
        `${count} images starting at image ${first} do not fit in a batch of ${this.batchSize} images`,
      );
    }
    const start = step * this.batchSize + first;
    return Array.from({ length: count }, (_, offset) => this.indexAt(start + offset));
  }

  private augmentAll(start: number, images: Values): void {
    if (this.augment.length === 0) {
      return;
    }
    for (let offset = 0; offset < images.length / this.imageSize; offset++) {
      const image = images.subarray(offset * this.imageSize, (offset + 1) * this.imageSize);
      const random = new RandomStream(this.seed, 'augment', start + offset);
      augment(image, this.images.imageShape, this.augment, random);
    }
  }

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

/** A batch of fixed size: the first `count` images are valid, the rest repeat the last valid one. */
interface PaddedBatch {
  /** NHWC, always `batchSize` images. */
  readonly images: Values;
  readonly count: number;
}

/**
 * Yields every image exactly once, in order, in batches of equal size; the last one is padded if necessary.
 * Each batch is a new array. An empty image set has no batches.
 * Throws RangeError if `batchSize` is not a positive integer.
 *
 * @param part only the images from position `first` to before `end`; by default all
 */
export function* batchesInOrder(
  images: ImageSet,
  batchSize: number,
  { first, end }: { readonly first: number; readonly end: number } = { first: 0, end: images.count },
): Generator<PaddedBatch, void, void> {
  checkBatchSize(batchSize);
  const last = end - 1;
  for (let start = first; start <= last; start += batchSize) {
    const out = imagesBuffer(images, batchSize);
    images.read(
      Array.from({ length: batchSize }, (_, offset) => Math.min(start + offset, last)),
      out,
    );
    yield { images: out, count: Math.min(batchSize, end - start) };
  }
}

function checkBatchSize(batchSize: number): void {
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new RangeError(`the batch size must be a positive integer, not ${batchSize}`);
  }
}
