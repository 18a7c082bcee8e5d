// Differences paired by image.
import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../core/numeric/random.ts';
import { imagesInMemory } from '../../data/contract/dataset.ts';
import { randomModel } from '../../testing/randomModel.ts';
import { FlowModel } from '../flowModel.ts';
import { compareModels, pairwise } from './compareRuns.ts';

describe('pairwise', () => {
  it('compares with the first, image by image', () => {
    const [first, second] = pairwise([Float64Array.of(1, 5, 3), Float64Array.of(2, 5, 5)]);
    expect(first).toMatchObject({ bitsPerDim: 3, difference: 0, differenceError: 0 });
    expect(second).toMatchObject({ bitsPerDim: 4, difference: 1 });
    expect(second!.differenceError).toBeCloseTo(1 / Math.sqrt(3), 12);
  });

  it('has the error observed over repetitions with other images, far below the error of either mean', () => {
    const comparisons = Array.from({ length: 200 }, (_, repetition) => {
      const random = new RandomStream(repetition, 'images');
      const hardness = random.normals(50);
      const noise = random.normals(50);
      return pairwise([hardness, hardness.map((value, image) => value + 0.2 + 0.1 * noise[image]!)])[1]!;
    });
    const centre = comparisons.reduce((sum, { difference }) => sum + difference, 0) / 200;
    const spread = Math.sqrt(
      comparisons.reduce((sum, { difference }) => sum + (difference - centre) ** 2, 0) / 199,
    );
    const error = comparisons.reduce((sum, { differenceError }) => sum + differenceError!, 0) / 200;
    expect(centre).toBeCloseTo(0.2, 2);
    expect(error / spread).toBeGreaterThan(0.85);
    expect(error / spread).toBeLessThan(1.15);
    expect(comparisons[0]!.samplingError).toBeGreaterThan(5 * error);
  });

  it('has no error for a single image', () => {
    const [, second] = pairwise([Float64Array.of(1), Float64Array.of(3)]);
    expect(second).toEqual({ bitsPerDim: 3, samplingError: null, difference: 2, differenceError: null });
  });
});

it('reports progress over the images of all models, with one draw where there is no noise', async () => {
  const continuous = { mean: [0], deviation: [1] };
  const models = [0.1, 0.2].map(
    (distance) => new FlowModel(randomModel([4, 4, 1], { continuous }, distance), { threads: 1 }),
  );
  const images = imagesInMemory(Float32Array.from(new RandomStream(0, 'images').normals(32)), [4, 4, 1]);
  const progress: (readonly [number, number])[] = [];
  await compareModels(models, images, {
    draws: 3,
    onProgress: (done, total) => progress.push([done, total]),
  });
  await Promise.all(models.map((model) => model.release()));
  expect(progress).toEqual([
    [2, 4],
    [4, 4],
  ]);
});
