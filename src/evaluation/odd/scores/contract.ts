// The contract of scores of odd images: a number computed from statistics of images, compared with a reference.
import { call, phrase, UserError } from '../../../errors.ts';
import type { ImageStatistics } from '../../../trained/model/referenceScores.ts';

/** What a score needs besides bits/dim. */
export type ScoreNeed = 'classes' | 'labels';

/** A score. Higher is odder. */
export interface OddScore {
  /** What it is, in a few words. */
  readonly text: string;
  /** Whether it is in bits per value, the unit of results, and shown in that of the model. */
  readonly isResult?: true;
  /** How far to trust it, in a sentence. */
  readonly trust: string;
  /** What it needs besides bits/dim. */
  readonly needs?: ScoreNeed;
  /** The statistics that it is computed from; it cannot be computed without them. */
  readonly from: readonly string[];
  /** Learns from reference images, and returns the function that scores others; NaN counts as the oddest of all. */
  fit(reference: ImageStatistics): (images: ImageStatistics) => Float64Array;
}

/** A score that is the difference of two statistics, which needs no fit. */
export function difference(minuend: string, subtrahend: string): Pick<OddScore, 'from' | 'fit'> {
  return {
    from: [minuend, subtrahend],
    fit: () => (images) => {
      const other = column(images, subtrahend);
      return Float64Array.from(column(images, minuend), (value, image) => value - other[image]!);
    },
  };
}

/**
 * A statistic of each image.
 *
 * @throws UserError (`invalid-data`) if it is unknown, although a reference has it
 */
export function column(images: ImageStatistics, name: string): ArrayLike<number> {
  const values = images[name];
  if (values === undefined) {
    throw new UserError(
      'invalid-data',
      phrase`the reference has statistics of another model ('${name}'): measure it again with ${call('measureReference')}`,
    );
  }
  return values;
}
