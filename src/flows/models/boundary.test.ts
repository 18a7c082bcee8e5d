// Models of images on a torus: the plain formula, and that they commute with shifts of the image.
import { describe, expect, it } from 'vitest';
import { countDimensions, type ImageShape, type NdArray } from '../../core/numeric/arrays.ts';
import { RandomStream } from '../../core/numeric/random.ts';
import { conditionFromArrays, oneHotClasses } from '../../model/likelihood/likelihood.ts';
import { evaluate } from '../../tensor/engine/program.ts';
import { constant, constantValue } from '../../tensor/tensor.ts';
import { expectClose } from '../../testing/golden.ts';
import { plainBitsPerDim } from '../../testing/plainLikelihood.ts';
import { randomModel } from '../../testing/randomModel.ts';
import { parametersFrom } from '../contract/parameters.ts';
import { boundaries } from '../layers/scaledConvolution.ts';
import { bitsPerDim } from './flow.ts';
import { type ModelOptions, modelDefaults } from './options.ts';

const IMAGES = 2;

/** The log-likelihoods and latents of integer images and noise under a model with random weights. */
async function measured(shape: ImageShape, options: Partial<ModelOptions>, image: NdArray, noise: NdArray) {
  const { model, parameters } = randomModel(shape, options);
  const p = parametersFrom(parameters);
  const isClassified = model.classes.length > 0;
  const condition = conditionFromArrays(isClassified ? oneHotClasses([1, 0], model.classes.length) : {});
  const { logLikelihood, latents } = model.likelihood(constant(image), constant(noise), p, condition);
  const [logLikelihoods, ...latentArrays] = await evaluate([logLikelihood, ...latents]);
  return { logLikelihood: logLikelihoods!.data, latents: latentArrays, model };
}

function randomBatch(shape: ImageShape): { image: NdArray; noise: NdArray } {
  const random = new RandomStream(3, 'batch');
  const size = IMAGES * countDimensions(shape);
  const batchShape = [IMAGES, ...shape];
  const uniform = () => Float64Array.from({ length: size }, () => random.uniform());
  return {
    image: { shape: batchShape, data: uniform().map((value) => Math.floor(32 * value)) },
    noise: { shape: batchShape, data: uniform() },
  };
}

/** Images moved down and to the right around the torus. */
function shifted({ shape, data }: NdArray, down: number, right: number): NdArray {
  const [images, height, width, channels] = shape as [number, number, number, number];
  const moved = new Float64Array(data.length);
  for (let image = 0; image < images; image++) {
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const from = ((image * height + row) * width + column) * channels;
        const [r, c] = [(row + down) % height, (column + right) % width];
        moved.set(data.slice(from, from + channels), ((image * height + r) * width + c) * channels);
      }
    }
  }
  return { shape, data: moved };
}

/** Whether likelihoods stay when the image moves by so many pixels, and all latents move along. */
async function commutes(shape: ImageShape, options: Partial<ModelOptions>, [down, right]: [number, number]) {
  const { image, noise } = randomBatch(shape);
  const still = await measured(shape, options, image, noise);
  const [movedImage, movedNoise] = [image, noise].map((each) => shifted(each, down, right));
  const moved = await measured(shape, options, movedImage!, movedNoise!);
  const isClose = (a: ArrayLike<number>, b: ArrayLike<number>): boolean =>
    Array.from(a).every((value, index) => Math.abs(value - b[index]!) < 1e-9 * Math.max(1, Math.abs(value)));
  expect(still.latents.length).toBeGreaterThan(1);
  return (
    isClose(moved.logLikelihood, still.logLikelihood) &&
    still.latents.every((latent, index) => {
      const scale = shape[0] / latent.shape[1]!;
      return isClose(moved.latents[index]!.data, shifted(latent, down / scale, right / scale).data);
    })
  );
}

it.each(boundaries)('a model has the likelihood of the plain formula: %s', async (boundary) => {
  const shape: ImageShape = [8, 4, 2];
  const options = {
    ...modelDefaults,
    levels: 2,
    depth: 2,
    conditioner: { width: 6 },
    mixing: '1x1',
    bits: 5,
    boundary,
  };
  const { image, noise } = randomBatch(shape);
  const { logLikelihood } = await measured(shape, options, image, noise);
  const { parameters } = randomModel(shape, options);
  const arrays = Object.fromEntries(
    Object.entries(parameters).map(([path, tensor]) => [path, constantValue(tensor)!]),
  );
  const dimensions = countDimensions(shape);
  const plain = Array.from({ length: IMAGES }, (_, index) => {
    const imageValues = ({ data }: NdArray) => data.subarray(index * dimensions, (index + 1) * dimensions);
    // The plain formula reduces 8-bit images.
    const pixels = Array.from(imageValues(image), (value) => 8 * value);
    return plainBitsPerDim(pixels, imageValues(noise), shape, options, arrays);
  });
  expectClose(
    'bits/dim',
    Array.from(logLikelihood, (nats) => bitsPerDim(nats, shape)),
    plain,
    'float64',
  );
});

describe('on a torus, a model commutes with shifts by multiples of 2^levels', () => {
  const shape: ImageShape = [8, 12, 1];
  const torus = { boundary: 'periodic' } as const;

  it.each<[string, Partial<ModelOptions>]>([
    ...['periodic', '1x1', '1x1-plu', '1x1-qr', 'circulant', 'reverse', 'shuffle'].map(
      (mixing): [string, Partial<ModelOptions>] => [`mixing ${mixing}`, { mixing }],
    ),
    ['a kernel of 5', { mixing: { name: 'periodic', kernelSize: 5 } }],
    ['gated networks', { mixing: 'periodic', conditioner: 'gated' }],
    ['mixtures, fixed priors', { mixing: '1x1', coupling: 'mixture', learnedPrior: false }],
    [
      'checkerboards before the squeezes',
      { mixing: 'periodic', checkerboard: [2, 1], checkerboardMixing: true },
    ],
    ['classes', { mixing: '1x1', classes: ['a', 'b'] }],
    ['variational dequantisation', { mixing: '1x1', dequantisation: { name: 'variational', width: 4 } }],
  ])('%s', async (_, options) => {
    expect(await commutes(shape, { ...torus, ...options }, [4, 8])).toBe(true);
  });

  it('with a checkerboard as mask only by multiples of 2^(levels + 1)', async () => {
    const options = { ...torus, mixing: '1x1', mask: 'checkerboard' };
    const sides: ImageShape = [16, 8, 1];
    expect(await commutes(sides, options, [8, 0])).toBe(true);
    expect(await commutes(sides, options, [4, 0])).toBe(false);
  });

  it.each<[string, Partial<ModelOptions>]>([
    ['with zeros outside', { mixing: '1x1', boundary: 'zero' }],
    ['with emerging convolutions', { ...torus, mixing: 'emerging' }],
    ['with butterfly matrices', { ...torus, mixing: 'butterfly' }],
  ])('but not %s', async (_, options) => {
    expect(await commutes(shape, options, [4, 8])).toBe(false);
  });
});
