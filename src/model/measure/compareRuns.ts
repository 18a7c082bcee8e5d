// Compares several models on the same images with the same noise, image by image.

import { mean, requireArgument, standardErrorOfMean } from '../../core/numeric/index.ts';
import type { ImageSet } from '../../data/contract/index.ts';
import type { FlowModel } from '../flowModel.ts';
import { type MeasurementOptions, partOfWork } from '../flowModelOptions.ts';
import { countDraws, evaluate } from './evaluate.ts';

/** One model compared with the first. */
export interface Comparison {
  /** The mean over images and draws. */
  readonly bitsPerDim: number;
  /** The standard error of that mean over other images, s/√n. */
  readonly samplingError: number | null;
  /** The mean over images of bits/dim minus the first model's: negative if this model is better. */
  readonly difference: number;
  /**
   * The standard error of the difference over other images, s/√n with s the deviation of the images' differences.
   * Images that are hard for one model are hard for the other, so this is far below the two errors combined.
   */
  readonly differenceError: number | null;
}

/** The comparison of values of the same images under several models, the first of them included. */
export function pairwise(perImage: readonly Float64Array[]): Comparison[] {
  const [first] = perImage as readonly [Float64Array];
  return perImage.map((values) => {
    const differences = values.map((value, image) => value - first[image]!);
    return {
      bitsPerDim: mean(values),
      samplingError: standardErrorOfMean(values),
      difference: mean(differences),
      differenceError: standardErrorOfMean(differences),
    };
  });
}

/**
 * Measures models on the same images with the same noise, of p(x) whether they have classes or not; progress counts the
 * images of all.
 *
 * @example
 * ```ts
 * import { compareModels, loadModel } from 'emerging-flows';
 * import { openDataset } from 'emerging-flows/data';
 *
 * const models = [await loadModel('runs/emerging'), await loadModel('runs/1x1')];
 * const { test } = await openDataset('mnist');
 * const [, other] = await compareModels(models, test, { draws: 2 });
 * console.log(other!.difference, other!.differenceError); // bits/dim more than the first
 * ```
 */
export async function compareModels(
  models: readonly FlowModel[],
  images: ImageSet,
  {
    draws = 1,
    seed = 0,
    ...following
  }: Pick<MeasurementOptions, 'draws' | 'seed' | 'signal' | 'onProgress'> = {},
): Promise<Comparison[]> {
  requireArgument(
    Array.isArray(models) && typeof images?.count === 'number',
    "compareModels needs models and images, such as compareModels([a, b], (await openDataset('mnist')).validation)",
  );
  const perImage: Float64Array[] = [];
  for (const [index, model] of models.entries()) {
    const each = countDraws(model.model, { draws }) * images.count;
    const part = partOfWork(following, { before: index * each, of: models.length * each });
    perImage.push((await evaluate(model, images, { draws, seed, labels: false, ...part })).perImage);
    await model.freePrograms();
  }
  return pairwise(perImage);
}
