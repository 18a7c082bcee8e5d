// The validation of a run: bits/dim of held-out training images, with the same noise each time.

import { mean } from '../../core/numeric/index.ts';
import type { Ranks } from '../../core/ranks/index.ts';
import { firstImages, type ImageSet } from '../../data/contract/index.ts';
import type { Flow, ParameterLayout } from '../../flows/models/index.ts';
import { conditionReader, likelihoodDefinition, measureBitsPerDim } from '../../model/likelihood/index.ts';
import { type CompileOptions, compile, type Program, type ProgramArrays } from '../../tensor/engine/index.ts';

/** How validation images are measured. */
interface ValidationOptions extends CompileOptions {
  /** How the parameters are laid out in the weights. */
  readonly layout: ParameterLayout;
  /** Images per run of the program, at most. */
  readonly batchSize: number;
  /** The seed of the noise. */
  readonly seed: number;
  /** The processes that measure a share of the images each; by default only this one. */
  readonly ranks?: Ranks;
}

/**
 * Measures the validation images, with one program for any weights. It is compiled on the first measurement,
 * so that training need not wait for it before the first step.
 */
export class Validation {
  private readonly images: ImageSet;
  private readonly options: ValidationOptions;
  private readonly model: Flow;
  private program: Program | undefined;

  constructor(model: Flow, images: ImageSet, options: ValidationOptions) {
    this.model = model;
    this.images = images;
    this.options = options;
  }

  /** The mean bits/dim of the images with these weights, given their conditions; null without images. */
  async measure(weights: ProgramArrays): Promise<number | null> {
    return this.images.count === 0 ? null : mean(await this.measureImages(this.images, weights));
  }

  /** How many seconds a measurement will take, as one batch on each rank shows. */
  async expectedSeconds(weights: ProgramArrays): Promise<number> {
    const { images, options } = this;
    if (images.count === 0) {
      return 0;
    }
    const { batchSize, ranks } = options;
    const sample = firstImages(images, Math.min(batchSize * (ranks?.size ?? 1), images.count));
    // The first run compiles the program and touches memory.
    await this.measureImages(sample, weights);
    const begin = performance.now();
    await this.measureImages(sample, weights);
    return ((performance.now() - begin) / 1000) * (images.count / sample.count);
  }

  /** bits/dim of each image. */
  private async measureImages(images: ImageSet, weights: ProgramArrays): Promise<Float64Array> {
    const { model, options } = this;
    const { seed, ranks } = options;
    const batchSize = Math.min(options.batchSize, this.images.count);
    const measurement = {
      batchSize,
      values: model.values,
      dequantiser: model.dequantiser,
      seed,
      draw: 0,
      weights,
      ranks,
      condition: conditionReader(model, images, 'the dataset'),
    };
    this.program ??= await this.compile(batchSize);
    return measureBitsPerDim(this.program, images, measurement);
  }

  /** Frees the program. */
  async release(): Promise<void> {
    await this.program?.release();
  }

  private compile(batchSize: number): Promise<Program> {
    const { model, options } = this;
    return compile(likelihoodDefinition(model, batchSize, options.layout.inputs()), options);
  }
}
