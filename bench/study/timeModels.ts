// The time of training steps and forward passes of a study's models, on random pixels, in turn in one process.

import type { Interruption } from '../../src/cli/terminal/interruption.ts';
import { withProgress } from '../../src/cli/terminal/progressBars.ts';
import type { Config } from '../../src/experiments/configSchema.ts';
import type { ImageShape } from '../../src/numeric/imageShape.ts';
import { type TrainingTimes, timeTraining } from '../shared/timeTraining.ts';

/** Times the models of configurations whose batches are alike; `label` precedes the progress. */
export function timeModels(
  label: string,
  configs: readonly Config[],
  { imageShape, rounds }: { readonly imageShape: ImageShape; readonly rounds: number },
  { signal }: Interruption,
): Promise<TrainingTimes[]> {
  const { batchSize, microBatch } = configs[0]!.training;
  return withProgress(
    (show) =>
      timeTraining({
        models: configs.map(({ model }) => model),
        imageShape,
        batchSize,
        microBatch,
        rounds,
        signal,
        onProgress: (done, total) => show(label, done, total),
      }),
    'rounds',
  );
}
