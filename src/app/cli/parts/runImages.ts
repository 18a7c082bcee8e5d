// The images that a model is measured on: a split of the training dataset of its run, or of another one.

import { option, phrase, UserError } from '../../../core/errors.ts';
import type { ImageShape } from '../../../core/numeric/index.ts';
import { type ImageSet, leastValidation, type Split } from '../../../data/contract/index.ts';
import { openSplit } from '../../../data/index.node.ts';
import { identifyImages } from '../../../data/index.ts';
import { matchColour } from '../../../data/pixels/index.ts';
import type { TrainedModel } from '../../../model/index.ts';
import { isRun } from '../../../model/loading/index.node.ts';
import type { LoadedRun } from '../../../model/loading/loadRun.ts';
import { differenceBetween, holdOutIn } from '../../../runs/contents/stored.ts';
import { type DataPlace, locateData } from '../../../runs/folder/dataMark.ts';
import { folderStore } from '../../../runs/folder/folderStore.ts';
import { conditionsFor } from '../../../runs/images/index.ts';
import { requireImageShape } from '../../../runs/settings/index.ts';
import { noteOnStderr } from '../terminal/output.ts';

/** Which images a command requests. */
interface WantedImages {
  readonly split: Split;
  /** Whether the user can change it with `--split`. */
  readonly chosen: boolean;
  /** The name or path of a dataset other than the run's. */
  readonly data?: string | undefined;
  /** The option that names them, by default `data`. */
  readonly flag?: 'data' | 'reference';
}

/**
 * Opens a split of a run's dataset or, for an export, of the named dataset.
 *
 * @param directory of the run or export
 * @throws UserError as `openRunImages` does, or if no dataset is named for an export
 */
export async function openImages(
  trained: LoadedRun | TrainedModel,
  directory: string,
  { data, ...wanted }: WantedImages,
): Promise<ImageSet> {
  if (isRun(trained)) {
    return openRunImages(trained, { data, ...wanted });
  }
  if (data === undefined) {
    throw new UserError(
      'invalid-argument',
      `${directory} is an export, and exports contain no images: name a dataset with --data`,
    );
  }
  const { imageShape, options } = trained.model;
  const conditions = conditionsFor(options, undefined);
  const how = { validation: leastValidation, conditions, like: imageShape, oneIfOther: true };
  const images = fitNamed(data, await openSplit(data, wanted.split, how), imageShape);
  if (images.count === 0) {
    throw noImages(data, wanted);
  }
  return images;
}

/**
 * The images of a dataset that the user named, in the colour type of the model if that loses nothing.
 *
 * @throws UserError if they don't have the model's shape
 */
export function fitNamed(name: string, opened: ImageSet, wanted: ImageShape): ImageSet {
  const images = matchColour(opened, wanted);
  requireImageShape({ name, imageShape: images.imageShape }, wanted, 'name a dataset of such images');
  return images;
}

/** The error for a split without images; `why` follows them. */
function noImages(name: string, { split, chosen }: WantedImages, why = ''): UserError {
  const otherSplit = chosen ? '; choose another --split' : '';
  return new UserError('invalid-argument', `${name} has no ${split} images${why}${otherSplit}`);
}

/**
 * Opens a split of a run's dataset, or of another one that the run's model accepts.
 *
 * @throws UserError if the images differ in shape from the training images, there are none, or the run's dataset
 *   now has other images in this split
 */
export async function openRunImages(
  run: LoadedRun,
  { split, chosen, data, flag = 'data' }: WantedImages,
): Promise<ImageSet> {
  const { model, config, paths } = run;
  const { validation } = config.data;
  const name = data ?? config.data.name;
  const remedy = phrase`name them with ${option(flag, config.data.name)} if you mean these`;
  const dataPlace: DataPlace =
    data === undefined ? locateData(paths, config, remedy) : { path: data, note: null };
  if (dataPlace.note !== null) {
    noteOnStderr(dataPlace.note);
  }
  const holdOut = holdOutIn(await folderStore(paths).readImages());
  const { imageShape, values } = model;
  const conditions = conditionsFor(model.options, dataPlace.conditions);
  const how = { validation, holdOut, conditions, like: imageShape, bits: values.bits, oneIfOther: true };
  const opened = await openSplit(dataPlace.path, split, how);
  const images = data === undefined ? opened : fitNamed(name, opened, imageShape);
  requireImageShape({ name, imageShape: images.imageShape }, imageShape);
  if (images.count === 0) {
    const why = split === 'validation' ? ': the run was trained with data.validation 0' : '';
    throw noImages(name, { split, chosen }, why);
  }
  const difference = data === undefined ? await differenceFromRun(run, split, images) : undefined;
  if (difference !== undefined) {
    throw new UserError(
      'mismatch',
      phrase`${name}: ${difference}: restore them, or name them with ${option(flag, name)} to use these instead`,
    );
  }
  return images;
}

/**
 * How the images of a split differ from those that a run has recorded, in words; undefined if they do not, or the
 * run has no record.
 */
export async function differenceFromRun(
  { paths }: LoadedRun,
  split: Split,
  images: ImageSet,
): Promise<string | undefined> {
  const record = await folderStore(paths).readImages();
  const difference = record && differenceBetween(record[split], await identifyImages(images));
  return (
    difference &&
    `its ${split === 'train' ? 'training' : split} images differ from the images of the run (${paths.dataRecord}): ${difference}`
  );
}

/**
 * Why a result on these images is not a result of the run; undefined if it is. A moved dataset is recognised by
 * its images.
 *
 * @param data the name or path that the user gave, if any
 */
export async function notOfRun(
  run: LoadedRun,
  { split, data, images }: { split: Split; data: string | undefined; images: ImageSet },
): Promise<string | undefined> {
  const { name } = run.config.data;
  // Without a name, other images are refused when they are opened.
  if (data === undefined) {
    return undefined;
  }
  const isRecorded = (await folderStore(run.paths).readImages()) !== undefined;
  const difference = isRecorded ? await differenceFromRun(run, split, images) : undefined;
  const isOther = isRecorded ? difference !== undefined : data !== name;
  if (!isOther) {
    return undefined;
  }
  return data === name ? `${data}: ${difference}` : `${data} is not the dataset of the run, ${name}`;
}
