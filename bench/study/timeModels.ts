// The time of training steps and forward passes of a study's models, on random pixels, in turn in one process.
import { type TrainingTimes, timeTraining } from '../../src/bench/timeTraining.ts';
import type { Interruption } from '../../src/cli/terminal/interruption.ts';
import { withProgress } from '../../src/cli/terminal/progressBars.ts';
import type { Config } from '../../src/experiments/configSchema.ts';
import type { Mixing } from '../../src/models/mixing.ts';
import type { ImageShape } from '../../src/numeric/imageShape.ts';

/** Times models that differ only in their mixing; `label` precedes the progress. */
export function timeModels(
  label: string,
  mixings: readonly Mixing[],
  { model: { mixing: _, ...model }, training: { batchSize, microBatch } }: Config,
  { imageShape, rounds }: { readonly imageShape: ImageShape; readonly rounds: number },
  { signal }: Interruption,
): Promise<TrainingTimes[]> {
  return withProgress(
    (show) =>
      timeTraining({
        mixings,
        model,
        imageShape,
        batchSize,
        microBatch,
        rounds,
        products: false,
        signal,
        onProgress: (_, done, total) => show(label, done, total),
      }),
    'rounds',
  );
}
