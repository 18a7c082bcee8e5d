// `--tensorboard`: what a training tells, as events that TensorBoard shows.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { EventFile } from '../evaluation/eventFile.ts';
import { samplesPath } from '../evaluation/runPictures.ts';
import { readBytes } from '../training/files.ts';
import type { PreparedRun } from './preparedRun.ts';

/** Takes what a training tells. */
export interface TensorBoard {
  onStep(step: number, bitsPerDim: number, imagesPerSecond: number, learningRate: number): void;
  onValidation(step: number, bitsPerDim: number): void;
  /** Adds the samples of a step, if they were drawn, and writes everything. */
  onSamples(step: number): void;
}

/**
 * Writes the events of a training in the folder `tensorboard` of the run: one file for each call, named by the step
 * from which it goes on.
 *
 * @throws UserError if it cannot be written
 */
export function tensorBoard({ paths, state }: PreparedRun): TensorBoard {
  const start = String(state?.step ?? 0).padStart(8, '0');
  // Opened with the first step: a run that fails before leaves nothing.
  let opened: EventFile | undefined;
  const file = (): EventFile => {
    opened ??= new EventFile(join(paths.directory, 'tensorboard', `events.out.tfevents.${start}.emerging`));
    return opened;
  };
  return {
    onStep: (step, bitsPerDim, imagesPerSecond, learningRate) =>
      file().scalars(step, {
        'bits per dim/training': bitsPerDim,
        'learning rate': learningRate,
        'images per second': imagesPerSecond,
      }),
    onValidation: (step, bitsPerDim) => file().scalars(step, { 'bits per dim/validation': bitsPerDim }),
    onSamples(step) {
      const samples = samplesPath(paths, step);
      if (existsSync(samples)) {
        file().image(step, 'samples', readBytes(samples));
      }
      file().flush();
    },
  };
}
