// A continuous model: its log-likelihood refers to the values themselves, standardisation included.
import { describe, expect, it } from 'vitest';
import { countDimensions, countElements, type ImageShape, type NdArray } from '../../core/numeric/arrays.ts';
import { logAbsDeterminant } from '../../core/numeric/linearAlgebra.ts';
import { RandomStream } from '../../core/numeric/random.ts';
import { evaluate } from '../../tensor/engine/program.ts';
import { constant } from '../../tensor/tensor.ts';
import { asConstants } from '../../testing/programValues.ts';
import { randomParameters } from '../checks/randomParameters.ts';
import { parametersFrom } from '../contract/parameters.ts';
import { Glow } from './glow.ts';
import { requireKind } from './imageValues.ts';
import type { ModelOptions } from './options.ts';

const imageShape: ImageShape = [4, 8, 2];
const dimensions = countDimensions(imageShape);
const options = {
  levels: 2,
  depth: 1,
  conditioner: { width: 4 },
  mixing: 'emerging',
} as const satisfies Partial<ModelOptions>;
const continuous = { mean: [5, -300], deviation: [0.25, 40] };

/** Values of the model's scale, far from zero in its own. */
function createValues(count: number): NdArray {
  const random = new RandomStream(1, 'values');
  const shape = [count, ...imageShape];
  const data = Float64Array.from({ length: countElements(shape) }, (_, index) => {
    const channel = index % 2;
    return continuous.mean[channel]! + 1.3 * continuous.deviation[channel]! * random.normal();
  });
  return { shape, data };
}

/** The latents of each image, one after the other, and its log-likelihood. */
async function encoded(
  model: Glow,
  image: NdArray,
): Promise<{ latents: number[][]; logLikelihood: ArrayLike<number> }> {
  const [count = 0] = image.shape;
  // Whatever the noise: a continuous model has none.
  const noise = { shape: image.shape, data: image.data.map((_, index) => (index % 7) / 7) };
  const p = parametersFrom(asConstants(randomParameters(model.parameters, 2)));
  const encoding = model.likelihood(constant(image), constant(noise), p);
  const [logLikelihood, ...latentArrays] = await evaluate([encoding.logLikelihood, ...encoding.latents]);
  const latents = Array.from({ length: count }, (_, index) =>
    latentArrays.flatMap(({ data }) => [
      ...data.subarray((index * data.length) / count, ((index + 1) * data.length) / count),
    ]),
  );
  return { latents, logLikelihood: logLikelihood!.data };
}

describe('the log-likelihood of a continuous model', () => {
  const model = new Glow(imageShape, { ...options, continuous });

  it('is log N(latents) + ln|det| of the dense Jacobian from values to latents', async () => {
    const { data } = createValues(1);
    // The image, and two neighbours for every value.
    const perturbed = new Float64Array((2 * dimensions + 1) * dimensions);
    const steps = data.map((_, index) => 1e-5 * continuous.deviation[index % 2]!);
    for (let row = 0; row <= 2 * dimensions; row++) {
      perturbed.set(data, row * dimensions);
      if (row > 0) {
        const valueIndex = Math.floor((row - 1) / 2);
        perturbed[row * dimensions + valueIndex]! += (row % 2 === 1 ? 1 : -1) * steps[valueIndex]!;
      }
    }
    const { latents, logLikelihood } = await encoded(model, {
      shape: [2 * dimensions + 1, ...imageShape],
      data: perturbed,
    });
    const transposed = Float64Array.from({ length: dimensions ** 2 }, (_, index) => {
      const [valueIndex, latent] = [Math.floor(index / dimensions), index % dimensions];
      return (
        (latents[2 * valueIndex + 1]![latent]! - latents[2 * valueIndex + 2]![latent]!) /
        (2 * steps[valueIndex]!)
      );
    });
    const logNormal = latents[0]!.reduce((sum, z) => sum - 0.5 * z * z - 0.5 * Math.log(2 * Math.PI), 0);
    const expected = logNormal + logAbsDeterminant(transposed, dimensions);
    expect(Math.abs(logLikelihood[0]! - expected)).toBeLessThan(1e-6);
  });

  it('changes by the logarithm of the unit if the values are in another one', async () => {
    const image = createValues(3);
    const [factor, offset] = [1000, 7];
    const scaled = { shape: image.shape, data: image.data.map((value) => factor * value + offset) };
    const scaledModel = new Glow(imageShape, {
      ...options,
      continuous: {
        mean: continuous.mean.map((value) => factor * value + offset),
        deviation: continuous.deviation.map((value) => factor * value),
      },
    });
    const [original, rescaled] = [await encoded(model, image), await encoded(scaledModel, scaled)];
    for (let position = 0; position < 3; position++) {
      const expected = original.logLikelihood[position]! - dimensions * Math.log(factor);
      expect(rescaled.logLikelihood[position]!).toBeCloseTo(expected, 8);
    }
  });

  it('does not depend on noise, which the model does not have', () => {
    const drawn = new Float32Array(5).fill(3);
    model.dequantiser.draw(new RandomStream(0), drawn);
    expect([...drawn]).toEqual([0, 0, 0, 0, 0]);
  });
});

it('a continuous model needs the standardisation of its channels', () => {
  expect(() => new Glow(imageShape, { ...options, continuous: true })).toThrow(
    /model.continuous is true, but the images are unknown here/,
  );
  expect(() => new Glow(imageShape, { ...options, continuous: { mean: [1], deviation: [1] } })).toThrow(
    /has 1 means and 1 deviations, but the images have 2 channels/,
  );
});

it('values of the wrong kind are refused with a remedy', () => {
  expect(() => requireKind('float32', { bits: 8 }, 'maps')).toThrow(
    'the values of maps are real numbers (float32), but the model takes integers of 8 bits: train a model with model.continuous=true',
  );
  expect(() => requireKind('uint8', {}, 'photos')).toThrow(
    'the values of photos are 8-bit integers, but the model takes real numbers (model.continuous)',
  );
  expect(() => requireKind('uint8', { bits: 8 })).not.toThrow();
  expect(() => requireKind('float32', {})).not.toThrow();
});
