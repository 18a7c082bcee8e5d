// The validation of a run: bits/dim of held-out training images, with the same noise each time.

import { onlyRank, type Ranks } from '../cluster/ranks.ts';
import type { ImageSet } from '../data/dataset.ts';
import type { ProgramArrays } from '../engine/arrays.ts';
import { type CompileOptions, compile, type Program } from '../engine/program.ts';
import type { Glow } from '../models/glow.ts';
import { mean } from '../numeric/statistics.ts';
import { likelihoodDefinition, measureBitsPerDim } from './likelihood.ts';
import type { ParameterLayout } from './parameterLayout.ts';

/** How validation images are measured. */
export interface ValidationOptions extends CompileOptions {
  /** How the parameters are laid out in the weights. */
  readonly layout: ParameterLayout;
  /** Images per run of the program, at most. */
  readonly batchSize: number;
  /** The seed of the noise. */
  readonly seed: number;
  /** The processes that measure a share of the images each; by default only this one. */
  readonly ranks?: Ranks;
}

/** The images that a rank measures: as many as the others, or one more or fewer. */
function partOf({ count }: ImageSet, { rank, size }: Ranks): { first: number; end: number } {
  const startOf = (which: number): number => Math.floor((which * count) / size);
  return { first: startOf(rank), end: startOf(rank + 1) };
}

/**
 * Measures the validation images, with one program for any weights. It is compiled on the first measurement,
 * so that training need not wait for it before the first step.
 */
export class Validation {
  private readonly images: ImageSet;
  private readonly options: ValidationOptions;
  private readonly model: Glow;
  private program: Program | undefined;

  constructor(model: Glow, images: ImageSet, options: ValidationOptions) {
    this.model = model;
    this.images = images;
    this.options = options;
  }

  /** The mean bits/dim of the images with these weights; null if there are no images. */
  async measure(weights: ProgramArrays): Promise<number | null> {
    const { model, images, options } = this;
    if (images.count === 0) {
      return null;
    }
    const { seed, ranks = onlyRank } = options;
    const batchSize = Math.min(options.batchSize, images.count);
    const measurement = {
      batchSize,
      bits: model.options.bits,
      seed,
      draw: 0,
      weights,
      part: partOf(images, ranks),
    };
    this.program ??= await this.compile(batchSize);
    const bitsPerDim = await measureBitsPerDim(this.program, images, measurement);
    // Zeros for the images of other ranks: their sum is exact.
    await ranks.sum(bitsPerDim);
    return mean(bitsPerDim);
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
