// Events of a training run for TensorBoard.
import { exists, listFolder } from '../../../data/files/index.node.ts';
import { resultUnit } from '../../../flows/models/index.ts';
import { runFileNames } from '../../../runs/contents/index.ts';
import { runFiles } from '../../../runs/folder/index.ts';
import { readSheet, samplesPath } from '../../../training/reports/index.node.ts';
import { EventFile } from '../../../training/reports/index.ts';
import type { PreparedRun } from './preparedRun.ts';

/** Whether an earlier command has written events for the run. */
export function hasEvents(run: PreparedRun): boolean {
  return exists(run.paths.tensorboard);
}

/**
 * Writes the events of a training run to its folder `tensorboard`: one file per call. TensorBoard reads them
 * in the order of their names and never goes back, so each gets the next number.
 *
 * @throws UserError if it cannot be written
 */
export function tensorBoard({ paths, state, config }: PreparedRun) {
  const unit = resultUnit(config.model);
  const folder = paths.tensorboard;
  // Opened at the first step: a run that fails earlier leaves nothing behind.
  let opened: EventFile | undefined;
  const file = (): EventFile => {
    if (opened === undefined) {
      const name = nextEventName(exists(folder) ? listFolder(folder) : []);
      opened = new EventFile(runFiles(paths), `${runFileNames.tensorboard}/${name}`, state?.step);
    }
    return opened;
  };
  return {
    onStep: (step: number, bitsPerDim: number, imagesPerSecond: number, learningRate: number): void =>
      file().scalars(step, {
        [`${unit.words}/training`]: unit.of(bitsPerDim),
        'learning rate': learningRate,
        'images per second': imagesPerSecond,
      }),
    onValidation: (step: number, bitsPerDim: number): void =>
      file().scalars(step, { [`${unit.words}/validation`]: unit.of(bitsPerDim) }),
    /** Adds the samples of a step, if they were drawn, and writes everything. */
    onSamples(step: number): void {
      const samples = samplesPath(paths, step);
      if (exists(samples)) {
        file().image(step, 'samples', readSheet(samples));
      }
      file().flush();
    },
  };
}

/** The name for the next event file, given the names in the folder, which may be a stranger's. */
export function nextEventName(names: readonly string[]): string {
  let last = -1;
  for (const name of names) {
    // A longer number is not exact, so that the next one would be the same.
    last = Math.max(last, Number(/^events\.out\.tfevents\.(\d{1,15})\.emerging$/.exec(name)?.[1] ?? -1));
  }
  return `events.out.tfevents.${String(last + 1).padStart(8, '0')}.emerging`;
}
