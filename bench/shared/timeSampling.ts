// Times sampling of trained models, along with their forward passes.

import { FlowModel } from '../../src/model/flowModel.ts';
import type { TrainedModel } from '../../src/model/trainedModel.ts';
import type { InverseMethod } from '../../src/tensor/engine/graph/prepare.ts';
import type { CompileOptions } from '../../src/tensor/engine/program.ts';
import { releaseAfter } from '../../src/tensor/engine/resources.ts';
import { measureInTurn, secondsFor } from '../../src/training/study/measureInTurn.ts';
import { hasInverseMethods, inverseName, randomPixels } from './benchModel.ts';

/** Options of the timing. */
export interface SamplingBenchmark extends CompileOptions {
  readonly models: readonly SampledModel[];
  /** How emerging convolutions are inverted, one contender each; the other mixings have one method. */
  readonly inverses: readonly InverseMethod[];
  readonly batchSize: number;
  readonly temperature: number;
  /** Whether every contender runs a forward pass before it samples. */
  readonly forward: boolean;
  /** Warm-up rounds before the timed ones. */
  readonly warmUp: number;
  /** Timed rounds; in each, every contender draws one batch in turn. */
  readonly rounds: number;
  /** Called with the number of timed rounds done. */
  onProgress?(rounds: number): void;
}

/** A model that is sampled. */
export interface SampledModel {
  readonly mixing: string;
  readonly trained: TrainedModel;
}

/** The times of one mixing with one inverse, in seconds, over the rounds. */
export interface SamplingTimes {
  /** The position of the model among the models. */
  readonly model: number;
  readonly mixing: string;
  /** The name of the inverse. */
  readonly inverse: string;
  /** Log-likelihoods of a batch of 8-bit images, weights frozen; empty if not requested. */
  readonly forwards: readonly number[];
  /** A batch of 8-bit images from a seed, weights frozen. */
  readonly samples: readonly number[];
}

/** Times sampling and forward passes of models that differ in their mixing or its inverse, interleaved in one process. */
export function timeSampling(benchmark: SamplingBenchmark): Promise<SamplingTimes[]> {
  const { models, inverses, temperature, forward, warmUp, rounds, onProgress, ...options } = benchmark;
  return releaseAfter(async (keep) => {
    const contenders = models.flatMap(({ mixing, trained }, position) =>
      (hasInverseMethods(mixing) ? inverses : ([undefined] as const)).map((inverse) => ({
        position,
        mixing,
        inverse: inverse ?? inverseName(mixing),
        model: keep(new FlowModel(trained, { ...options, ...(inverse && { inverse }) })),
      })),
    );
    const { batchSize: count } = options;
    const images = forward ? randomPixels(contenders[0]!.model.imageShape, count) : null;
    onProgress?.(0);
    const roundTimes = await measureInTurn(
      contenders.map(({ model }) => async (seed) => ({
        forward: images && (await secondsFor(() => model.bitsPerDim(images, { seed }))),
        sample: await secondsFor(() => model.sample({ count, temperature, seed, onOverflow: () => {} })),
      })),
      { warmUp, rounds, onRound: (done) => onProgress?.(Math.max(0, done - warmUp)) },
    );
    return contenders.map(({ position, mixing, inverse }, index) => ({
      model: position,
      mixing,
      inverse,
      forwards: roundTimes[index]!.flatMap(({ forward }) => forward ?? []),
      samples: roundTimes[index]!.map(({ sample }) => sample),
    }));
  });
}
