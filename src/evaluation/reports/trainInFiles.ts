// Trains a run that isn't in a folder on a disk, as in a page.
import { onlyRank } from '../../cluster/ranks.ts';
import { releaseAfter } from '../../engine/resources.ts';
import { FlowModel } from '../../trained/model/flowModel.ts';
import { trainedModel } from '../../trained/model/trainedModel.ts';
import { type TrainingOptions, type TrainingResult, train } from '../../training/loop/train.ts';
import { engineOf } from './engineOf.ts';

/** Trains a run, and stores the statistics of the validation images of a complete one; a failure is reported as `onTrouble`. */
export async function trainInFiles(options: TrainingOptions): Promise<TrainingResult> {
  const result = await train(options);
  const { ranks = onlyRank, events } = options;
  if (result.complete && !result.interrupted && ranks.rank === 0) {
    try {
      await storeReference(options, result);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      events?.onTrouble?.(result.state.step, `no statistics of validation images: ${reason}`);
    }
  }
  return result;
}

async function storeReference(options: TrainingOptions, { model, state }: TrainingResult): Promise<void> {
  const { store, signal, events } = options;
  // Loaded when needed: a page that trains may not get that far.
  const { storeRunReference } = await import('../odd/runReference.ts');
  const lock = await store.lock();
  try {
    await releaseAfter(async (keep) => {
      const trained = keep(new FlowModel(trainedModel(model, state, 'average'), engineOf(options)));
      await storeRunReference(trained, options, {
        signal,
        onProgress(done, total) {
          lock.renew();
          events?.onReference?.(done, total);
        },
      });
    });
  } finally {
    await lock.release();
  }
}
