// The validation of a run: bits/dim of held-out training images, with the same noise each time.
import type { ImageSet } from '../data/dataset.ts';
import { type CompileOptions, compile, type Program } from '../engine/program.ts';
import type { Glow } from '../models/glow.ts';
import { mean } from '../numeric/statistics.ts';
import { likelihoodDefinition, type Measurement, measureBitsPerDim } from './likelihood.ts';
import { type Groups, ParameterLayout } from './parameterLayout.ts';

/** How validation images are measured. */
export interface ValidationOptions extends CompileOptions {
  /** Images per run of the program, at most. */
  readonly batchSize: number;
  /** The seed of the noise. */
  readonly seed: number;
}

/** A program that measures the validation images, compiled once for all weights. */
export class Validation {
  private readonly images: ImageSet;
  private readonly program: Program | undefined;
  private readonly measurement: Measurement;

  private constructor(images: ImageSet, program: Program | undefined, measurement: Measurement) {
    this.images = images;
    this.program = program;
    this.measurement = measurement;
  }

  /** Compiles the program for a model, if there are images to measure. */
  static async create(model: Glow, images: ImageSet, options: ValidationOptions): Promise<Validation> {
    const batchSize = Math.min(options.batchSize, images.count);
    const measurement = { batchSize, bits: model.options.bits, seed: options.seed, draw: 0 };
    if (images.count === 0) {
      return new Validation(images, undefined, measurement);
    }
    const definition = likelihoodDefinition(model, batchSize, new ParameterLayout(model.parameters).inputs());
    return new Validation(images, await compile(definition, options), measurement);
  }

  /** The mean bits/dim of the images with these weights; null where there are none. */
  async measure(weights: Groups): Promise<number | null> {
    if (!this.program) {
      return null;
    }
    return mean(await measureBitsPerDim(this.program, this.images, { ...this.measurement, weights }));
  }

  /** Frees the program. */
  async release(): Promise<void> {
    await this.program?.release();
  }
}
