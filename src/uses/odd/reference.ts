// Measures reference images, to score others against them later.

import { UserError } from '../../core/errors.ts';
import { evenlySpread, type ImageSet, subset } from '../../data/contract/index.ts';
import { type FlowModel, type MeasurementOptions, partOfWork } from '../../model/index.ts';
import { MOST_DRAWS, type ReferenceScores } from '../../model/referenceScores.ts';
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
  const some = referenceImages(chosen, PLACE_IMAGES);
  const before = draws * chosen.count;
  const total = before + draws * some.count;
  const how = { draws, seed, ranks };
  const { statistics } = await measureStatistics(model, chosen, {
    ...how,
    ...partOfWork(following, { before: 0, of: total }),
  });
  const places = await measurePlaces(model, some, {
    ...how,
    ...partOfWork(following, { before, of: total }),
  });
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

/** The images that `measureReference` measures: all, or `limit` at even distances. */
export function referenceImages(images: ImageSet, limit = MOST_IMAGES): ImageSet {
  return images.count <= limit ? images : subset(images, evenlySpread(limit, images.count));
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

/** Seven digits: float32 has no more, and files are half as long. */
function rounded(value: number): number {
  return Number(value.toPrecision(7));
}
