// Gradients of the log-likelihood by the values of images: central differences, what they are of, and what is refused.
import { describe, expect, it } from 'vitest';
import { countDimensions, type ImageShape } from '../core/numeric/arrays.ts';
import { RandomStream } from '../core/numeric/random.ts';
import { parametersFrom } from '../flows/contract/parameters.ts';
import type { ModelOptions } from '../flows/models/options.ts';
import { evaluate } from '../tensor/engine/program.ts';
import { constant } from '../tensor/tensor.ts';
import { expectClose } from '../testing/golden.ts';
import { randomModel } from '../testing/randomModel.ts';
import { FlowModel } from './flowModel.ts';
import type { FlowModelOptions, GradientOptions } from './flowModelOptions.ts';

const shape: ImageShape = [4, 8, 1];
const dimensions = countDimensions(shape);
const IMAGES = 3;

function open(options: Partial<ModelOptions>, how: FlowModelOptions = {}): FlowModel {
  return new FlowModel(randomModel(shape, options), { threads: 1, ...how });
}

function randomValues(): Float64Array {
  const random = new RandomStream(5, 'values');
  return Float64Array.from({ length: IMAGES * dimensions }, () => random.uniform() - 0.5);
}

const pixels = Uint8Array.from(randomValues(), (value) => Math.floor(256 * (value + 0.5)));
const classes = ['a', 'b', 'c'];

it.each<[string, Partial<ModelOptions>, GradientOptions]>([
  ['emerging', {}, {}],
  [
    'a torus, gated, mixtures',
    {
      levels: 1,
      mixing: 'periodic',
      boundary: 'periodic',
      conditioner: 'gated',
      coupling: 'mixture',
      checkerboard: 1,
    },
    {},
  ],
  ['maf', { mixing: { name: 'maf', hiddenChannels: 16 } }, {}],
  ['real numbers', { mixing: '1x1', continuous: { mean: [0.1], deviation: [0.3] } }, {}],
  ['variational', { mixing: '1x1', dequantisation: { name: 'variational', width: 4 } }, {}],
  ['given the class', { mixing: '1x1', classes }, { class: ['c', 'a', 'b'] }],
  ['over classes', { mixing: '1x1', classes }, {}],
])('%s: the gradient matches the likelihood, by central differences', async (_, options, given) => {
  await using model = open(options);
  const values = randomValues();
  const { gradient, logLikelihood } = await model.gradient(values, given);
  expect(gradient.shape).toEqual([IMAGES, ...shape]);
  expect(gradient.data).toBeInstanceOf(Float64Array);
  const step = 1e-6;
  const differences = new Float64Array(values.length);
  for (let value = 0; value < dimensions; value++) {
    // One value of every image: no image depends on another one.
    const [above, below] = await Promise.all(
      [step, -step].map((moved) => {
        const near = values.map((each, index) => (index % dimensions === value ? each + moved : each));
        return model.gradient(near, given);
      }),
    );
    for (let image = 0; image < IMAGES; image++) {
      differences[image * dimensions + value] =
        (above!.logLikelihood[image]! - below!.logLikelihood[image]!) / (2 * step);
    }
  }
  expectClose('gradient', gradient.data, differences, 'float64', 1e-6);
  const alone = await model.gradient(values.subarray(dimensions), {
    ...given,
    ...(given.class && { class: ['a', 'b'] }),
  });
  expectClose('of only the others', alone.gradient.data, gradient.data.subarray(dimensions), 'float64');
  const inFloat32 = await model.gradient(values, { ...given, precision: 'float32' });
  expect(inFloat32.gradient.data).toBeInstanceOf(Float32Array);
  expectClose('in float32', inFloat32.gradient.data, gradient.data, 'float32', 1e-3);
  expectClose('in float32', inFloat32.logLikelihood, logLikelihood, 'float32');
});

describe('pixels', () => {
  it.each([8, 5])('of %i bits are in the middle of their intervals', async (bits) => {
    const { model, parameters } = randomModel(shape, { bits, mixing: '1x1' });
    await using flow = new FlowModel({ model, parameters }, { threads: 1, precision: 'float64' });
    const image = Float64Array.from(pixels, (pixel) => pixel >> (8 - bits));
    const batchShape = [IMAGES, ...shape];
    const { logLikelihood } = model.likelihood(
      constant({ shape: batchShape, data: image }),
      constant({ shape: batchShape, data: new Float64Array(image.length).fill(0.5) }),
      parametersFrom(parameters),
    );
    const [expected] = await evaluate([logLikelihood]);
    const result = await flow.gradient(pixels);
    expectClose('logLikelihood', result.logLikelihood, expected!.data, 'float64');
    const values = flow.toValues(pixels);
    expect(await flow.gradient(values)).toEqual(result);
    expect(flow.toValues(flow.toPixels(values))).toEqual(values);
  });
});

it('of real numbers the likelihood is their log-density, in their unit', async () => {
  const continuous = { mean: [2000], deviation: [40] };
  await using model = open({ mixing: '1x1', continuous });
  const images = Float32Array.from(randomValues(), (value) => 2000 + 100 * value);
  const { logLikelihood } = await model.gradient(images);
  expectClose('logLikelihood', logLikelihood, await model.logLikelihood(images), 'float32');
  expectClose('images', model.toPixels(model.toValues(images)), images, 'float32');
  await expect(model.gradient(pixels)).rejects.toThrow(/8-bit integers, but the model takes real numbers/);
  expect(() => model.toValues(pixels)).toThrow(/8-bit integers, but the model takes real numbers/);
  expect(() => open({}).toValues(images)).toThrow(/but the model takes integers of 8 bits/);
});

it('over classes the likelihood is the mean of that given each class', async () => {
  await using model = open({ mixing: '1x1', classes }, { batchSize: 2 });
  const values = randomValues();
  const { logLikelihood } = await model.gradient(values);
  const byClass = await Promise.all(classes.map((className) => model.gradient(values, { class: className })));
  const mean = logLikelihood.map((_, image) =>
    Math.log(byClass.reduce((sum, each) => sum + Math.exp(each.logLikelihood[image]!) / classes.length, 0)),
  );
  expectClose('logLikelihood', logLikelihood, mean, 'float64');
});

it('a gradient of no images is empty; images that are none are refused', async () => {
  const model = open({});
  expect(await model.gradient(new Uint8Array(0))).toEqual({
    logLikelihood: new Float64Array(0),
    gradient: { shape: [0, ...shape], data: new Float32Array(0) },
    condition: {},
  });
  await expect(model.gradient(new Float32Array(33))).rejects.toThrow(
    '33 values are not a whole number of images: the model takes 4x8x1',
  );
  await expect(model.gradient(new Uint8Array(33))).rejects.toThrow(
    '33 values are not a whole number of images',
  );
  await expect(model.gradient([0] as never)).rejects.toThrow(
    'images must be a Uint8Array or Uint16Array of pixels, or',
  );
  const holed = new Float32Array(2 * dimensions);
  holed[dimensions + 3] = Number.NaN;
  await expect(model.gradient(holed)).rejects.toThrow('image 1 has a value that is not finite: NaN');
  await expect(model.gradient(pixels, { class: 'a' })).rejects.toThrow('the model has no classes');
  const classified = open({ mixing: '1x1', classes });
  await expect(classified.gradient(pixels, { condition: { omega: 1 } })).rejects.toThrow(
    'the model has no condition: leave out condition omega',
  );
});
