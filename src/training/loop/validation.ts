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

/** Measures the validation images. */
export interface Validation {
  /** The mean bits/dim of the images with these weights, given their conditions; null without images. */
  measure(weights: ProgramArrays): Promise<number | null>;
  /** How many seconds a measurement will take, as one batch on each rank shows. */
  expectedSeconds(weights: ProgramArrays): Promise<number>;
  /** Frees the program. */
  release(): Promise<void>;
}

/** There is one program for any weights, compiled on the first measurement: the first step need not wait for it. */
export function openValidation(model: Flow, images: ImageSet, options: ValidationOptions): Validation {
  const { layout, seed, ranks } = options;
  const batchSize = Math.min(options.batchSize, images.count);
  let program: Program | undefined;
  const measureImages = async (some: ImageSet, weights: ProgramArrays): Promise<Float64Array> => {
    const condition = conditionReader(model, some, 'the dataset');
    program ??= await compile(likelihoodDefinition(model, batchSize, layout.inputs()), options);
    const { values, dequantiser } = model;
    const measurement = { batchSize, values, dequantiser, seed, draw: 0, weights, ranks, condition };
    return measureBitsPerDim(program, some, measurement);
  };
  return {
    measure: async (weights) => (images.count === 0 ? null : mean(await measureImages(images, weights))),
    async expectedSeconds(weights) {
      if (images.count === 0) {
        return 0;
      }
      const sample = firstImages(images, options.batchSize * (ranks?.size ?? 1));
      // The first run compiles the program and touches memory.
      await measureImages(sample, weights);
      const begin = performance.now();
      await measureImages(sample, weights);
      return ((performance.now() - begin) / 1000) * (images.count / sample.count);
    },
    async release() {
      await program?.release();
    },
  };
}
