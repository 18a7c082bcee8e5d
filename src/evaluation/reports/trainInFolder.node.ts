// Training a run in a folder on a disk.
import { releaseAfter } from '../../engine/resources.ts';
import { lockRun } from '../../runs/folder/runLock.ts';
import { FlowModel } from '../../trained/model/flowModel.ts';
import { trainedModel } from '../../trained/model/trainedModel.ts';
import type { TrainingResult } from '../../training/loop/train.ts';
import type { TrainingEvents } from '../../training/loop/trainingEvents.ts';
import { storeRunReference } from '../odd/runReference.ts';
import { engineOf } from './engineOf.ts';
import {
  type FolderTrainingOptions,
  finishRun,
  type TryDrawing,
  trainWithPictures,
} from './folderReports.ts';

/**
 * Trains a run and draws its learning curve and samples, at every milestone and at the end, and writes the model card and,
 * of a complete run, the statistics of the validation images. A picture that fails is reported as `onTrouble`.
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
    await releaseAfter(async (keep) => {
      const trained = trainedModel(result.model, result.state, 'average');
      const model = keep(new FlowModel(trained, engineOf(options)));
      if (result.complete && !result.interrupted) {
        await tryDrawing('statistics of validation images', () =>
          storeRunReference(model, options, {
            signal: options.signal,
            onProgress(done, total) {
              lock.renew();
              options.events?.onReference?.(done, total);
            },
          }),
        );
      }
      await finishRun(options, result, model, tryDrawing);
    });
  } finally {
    lock.release();
  }
  return result;
}
