// The training batches of each step, ready for a program.

import { UserError } from '../../core/errors.ts';
import { countDimensions, RandomStream, type Values } from '../../core/numeric/index.ts';
import { type ImageSet, imagesBuffer } from '../../data/contract/index.ts';
import { BatchStream } from '../../data/index.ts';
import type { AugmentationName } from '../../data/pixels/index.ts';
import type { Dequantiser } from '../../flows/contract/index.ts';
import { dequantisationName, type Flow, type ModelOptions, requireKind } from '../../flows/models/index.ts';
import {
  type Batch,
  type ConditionReader,
  conditionReader,
  imageArray,
} from '../../model/likelihood/index.ts';

/** What batches depend on of a model. */
export interface BatchedModel extends Pick<Flow, 'dequantiser' | 'classes' | 'condition'> {
  /** The bits of an integer value. */
  readonly values: Pick<Flow['values'], 'bits'>;
  /** The kind of noise, and the condition. */
  readonly options: Pick<ModelOptions, 'dequantisation' | 'continuous' | 'condition'>;
}

/** How batches are made. */
export interface BatchLoaderOptions {
  /** Images in a whole batch. */
  readonly batchSize: number;
  /** The seed of the order, the augmentation and the noise. */
  readonly seed: number;
  /** The model they are for, which determines their bits, noise, classes and conditions. */
  readonly model: BatchedModel;
  /** How images are augmented, in this order; not at all by default. */
  readonly augment?: readonly AugmentationName[];
  /** @internal Fills the noise of a batch; by default as the model draws it. */
  readonly draw?: Dequantiser['draw'];
  /** @internal The part of each batch that is loaded; by default all of it. */
  readonly share?: { readonly first: number; readonly images: number };
}

/**
 * Batches by step, from 0, or the same part of each: shuffled, augmented images and dequantisation noise, functions of seed and step; and
 * the conditions of the images, for a model that has some.
 */
export class BatchLoader {
  private readonly stream: BatchStream;
  private readonly images: ImageSet;
  private readonly options: BatchLoaderOptions;
  /** The first image of the part that is loaded. */
  private readonly first: number;
  private readonly pixels: Values;
  private readonly noise: Float32Array;
  private readonly condition: ConditionReader;

  /**
   * @throws UserError (`invalid-argument`) without a model, (`mismatch`) if the model depends on classes or conditions that
   *   the images don't have
   */
  constructor(images: ImageSet, options: BatchLoaderOptions) {
    const { batchSize, seed, model, augment, share = { first: 0, images: batchSize } } = options;
    requireModel(model);
    requireKind(images.kind, model.values);
    const dimensions = countDimensions(images.imageShape);
    this.stream = new BatchStream(images, batchSize, seed, augment);
    this.condition = conditionReader(model, images, 'the batches');
    this.images = images;
    this.options = options;
    this.first = share.first;
    this.pixels = imagesBuffer(images, share.images);
    // Cut from the noise of the whole batch: a share has the same noise however the batch is divided.
    this.noise = new Float32Array((share.first + share.images) * dimensions);
  }

  /** The batch of a step; its noise is overwritten by the next call. */
  at(step: number): Batch {
    const { seed, model, draw = model.dequantiser.draw } = this.options;
    this.stream.batchAt(step, this.pixels, this.first);
    draw(new RandomStream(seed, 'noise', step), this.noise);
    const image = imageArray(this.pixels, this.images.imageShape, model.values);
    const noise = {
      shape: image.shape,
      data: this.noise.subarray(-this.pixels.length),
      dequantisation: dequantisationName(model.options),
    };
    return { image, noise, ...this.condition(this.stream.indicesAt(step, image.shape[0]!, this.first)) };
  }
}

/** Programs without types may leave the model out: other noise than the model's would train another objective. */
function requireModel(model: BatchedModel | undefined): void {
  if (!model?.dequantiser) {
    throw new UserError(
      'invalid-argument',
      'BatchLoader needs the model: new BatchLoader(images, { batchSize, seed, model })',
    );
  }
}
