// The scores of odd images by name, for the command, the library, the studio and exports.
import type { ImageStatistics, ReferenceScores } from '../../../trained/model/referenceScores.ts';
import { bestClass } from './bestClass.ts';
import { bits } from './bits.ts';
import { complexity } from './complexity.ts';
import type { OddScore } from './contract.ts';
import { label } from './label.ts';
import { typicality } from './typicality.ts';

/** The name of a score. */
export type OddScoreName = 'bits' | 'complexity' | 'typicality' | 'best-class' | 'label';

/** The scores. */
export const oddScores: Readonly<Record<OddScoreName, OddScore>> = {
  bits,
  complexity,
  typicality,
  'best-class': bestClass,
  label,
};

/** The names of the scores. */
export const oddScoreNames = Object.keys(oddScores) as OddScoreName[];

/**
 * The score that is used unless another is chosen; `bits` if the reference has no statistics. Chosen with training images:
 * every other one fails for some other set or change (bench/odd.ts).
 */
export const defaultScore: OddScoreName = 'typicality';

/** The scores that can be computed from statistics of images and of reference images. */
export function computableFrom(images: ImageStatistics, reference: ImageStatistics): OddScoreName[] {
  return oddScoreNames.filter((name) => {
    const { from, needs } = oddScores[name] as OddScore;
    const known = needs === 'statistics' ? [images, reference] : [images];
    return known.every((statistics) => from.every((each) => statistics[each] !== undefined));
  });
}

/** The statistics of the reference images; only their bits/dim if nothing else was measured. */
export function statisticsOf({ bitsPerDim, statistics }: ReferenceScores): ImageStatistics {
  return statistics?.images ?? { bits: bitsPerDim };
}
