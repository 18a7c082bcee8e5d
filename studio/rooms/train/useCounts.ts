// How the chosen pictures are divided, and whether they can be trained on, before a run starts.
import { counted, plural } from '../../numbers.ts';
import { lookUp } from '../../work/connections.ts';
import type { Pictures } from '../../work/pictures.ts';
import type { PictureCounts } from '../../work/trainingTasks.ts';
import { useWork, type Work } from '../../work/useWork.ts';

/** What is known about the pictures. */
export interface Counts {
  readonly work: Work<PictureCounts>;
  /** Whether they can be trained on; false until known. */
  readonly fit: boolean;
  /** Why they can't be trained on, as a sentence, unless they can't be opened at all. */
  readonly problem: string | undefined;
}

/** Counts the pictures whenever they change; the included digits are known. */
export function useCounts(pictures: Pictures | undefined, batch: number): Counts {
  const ownPictures = pictures?.kind === 'files' ? pictures : undefined;
  const work = useWork(ownPictures && ((waiting) => lookUp('check', { pictures: ownPictures }, waiting)), [
    ownPictures?.folder,
    ownPictures?.size,
    ownPictures?.channels,
  ]);
  const counts = work.progress === undefined && work.problem === undefined ? work.result : undefined;
  const problem = counts && batchProblem(batch, counts.training);
  const fit = problem === undefined && (pictures?.kind === 'digits' || counts !== undefined);
  return { work, fit, problem };
}

/** Why a batch is too large, as a sentence; undefined if it isn't. */
export function batchProblem(batch: number, training: number): string | undefined {
  return batch > training
    ? `Batch size ${counted(batch)} exceeds the number of training images, ${counted(training)}: choose a smaller one.`
    : undefined;
}

/** How pictures are divided. */
export function countsWords({ training, validation, test, damaged }: PictureCounts): string {
  const total = plural(training + validation + test, 'picture');
  const skipped = damaged === 0 ? '' : ` ${plural(damaged, 'unreadable picture')} skipped.`;
  return `${total}: ${counted(training)} to train on, ${counted(validation)} for validation, ${counted(test)} for tests.${skipped}`;
}
