// How well the difference of the mean latents of two groups separates them.
import type { Latents } from './latents.ts';

/** Images of two groups that are nearer to the mean of their own group than to that of the other. */
export interface Separation {
  /** How many images of the first group. */
  readonly from: number;
  /** How many images of the second group. */
  readonly towards: number;
}

/**
 * Counts the images on their own side of the hyperplane midway between the means of two groups. Each image is left out of
 * the mean of its group: with fewer images than latents, means that include them would separate any two groups.
 *
 * @returns null if a group has fewer than two images
 */
export function separationOf(from: Latents, towards: Latents): Separation | null {
  const [a, b] = [countOf(from), countOf(towards)];
  return a < 2 || b < 2
    ? null
    : { from: onOwnSide(from, towards, a, b), towards: onOwnSide(towards, from, b, a) };
}

function countOf(latents: Latents): number {
  return latents[0]!.shape[0]!;
}

/** How many of the `count` images of a group are nearer to its mean, without them, than to that of another. */
function onOwnSide(own: Latents, other: Latents, count: number, others: number): number {
  // The squared distance to the mean of the other group, minus that to the mean of the image's own.
  const margins = new Float64Array(count);
  own.forEach(({ data }, index) => {
    const size = data.length / count;
    const [sums, otherSums] = [sumOf(data, size), sumOf(other[index]!.data, size)];
    for (let image = 0; image < count; image++) {
      for (let element = 0; element < size; element++) {
        const value = data[image * size + element]!;
        const mean = (sums[element]! - value) / (count - 1);
        margins[image]! += (value - otherSums[element]! / others) ** 2 - (value - mean) ** 2;
      }
    }
  });
  return margins.filter((margin) => margin > 0).length;
}

/** The sum over images. */
function sumOf(data: Latents[number]['data'], size: number): Float64Array {
  const sums = new Float64Array(size);
  data.forEach((value, element) => {
    sums[element % size]! += value;
  });
  return sums;
}
