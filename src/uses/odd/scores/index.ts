// Public to other folders: the scores of odd images by name, for the command, the library, the studio and exports.
import { PartRegistry } from '../../../core/parts/index.ts';
import type { ImageStatistics } from '../../../model/referenceScores.ts';
import { bits, complexity } from './bits.ts';
import { bestClass, label } from './classes.ts';
import type { ScoreDefinition } from './definition.ts';
import { typicality } from './typicality.ts';

export { percentileOddness } from './bits.ts';
export { defineScore, type ScoreDefinition } from './definition.ts';
export { divideFolds } from './densities.ts';

/** All scores by name, with those that users register. */
export const scores = new PartRegistry<ScoreDefinition>(
  {
    kind: 'score',
    what: 'score',
    key: 'score',
    problem: (definition) =>
      Array.isArray((definition as ScoreDefinition).from)
        ? undefined
        : 'from must be a list of names of statistics',
  },
  [bits, complexity, typicality, bestClass, label],
);

/**
 * The score that is used unless another is chosen. Chosen with training images: every other one fails for some other set or
 * change (bench/odd.ts).
 */
export const defaultScore = typicality.name;

/** The names of the scores that can be computed from statistics of images. */
export function computableFrom(images: ImageStatistics): string[] {
  return scores.all
    .filter(({ from }) => from.every((statistic) => images[statistic] !== undefined))
    .map(({ name }) => name);
}

/** The summary of a score as a part of a sentence. */
export function scorePhrase({ summary }: ScoreDefinition): string {
  return summary.replace(/\.$/, '').replace(/^\p{Lu}(?!\p{Lu})/u, (letter) => letter.toLowerCase());
}
