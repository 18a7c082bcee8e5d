// Latents and their arithmetic, in float64 if any of them are: interpolation, means, and moves along a direction.
import { countElements, type NdArray } from '../core/numeric/index.ts';

/**
 * The latents ε of a batch of images: `[N, height, width, channels]` for each prior, from level 0's split to the top.
 * For samples of the model with their noise, they follow the base distributions of the priors.
 */
export type Latents = readonly NdArray[];

/** The arithmetic of latents, which are plain arrays: they can be posted to a worker and stored in a file. */
export const Latents = {
  /**
   * Interpolates linearly between the latents of two images: `steps` images, both ends included,
   * (1 − t)·a + t·b with t = 0, 1/(steps − 1), …, 1.
   */
  interpolate(a: Latents, b: Latents, steps: number): NdArray[] {
    if (!Number.isInteger(steps) || steps < 2) {
      throw new RangeError(`an interpolation needs 2 or more steps, not ${steps}`);
    }
    requireOneImage(a, b);
    return a.map(({ shape, data }, index) => {
      const otherData = b[index]!.data;
      const size = data.length;
      const out = zerosLike([a, b], steps * size);
      for (let step = 0; step < steps; step++) {
        const t = step / (steps - 1);
        for (let element = 0; element < size; element++) {
          out[step * size + element] = (1 - t) * data[element]! + t * otherData[element]!;
        }
      }
      return { shape: [steps, ...shape.slice(1)], data: out };
    });
  },

  /** The mean over the images of a batch, as latents of one image. */
  mean(latents: Latents): NdArray[] {
    return latents.map(({ shape, data: values }) => {
      const [count, ...latentShape] = shape as [number, ...number[]];
      const size = countElements(latentShape);
      const sums = new Float64Array(size);
      values.forEach((value, element) => {
        sums[element % size]! += value;
      });
      const data = zerosLike([latents], size);
      data.set(sums.map((sum) => sum / count));
      return { shape: [1, ...latentShape], data };
    });
  },

  /**
   * Latents of one image moved along a direction by several amounts: ε + amount·(towards − from), one image per
   * amount. `from` and `towards` are latents of one image each, such as the means of groups.
   */
  move(
    latents: Latents,
    { from, towards, amounts }: { from: Latents; towards: Latents; amounts: readonly number[] },
  ): NdArray[] {
    requireOneImage(latents, from, towards);
    return latents.map(({ shape, data }, index) => {
      const [start, end] = [from[index]!.data, towards[index]!.data];
      const size = data.length;
      const out = zerosLike([latents, from, towards], amounts.length * size);
      amounts.forEach((amount, step) => {
        for (let element = 0; element < size; element++) {
          out[step * size + element] = data[element]! + amount * (end[element]! - start[element]!);
        }
      });
      return { shape: [amounts.length, ...shape.slice(1)], data: out };
    });
  },
};

/** Refuses latents of several images, because all but the first would be ignored, and of several models. */
function requireOneImage(...groups: readonly Latents[]): void {
  for (const { shape } of groups.flat()) {
    if (shape[0] !== 1) {
      throw new RangeError(
        `these are latents of ${shape[0]} images, but one is needed: Latents.mean takes the mean of several`,
      );
    }
  }
  const sizes = groups.map((latents) => latents.map(({ data }) => data.length).join());
  if (new Set(sizes).size > 1) {
    throw new RangeError('these latents have different shapes: encode all images with one model');
  }
}

/** Whether latents are decoded in float64: if any of them are float64. */
export function isDouble(latents: Latents): boolean {
  return latents.some(({ data }) => data instanceof Float64Array);
}

/** Zeros, in float64 if any latents are: they are then decoded in it. */
function zerosLike(groups: readonly Latents[], size: number): NdArray['data'] {
  return groups.some(isDouble) ? new Float64Array(size) : new Float32Array(size);
}

/** Images of two groups that are nearer to their own group's mean than to the other's. */
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
export function measureSeparation(from: Latents, towards: Latents): Separation | null {
  const [a, b] = [countImages(from), countImages(towards)];
  return a < 2 || b < 2
    ? null
    : { from: onOwnSide(from, towards, a, b), towards: onOwnSide(towards, from, b, a) };
}

function countImages(latents: Latents): number {
  return latents[0]!.shape[0]!;
}

/** How many of the `count` images of a group are nearer to its mean, without them, than to another group's. */
function onOwnSide(group: Latents, otherGroup: Latents, count: number, others: number): number {
  // The squared distance to the mean of the other group, minus that to the mean of the image's own.
  const margins = new Float64Array(count);
  group.forEach(({ data }, index) => {
    const size = data.length / count;
    const [sums, otherSums] = [sumImages(data, size), sumImages(otherGroup[index]!.data, size)];
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
function sumImages(data: Latents[number]['data'], size: number): Float64Array {
  const sums = new Float64Array(size);
  data.forEach((value, element) => {
    sums[element % size]! += value;
  });
  return sums;
}
