// Training a run in a folder on a disk.
import { releaseAfter } from '../../engine/resources.ts';
import { lockRun } from '../../runs/folder/runLock.ts';
import { FlowModel } from '../../trained/model/flowModel.ts';
import { trainedModel } from '../../trained/model/trainedModel.ts';
import type { TrainingResult } from '../../training/loop/train.ts';
import type { TrainingEvents } from '../../training/loop/trainingEvents.ts';
import {
  engineOf,
  type FolderTrainingOptions,
  finishRun,
  type TryDrawing,
  trainWithPictures,
} from './folderReports.ts';

/**
 * Trains a run and draws its learning curve and samples, at every milestone and at the end, and writes the model card. A
 * picture that fails is reported as `onTrouble`.
 */
export async function trainInFolder(options: FolderTrainingOptions): Promise<TrainingResult> {
  let reached = options.state?.step ?? 0;
  const tryDrawing: TryDrawing = async (what, draw) => {
    try {
      return await draw();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      options.events?.onTrouble?.(reached, `no ${what}: ${reason}`);
      return null;
    }
  };
  const events: TrainingEvents = {
    ...options.events,
    onStep(step, ...measured) {
      reached = step;
      options.events?.onStep?.(step, ...measured);
    },
  };
  const result = await trainWithPictures({ ...options, events }, tryDrawing);
  // The training has released it, and the rest writes into the run folder too.
  const lock = lockRun(options.paths);
  try {
    await releaseAfter((keep) => {
      const trained = trainedModel(result.model, result.state, 'average');
      return finishRun(options, result, keep(new FlowModel(trained, engineOf(options))), tryDrawing);
    });
  } finally {
    lock.release();
  }
  return result;
}
