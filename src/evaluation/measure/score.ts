// How odd images are: their bits/dim compared with those of validation images, on both sides.
import type { ImageSet } from '../../data/dataset.ts';
import type { FlowModel, LikelihoodOptions } from '../model/flowModel.ts';
import { summarise } from './evaluate.ts';

/** How odd one image is. */
export interface Score {
  /** Its position among the images. */
  readonly index: number;
  /** The mean over draws of the dequantisation noise. */
  readonly bitsPerDim: number;
  /** The standard error of that mean over repetitions with other noise; null for one draw. */
  readonly standardError: number | null;
  /** The share, in percent, of reference images with a lower bits/dim: 0 is simpler than all, 100 more complex. */
  readonly percentile: number;
  /** |percentile − 50|/50: 0 in the middle of the reference images, 1 beyond all of them on one side. */
  readonly oddness: number;
}

/**
 * Scores images against reference images, measured in the same way; the oddest come first.
 *
 * A flow assigns simple images of another kind a higher likelihood than its own, so an image is odd at either
 * end: if hardly any reference image has a lower bits/dim, or hardly any a higher one. Images beyond all of
 * them are ordered by how far their bits/dim lies from the median. The noise of an image depends on the seed
 * and on the image, so that its score does not depend on the others.
 */
export async function score(
  model: FlowModel,
  images: ImageSet,
  reference: ImageSet,
  { draws = 1, seed = 0, onProgress }: LikelihoodOptions = {},
): Promise<Score[]> {
  const how = { draws, seed, noiseByContent: true };
  const measured = await model.bitsPerDimByDraw(images, { ...how, ...(onProgress && { onProgress }) });
  const compared = await model.bitsPerDimByDraw(reference, {
    ...how,
    onProgress: (done) => onProgress?.(draws * images.count + done),
  });
  return rank(measured, summarise(compared).perImage);
}

/** The scores of draws of bits/dim relative to the bits/dim of reference images. */
export function rank(draws: readonly Float64Array[], reference: Float64Array): Score[] {
  const sorted = reference.toSorted();
  const { median } = summarise([reference]);
  const { perImage } = summarise(draws);
  const scores = Array.from(perImage, (value, index): Score => {
    const percentile = (100 * countBelow(sorted, value)) / sorted.length;
    const variance = draws.reduce((sum, draw) => sum + (draw[index]! - value) ** 2, 0) / (draws.length - 1);
    return {
      index,
      bitsPerDim: value,
      standardError: draws.length > 1 ? Math.sqrt(variance / draws.length) : null,
      percentile,
      oddness: Math.abs(percentile - 50) / 50,
    };
  });
  const distance = ({ bitsPerDim: value }: Score): number =>
    Number.isNaN(value) ? Number.POSITIVE_INFINITY : Math.abs(value - median);
  return scores.sort(
    (a, b) => b.oddness - a.oddness || compare(distance(b), distance(a)) || a.index - b.index,
  );
}

/** How many of the sorted values are lower; all of them for NaN, which no image of the same kind yields. */
function countBelow(sorted: Float64Array, value: number): number {
  const first = sorted.findIndex((other) => other >= value);
  return first < 0 ? sorted.length : first;
}

function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
