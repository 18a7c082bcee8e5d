// How fast a model is sampled, beside its forward pass.

import type { InverseMethod } from '../../engine/graph/prepare.ts';
import type { CompileOptions } from '../../engine/program.ts';
import { Glow, type GlowOptions } from '../../models/glow.ts';
import type { Mixing } from '../../models/mixing.ts';
import { dimensionsOf, type ImageShape } from '../../numeric/imageShape.ts';
import { RandomStream } from '../../numeric/random.ts';
import { imageArray } from '../../training/likelihood.ts';
import { startFromData } from '../../training/startFromData.ts';
import { FlowModel } from '../model/flowModel.ts';
import { trainedModel } from '../model/trainedModel.ts';
import { type LayerInverse, ownMethods } from './layerInverse.ts';
import { secondsOf } from './timing.ts';

/** What is timed. */
export interface SamplingBenchmark extends CompileOptions {
  readonly mixings: readonly Mixing[];
  /** How emerging convolutions are undone, one contender each; the other mixings have one way. */
  readonly inverses: readonly InverseMethod[];
  readonly model: Omit<GlowOptions, 'mixing'>;
  readonly imageShape: ImageShape;
  readonly batchSize: number;
  /** Timed rounds; in each, every contender takes one forward pass and draws one batch in turn. */
  readonly rounds: number;
  /** Called as the work goes on, with the rounds done. */
  onProgress?(rounds: number): void;
}

/** The times of one mixing, undone in one way, in seconds, over the rounds. */
export interface SamplingTimes {
  readonly mixing: Mixing;
  readonly inverse: LayerInverse;
  /** Log-likelihoods of a batch of 8-bit images, weights frozen. */
  readonly forwards: readonly number[];
  /** A batch of 8-bit images from a seed, weights frozen. */
  readonly samples: readonly number[];
}

const WARM_UP = 2;

/** Times sampling and forward passes of models that differ in their mixing or its inverse, interleaved in one process. */
export async function timeSampling(benchmark: SamplingBenchmark): Promise<SamplingTimes[]> {
  const { mixings, inverses, imageShape, batchSize, rounds, onProgress, ...options } = benchmark;
  const random = new RandomStream(0, 'bench');
  const images = Uint8Array.from({ length: batchSize * dimensionsOf(imageShape) }, () => random.integer(256));
  const contenders: (SamplingTimes & { model: FlowModel; forwards: number[]; samples: number[] })[] = [];
  try {
    for (const mixing of mixings) {
      const glow = new Glow({ ...benchmark.model, mixing }, imageShape);
      const image = imageArray(images, imageShape, glow.options.bits);
      const noise = { shape: image.shape, data: new Float32Array(image.data.length) };
      random.fillDequantisationNoise(noise.data);
      const state = await startFromData(glow, { image, noise }, 0, options);
      const trained = trainedModel(glow, state, 'raw');
      for (const inverse of mixing === 'emerging' ? inverses : ([undefined] as const)) {
        const model = new FlowModel(trained, { ...options, batchSize, ...(inverse && { inverse }) });
        contenders.push({ mixing, inverse: inverse ?? ownMethods[mixing], model, forwards: [], samples: [] });
      }
    }
    for (let round = -WARM_UP; round < rounds; round++) {
      for (const { model, forwards, samples } of contenders) {
        const forward = await secondsOf(() => model.bitsPerDim(images, { seed: round + WARM_UP }));
        const sample = await secondsOf(() =>
          model.sample({ count: batchSize, temperature: 0.7, seed: round + WARM_UP }),
        );
        if (round >= 0) {
          forwards.push(forward);
          samples.push(sample);
        }
      }
      onProgress?.(Math.max(0, round + 1));
    }
  } finally {
    for (const { model } of contenders) {
      await model.release();
    }
  }
  return contenders.map(({ model: _, ...times }) => times);
}
