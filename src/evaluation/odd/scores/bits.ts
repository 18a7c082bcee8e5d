// The score `bits`: how far the bits/dim of an image are from the middle of the reference, in either direction.
import { mean, median } from '../../../numeric/statistics.ts';
import { countBelow } from '../../../trained/model/referenceScores.ts';
import { column, type OddScore } from './contract.ts';

/**
 * |percentile − 50|/50 among the reference images; beyond all of them, 1 plus the distance from their median, relative to
 * their mean distance. A flow gives simple images of another kind fewer bits than its own: both ends are odd.
 */
export const bits: OddScore = {
  text: 'bits/dim, odd at both ends',
  trust: 'Simple images of another kind may look typical.',
  from: ['bits'],
  fit(reference) {
    const sorted = Float64Array.from(column(reference, 'bits')).sort();
    const middle = median(sorted);
    const scale = mean(sorted.map((value) => Math.abs(value - middle))) || 1;
    return (images) =>
      Float64Array.from(column(images, 'bits'), (value) => {
        const oddness = oddnessOf((100 * countBelow(sorted, value)) / sorted.length);
        return oddness < 1 ? oddness : 1 + Math.abs(value - middle) / scale;
      });
  },
};

/** |percentile − 50|/50: 0 in the middle of the reference images, 1 beyond all of them on one side. */
export function oddnessOf(percentile: number): number {
  return Math.abs(percentile - 50) / 50;
}
