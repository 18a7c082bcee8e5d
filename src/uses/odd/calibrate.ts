// Compares the values of a score with its values for reference images that it wasn't fitted to.
import { countBelow, type ImageStatistics } from '../../model/referenceScores.ts';
import { foldsOf } from './densities.ts';
import type { OddScore } from './oddScores.ts';

/** Images with a p-value of at most this are called odd. */
export const ODD = 0.01;

/** The smallest p-value that so many reference images can give. */
export function leastPValue(references: number): number {
  return 1 / (references + 1);
}

/** A score, fitted to reference images. */
export interface FittedScore {
  /** The scores of images; not finite becomes infinite, the oddest of all. */
  of(images: ImageStatistics): Float64Array;
  /**
   * The scores of the reference images, ascending, each by a fit without that image, so that they compare with the scores
   * of new images. Undefined if the reference lacks statistics that the score needs.
   */
  readonly reference: Float64Array | undefined;
}

/** Fits a score to reference images. */
export function fitted(score: OddScore, reference: ImageStatistics): FittedScore {
  const known = score.from.every((name) => reference[name] !== undefined);
  const fit = score.fit(reference);
  return {
    of: (images) => fit(images).map(oddest),
    reference: known ? outOfFold(score, reference).sort() : undefined,
  };
}

/**
 * The p-value of each score: the share of reference images that are at least as odd, the image itself counted among them.
 * If an image comes from the same source, its p-value is uniform, and never below `leastPValue`.
 */
export function pValues(values: Float64Array, { reference }: FittedScore): Float64Array | undefined {
  if (reference === undefined) {
    return undefined;
  }
  const { length } = reference;
  return values.map((value) => (length - countBelow(reference, value) + 1) / (length + 1));
}

const FOLDS = 10;

function outOfFold(score: OddScore, reference: ImageStatistics): Float64Array {
  const count = Object.values(reference)[0]?.length ?? 0;
  if (count < 2) {
    return score.fit(reference)(reference).map(oddest);
  }
  const values = new Float64Array(count);
  for (const { inside, outside } of foldsOf(count, FOLDS)) {
    const found = score.fit(statisticsAt(reference, outside))(statisticsAt(reference, inside));
    found.forEach((value, place) => {
      values[inside[place]!] = oddest(value);
    });
  }
  return values;
}

/** The statistics of the images at these places. */
export function statisticsAt(images: ImageStatistics, places: readonly number[]): ImageStatistics {
  return Object.fromEntries(
    Object.entries(images).map(([name, values]) => [
      name,
      Float64Array.from(places, (place) => values[place]!),
    ]),
  );
}

/** NaN as infinite: what a model cannot compute is the oddest of all. */
function oddest(value: number): number {
  return Number.isNaN(value) ? Number.POSITIVE_INFINITY : value;
}
