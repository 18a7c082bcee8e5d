// The images that a run is measured on: a split of its training dataset, or of another one.
import type { ImageSet } from '../data/dataset.ts';
import { openSplit } from '../data/registry.ts';
import type { Split } from '../data/sources/splitOfName.ts';
import { option, phrase, UserError } from '../errors.ts';
import type { LoadedRun } from '../evaluation/model/loadRun.ts';
import { requireImageShape } from '../experiments/modelShape.ts';
import { locateData } from '../training/run/dataMark.ts';
import { noteOnStderr } from './terminal/output.ts';

/** Which images a command requests. */
export interface WantedImages {
  readonly split: Split;
  /** Whether the user can change it with `--split`. */
  readonly chosen: boolean;
  /** The name or path of a dataset other than the run's. */
  readonly data?: string | undefined;
  /** The option that names them, by default `data`. */
  readonly flag?: 'data' | 'reference';
}

/**
 * Opens a split of a run's dataset, or of another one that the run's model accepts.
 *
 * @throws UserError if the images differ in shape from the training images, or there are none
 */
export async function openRunImages(
  { model, config, paths }: LoadedRun,
  { split, chosen, data, flag = 'data' }: WantedImages,
): Promise<ImageSet> {
  const { validation } = config.data;
  const name = data ?? config.data.name;
  const remedy = phrase`name them with ${option(flag, config.data.name)} if you mean these`;
  const place = data === undefined ? locateData(paths, config, remedy) : { path: data, note: null };
  if (place.note !== null) {
    noteOnStderr(place.note);
  }
  const images = await openSplit(place.path, split, { validation, like: model.imageShape });
  const otherwise = data === undefined ? undefined : 'name a dataset of such images';
  requireImageShape({ name, imageShape: images.imageShape }, model.imageShape, otherwise);
  if (images.count === 0) {
    const why = split === 'validation' ? ': the run was trained with data.validation 0' : '';
    const otherSplit = chosen ? '; choose another --split' : '';
    throw new UserError('invalid-argument', `${name} has no ${split} images${why}${otherSplit}`);
  }
  return images;
}
