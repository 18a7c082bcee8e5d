// Opens the images that scores are compared with: a run's validation images, or those that the user names.
import type { Ranks } from '../../cluster/ranks.ts';
import { type ImageSet, leastValidation } from '../../data/contract/dataset.ts';
import { identityOf } from '../../data/identity.ts';
import { openReference, openSplit } from '../../data/registry.ts';
import { UserError } from '../../errors.ts';
import { LEAST_REFERENCES } from '../../evaluation/odd/score.ts';
import { conditionsFor } from '../../experiments/conditionValues.ts';
import { differenceBetween, holdOutIn } from '../../runs/contents/dataRecord.ts';
import { isDataOf } from '../../runs/folder/dataMark.ts';
import { folderStore } from '../../runs/folder/folderStore.ts';
import type { LoadedRun } from '../../trained/loading/loadRun.ts';
import { isRun } from '../../trained/loading/loadTrained.ts';
import type { TrainedModel } from '../../trained/model/trainedModel.ts';
import { fitNamed, openRunImages } from '../parts/runImages.ts';
import { formatCounted } from '../terminal/format.ts';
import { openSame } from './sameInputs.ts';

/** The validation images of a run. */
export function openOwnReference(run: LoadedRun, ranks: Ranks): Promise<ImageSet> {
  return openSame(ranks, () => openRunImages(run, { split: 'validation', chosen: false, flag: 'reference' }));
}

/**
 * The images of a dataset to compare others with: its validation images or, if neither folders nor files divide it, all of
 * them, unless the run was trained on it.
 *
 * @throws UserError if they don't have the model's shape, or there are fewer than ten
 */
export async function openNamedReference(
  source: LoadedRun | TrainedModel,
  data: string,
  ranks: Ranks,
): Promise<ImageSet> {
  const images = await openSame(ranks, () => open(source, data));
  if (images.count < LEAST_REFERENCES) {
    throw new UserError(
      'invalid-argument',
      `${data} has only ${formatCounted(images.count, 'image')} to compare with: name a dataset with at least ` +
        `${LEAST_REFERENCES}, better hundreds`,
    );
  }
  return images;
}

async function open(source: LoadedRun | TrainedModel, data: string): Promise<ImageSet> {
  const run = isRun(source) ? source : undefined;
  const { imageShape, options } = source.model;
  const validation = run?.config.data.validation ?? leastValidation;
  const conditions = conditionsFor(options, undefined);
  const how = { validation, conditions, like: imageShape, oneIfOther: true };
  const { images, isUndivided } = await openReference(data, how);
  const own = isUndivided && run ? await heldOutOf(run, data, { all: images, how }) : undefined;
  return fitNamed(data, own ?? images, imageShape);
}

/**
 * The images that a run held out of its dataset, if these are the images of that dataset, by its path or the images themselves;
 * undefined if they are others.
 */
async function heldOutOf(
  run: LoadedRun,
  data: string,
  { all, how }: { readonly all: ImageSet; readonly how: Parameters<typeof openReference>[1] },
): Promise<ImageSet | undefined> {
  const record = await folderStore(run.paths).readImages();
  const isNamed = isDataOf(run.paths, run.config, data);
  // A cheap check before all images are opened again.
  const isLikely = isNamed || (record && record.train.images + record.test.images === all.count);
  if (!isLikely) {
    return undefined;
  }
  const images = await openSplit(data, 'validation', { ...how, holdOut: holdOutIn(record) });
  const isOwn = isNamed || (record && !differenceBetween(record.validation, await identityOf(images)));
  return isOwn ? images : undefined;
}
