// How odd images are: their bits/dim compared with those of validation images, on both sides.
import type { ImageSet } from '../../data/dataset.ts';
import type { FlowModel } from '../model/flowModel.ts';
import type { LikelihoodOptions } from '../model/flowModelOptions.ts';
import { summarise } from './evaluate.ts';
import { type ImageScore, imageScores, type ReferenceScores } from './referenceScores.ts';

/** How odd one image is. */
export interface Score extends ImageScore {
  /** Its position among the images. */
  readonly index: number;
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
 *
 * @param reference the images, or what was measured of them
 */
export async function score(
  model: FlowModel,
  images: ImageSet,
  reference: ImageSet | ReferenceScores,
  { draws = 1, seed = 0, ranks, onProgress }: LikelihoodOptions = {},
): Promise<Score[]> {
  const how = { draws, seed, ranks, noiseByContent: true };
  const measured = await model.bitsPerDimByDraw(images, { ...how, ...(onProgress && { onProgress }) });
  if ('bitsPerDim' in reference) {
    return rank(measured, Float64Array.from(reference.bitsPerDim));
  }
  const { bitsPerDim } = await measureReference(model, reference, '', {
    draws,
    seed,
    ranks,
    onProgress: (done) => onProgress?.(draws * images.count + done),
  });
  return rank(measured, Float64Array.from(bitsPerDim));
}

/**
 * Measures reference images, to score others against them later.
 *
 * @param data the name of the dataset
 */
export async function measureReference(
  model: FlowModel,
  images: ImageSet,
  data: string,
  { draws = 4, seed = 0, ranks, onProgress }: LikelihoodOptions = {},
): Promise<ReferenceScores> {
  const how = { draws, seed, ranks, noiseByContent: true, ...(onProgress && { onProgress }) };
  const { perImage } = summarise(await model.bitsPerDimByDraw(images, how));
  return { data, draws, seed, fingerprint: model.fingerprint, bitsPerDim: Array.from(perImage.toSorted()) };
}

/** The scores of draws of bits/dim relative to the bits/dim of reference images. */
export function rank(draws: readonly Float64Array[], reference: Float64Array): Score[] {
  const sorted = reference.toSorted();
  const { median } = summarise([reference]);
  const scores = imageScores(draws, sorted).map(
    (one, index): Score => ({ index, ...one, oddness: Math.abs(one.percentile - 50) / 50 }),
  );
  const distance = ({ bitsPerDim: value }: Score): number =>
    Number.isNaN(value) ? Number.POSITIVE_INFINITY : Math.abs(value - median);
  return scores.sort(
    (a, b) => b.oddness - a.oddness || compare(distance(b), distance(a)) || a.index - b.index,
  );
}

function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
