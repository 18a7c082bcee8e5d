// Which samples are exploded: far beyond the images, on the images' scale if they are real numbers.
import { expect, it } from 'vitest';
import { countDimensions, type ImageShape } from '../../core/numeric/arrays.ts';
import { RandomStream } from '../../core/numeric/random.ts';
import { constant } from '../../tensor/tensor.ts';
import { randomModel } from '../../testing/randomModel.ts';
import { examineModel } from './examineModel.ts';

const shape: ImageShape = [4, 4, 1];
const COUNT = 16;

/** The share of exploded samples of a model of this deviation, with images of another one. */
async function explodedShare(deviation: number, images: number, options: object): Promise<number> {
  const { model, parameters } = randomModel(shape, { levels: 1, mixing: '1x1', ...options }, 0);
  const channels = countDimensions(model.latentShapes[0]!) / 4;
  const bias = [...Array(channels).fill(0), ...Array(channels).fill(Math.log(deviation))];
  const prior = { 'prior/bias': constant({ shape: [2 * channels], data: Float64Array.from(bias) }) };
  const x = new RandomStream(1, 'images')
    .normals(COUNT * countDimensions(shape))
    .map((value) => images * value);
  const { samples } = await examineModel(
    { model, parameters: { ...parameters, ...prior } },
    { shape: [COUNT, ...shape], data: x },
    { seed: 0, condition: {}, threads: 1 },
  );
  return samples.explodedShare;
}

it('beyond ±10 for integers, and relative to the images for real numbers', async () => {
  const real = { continuous: { mean: [0], deviation: [1] } };
  expect(await explodedShare(0.3, 0.2, {})).toBe(0);
  expect(await explodedShare(30, 0.2, {})).toBeGreaterThan(0.9);
  // Long tails: far from standard normal, as the images are.
  expect(await explodedShare(30, 30, real)).toBe(0);
  expect(await explodedShare(3000, 30, real)).toBeGreaterThan(0.9);
});
