// Measures reference images, to score others against them later.

import { UserError } from '../../core/errors.ts';
import { evenlySpread, type ImageSet, subset } from '../../data/contract/index.ts';
import { type FlowModel, type MeasurementOptions, partOfWork, type WorkOptions } from '../../model/index.ts';
import {
  LARGEST_SCORES,
  MOST_DRAWS,
  parseScores,
  type ReferenceScores,
  SCORES_FILE,
  scoresText,
} from '../../model/referenceScores.ts';
import type { Run } from '../../runs/open/index.ts';
import { dataName } from '../../runs/settings/experimentName.ts';
import { measurePlaces, PLACE_IMAGES } from './places.ts';
import { measureStatistics } from './statistics/imageStatistics.ts';

/** The most reference images that are measured: p-values then are right to within 1/2000. */
const MOST_IMAGES = 2000;

/**
 * Measures reference images: their bits/dim, the statistics that scores compare images with, and the bits of each place. Of
 * more than 2,000 images, 2,000 are taken at even distances, and of these some for the places.
 *
 * @param data the name of the dataset
 */
export async function measureReference(
  model: FlowModel,
  images: ImageSet,
  data: string,
  { draws = 4, seed = 0, ranks, ...following }: MeasurementOptions = {},
): Promise<ReferenceScores> {
  if (draws > MOST_DRAWS) {
    throw new UserError(
      'invalid-argument',
      `reference images are measured with at most ${MOST_DRAWS} draws, not ${draws}`,
    );
  }
  const chosen = referenceImages(images);
  const some = evenly(chosen, PLACE_IMAGES);
  const before = draws * chosen.count;
  const of = before + draws * some.count;
  const how = { draws, seed, ranks };
  const { statistics } = await measureStatistics(model, chosen, {
    ...how,
    ...partOfWork(following, { before: 0, of }),
  });
  const places = await measurePlaces(model, some, { ...how, ...partOfWork(following, { before, of }) });
  const columns = Object.entries(statistics).map(([name, values]) => [name, Array.from(values, rounded)]);
  const { fingerprint } = model;
  return {
    data,
    draws,
    seed,
    fingerprint,
    statistics: Object.fromEntries(columns),
    ...(places && { places }),
  };
}

/** The images that `measureReference` measures: all, or `most` at even distances. */
function referenceImages(images: ImageSet, most = MOST_IMAGES): ImageSet {
  return evenly(images, most);
}

/** How many images `measureReference` measures of so many, some of them twice: for progress. */
export function referencePasses(count: number): number {
  const chosen = Math.min(MOST_IMAGES, count);
  return chosen + Math.min(PLACE_IMAGES, chosen);
}

/** @throws UserError (`diverged`) if the bits/dim of an image are not finite, which no file can hold */
export function requireFinite({ statistics: { bits } }: ReferenceScores): void {
  if (!bits.every(Number.isFinite)) {
    throw new UserError('diverged', 'the likelihood of at least one validation image is not finite');
  }
}

/** At most so many images, evenly spread. */
function evenly(images: ImageSet, most: number): ImageSet {
  return images.count <= most ? images : subset(images, evenlySpread(most, images.count));
}

/** Seven digits: float32 has no more, and files are half as long. */
function rounded(value: number): number {
  return Number(value.toPrecision(7));
}

/**
 * Measures validation images of a trained run and stores their statistics, unless it has them or there are no images.
 *
 * @param options.images the most images to measure; default 2,000
 * @throws UserError (`diverged`) if the bits/dim of an image are not finite, or if the file is damaged or cannot be written
 */
export async function storeRunReference(
  model: FlowModel,
  { config, dataset, store }: Pick<Run, 'config' | 'dataset' | 'store'>,
  { images, ...following }: WorkOptions & { readonly images?: number | undefined } = {},
): Promise<void> {
  const file = await store.readFile(SCORES_FILE, LARGEST_SCORES);
  const stored = file && parseScores(file.text, file.path);
  const data = dataName(config);
  const isStored = stored?.fingerprint === model.fingerprint && stored.data === data;
  if (dataset.validation.count === 0 || isStored) {
    return;
  }
  const reference = referenceImages(dataset.validation, images);
  const scores = await measureReference(model, reference, data, following);
  requireFinite(scores);
  await store.writeFile(SCORES_FILE, scoresText(scores));
}
