// Scores from the likelihood of an image: its bits/dim, by themselves or compared with a coder's.
import { mean, median } from '../../../core/numeric/index.ts';
import { countBelow } from '../../../model/referenceScores.ts';
import { column, defineScore } from './definition.ts';

/**
 * |percentile − 50|/50 among the reference images; beyond all of them, 1 plus the distance from their median, relative to
 * their mean distance. A flow gives simple images of another kind fewer bits than its own: both ends are odd.
 */
export const bits = defineScore({
  name: 'bits',
  summary: 'Bits/dim, odd at both ends.',
  trust: 'Simple images of another kind may look typical.',
  from: ['bits'],
  build: () => (reference) => {
    const sorted = Float64Array.from(column(reference, 'bits')).sort();
    const middle = median(sorted);
    const scale = mean(sorted.map((value) => Math.abs(value - middle))) || 1;
    return (images) =>
      Float64Array.from(column(images, 'bits'), (value) => {
        const oddness = percentileOddness((100 * countBelow(sorted, value)) / sorted.length);
        return oddness < 1 ? oddness : 1 + Math.abs(value - middle) / scale;
      });
  },
});

/** |percentile − 50|/50: 0 in the middle of the reference images, 1 beyond all of them on one side. */
export function percentileOddness(percentile: number): number {
  return Math.abs(percentile - 50) / 50;
}

/**
 * bits(x) − code(x), in bits/dim, with the code length of a coder that knows no images (`codeLength`): what is complex for
 * the model though simple in itself is odd (Serrà and others, ICLR 2020).
 */
export const complexity = defineScore({
  name: 'complexity',
  summary: 'Bits/dim minus a general lossless coder’s.',
  isResult: true,
  trust: 'Noisy, blurred or compressed images look typical, or more than typical.',
  from: ['bits', 'code'],
  build: () => () => (images) => {
    const code = column(images, 'code');
    return Float64Array.from(column(images, 'bits'), (value, image) => value - code[image]!);
  },
});
