// The scores of odd images by name, for the command, the library, the studio and exports.
import type { ImageStatistics } from '../../../trained/model/referenceScores.ts';
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
 * The score that is used unless another is chosen. Chosen with training images: every other one fails for some other set or
 * change (bench/odd.ts).
 */
export const defaultScore: OddScoreName = 'typicality';

/** The scores that can be computed from statistics of images. */
export function computableFrom(images: ImageStatistics): OddScoreName[] {
  return oddScoreNames.filter((name) => oddScores[name].from.every((each) => images[each] !== undefined));
}
