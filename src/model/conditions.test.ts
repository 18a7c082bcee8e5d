// Models that depend on numbers and images that accompany each image: all uses of one, and what is refused.
import { afterAll, describe, expect, it } from 'vitest';
import { countDimensions, type ImageShape } from '../core/numeric/arrays.ts';
import { RandomStream } from '../core/numeric/random.ts';
import { conditioned } from '../data/contract/conditions.ts';
import { imagesInMemory, subset } from '../data/contract/dataset.ts';
import { Glow } from '../flows/models/glow.ts';
import type { ConditionComponent, ModelOptions } from '../flows/models/options.ts';
import { expectClose } from '../testing/golden.ts';
import { randomModel } from '../testing/randomModel.ts';
import type { ConditionChoice } from './conditions.ts';
import { FlowModel } from './flowModel.ts';

const shape: ImageShape = [8, 4, 1];
const dimensions = countDimensions(shape);
const area = shape[0] * shape[1];
const IMAGES = 3;
const random = new RandomStream(7, 'conditions');
const pixels = Uint8Array.from({ length: IMAGES * dimensions }, () => random.integer(256));

const condition: readonly ConditionComponent[] = [
  { name: 'omega', mean: 0.3, deviation: 0.1 },
  { name: 'low', mean: 2, deviation: 3, shape: [8, 4, 1] },
  { name: 'slope', mean: -1, deviation: 2 },
];
const fullCondition = {
  omega: [0.2, 0.35, 0.4],
  slope: [-3, 0, 2],
  low: random.normals(IMAGES * area),
} satisfies ConditionChoice;
const others = { ...fullCondition, omega: fullCondition.omega.map((value) => value + 0.1) };
/** The condition of one of the images. */
const ofImage = (index: number) => ({
  omega: fullCondition.omega[index]!,
  slope: [fullCondition.slope[index]!],
  low: fullCondition.low.slice(index * area, (index + 1) * area),
});

const models: [string, Partial<ModelOptions>][] = [
  ['emerging', { condition, checkerboard: 1 }],
  ['a torus, gated', { condition, mixing: 'periodic', boundary: 'periodic', conditioner: 'gated' }],
  [
    'only numbers, mixtures',
    { condition: condition.filter(({ name }) => name !== 'low'), mixing: '1x1', coupling: 'mixture' },
  ],
  [
    'only images, priors that are not learned',
    { condition: condition.slice(1, 2), mixing: '1x1', learnedPrior: false },
  ],
];

/** The part of a condition that a model takes. */
function part<Value>(
  choice: Readonly<Record<string, Value>>,
  { condition: components }: Partial<ModelOptions>,
): Record<string, Value> {
  const names = (components as readonly ConditionComponent[]).map(({ name }) => name);
  return Object.fromEntries(Object.entries(choice).filter(([name]) => names.includes(name)));
}

describe.each(models)('%s', (_, options) => {
  const open = (distance?: number) =>
    new FlowModel(randomModel(shape, options, distance), { threads: 1, precision: 'float64', batchSize: 2 });
  const model = open();
  afterAll(() => model.release());
  const condition = part(fullCondition, options);

  it('ignores the condition at the start, and depends on it later', async () => {
    const otherCondition = part({ ...others, low: fullCondition.low.map((value) => -value) }, options);
    await using start = open(0);
    const bits = await start.bitsPerDim(pixels, { condition });
    expectClose('bits/dim', await start.bitsPerDim(pixels, { condition: otherCondition }), bits, 'float64');
    const [first, second] = [
      await model.bitsPerDim(pixels, { condition }),
      await model.bitsPerDim(pixels, { condition: otherCondition }),
    ];
    for (const [image, value] of first.entries()) {
      expect(Math.abs(value - second[image]!)).toBeGreaterThan(1e-4);
    }
  });

  it('decodes what the same condition has encoded, image by image, and has the gradient by condition', async () => {
    const latents = await model.encode(pixels, { condition });
    expect(await model.decode(latents, { condition })).toEqual(pixels);
    const alone = await model.encode(pixels.subarray(dimensions, 2 * dimensions), {
      condition: part(ofImage(1), options),
    });
    alone.forEach(({ data }, index) => {
      const imageLatents = latents[index]!.data.subarray(data.length, 2 * data.length);
      expectClose('latents', data, imageLatents, 'float64');
    });
    const values = Float64Array.from(model.toValues(pixels));
    const result = await model.gradient(values, { condition });
    const step = 1e-6;
    for (const [name, numbers] of Object.entries(condition)) {
      const size = numbers.length / IMAGES;
      const { shape: shapeOfIt, data } = result.condition[name]!;
      expect(shapeOfIt).toEqual(size === 1 ? [IMAGES] : [IMAGES, ...shape]);
      for (const value of size === 1 ? [0] : [0, 5, area - 1]) {
        const [above, below] = await Promise.all(
          [step, -step].map((by) => {
            const moved = Float64Array.from(numbers, (each, index) =>
              index % size === value ? each + by : each,
            );
            return model.gradient(values, { condition: { ...condition, [name]: moved } });
          }),
        );
        const differences = above!.logLikelihood.map(
          (each, image) => (each - below!.logLikelihood[image]!) / (2 * step),
        );
        const imageGradients = Array.from(differences, (_, image) => data[image * size + value]!);
        expectClose(name, imageGradients, differences, 'float64', 1e-5);
      }
    }
  });
});

describe('a model with a condition', () => {
  const model = new FlowModel(randomModel(shape, models[0]![1]), { threads: 1 });
  afterAll(() => model.release());

  it('takes the condition of an image set, and of a part of it', async () => {
    const images = conditioned(imagesInMemory(pixels, shape), fullCondition, 'test');
    const [bits] = await model.bitsPerDimByDraw(images);
    expect(await model.bitsPerDim(pixels, { condition: fullCondition })).toEqual(bits);
    const last = subset(images, [2]);
    const [alone] = await model.bitsPerDimByDraw(last, { noiseByContent: true });
    const allBits = await model.bitsPerDim(pixels, { condition: fullCondition, noiseByContent: true });
    expectClose('bits/dim', alone!, allBits.subarray(2), 'float32');
  });

  it('samples with one condition for all images, or one for each', async () => {
    const each = await model.sample({ count: 2, seed: 3, condition: { ...ofImage(0), omega: [0.2, 0.4] } });
    const shared = await model.sample({ count: 2, seed: 3, condition: ofImage(0) });
    expect(each.subarray(0, dimensions)).toEqual(shared.subarray(0, dimensions));
    expect(each.subarray(dimensions)).not.toEqual(shared.subarray(dimensions));
  });

  it.each<[string, ConditionChoice | undefined]>([
    [
      'these images have no condition omega, low, slope, which the model depends on: give them for each image',
      undefined,
    ],
    [
      'these images have no condition slope, which the model depends on: give it',
      { omega: 1, low: fullCondition.low },
    ],
    ["unknown condition 'omegas': did you mean omega?", { ...fullCondition, omegas: 1 }],
    [
      'the condition omega has 2 values for 3 images: give a number for all or for each',
      { ...fullCondition, omega: [1, 2] },
    ],
    [
      'the condition low has 1 values for 3 images: give 32 numbers for all or for each',
      { ...fullCondition, low: 4 },
    ],
    [
      'the condition omega: the value of image 1 is NaN: expected finite numbers',
      { ...fullCondition, omega: [1, Number.NaN, 2] },
    ],
    [
      'the value of image 2 is 1e+39: expected finite numbers of float32',
      { ...fullCondition, omega: [1, 2, 1e39] },
    ],
  ])('refuses: %s', async (message, choice) => {
    await expect(model.encode(pixels, { condition: choice })).rejects.toThrow(message);
    await expect(model.bitsPerDim(pixels, { condition: choice })).rejects.toThrow(message);
  });

  it('is refused where none is used, and by itself while it is true', async () => {
    const without = new FlowModel(randomModel(shape, {}));
    await expect(without.encode(pixels, { condition: fullCondition })).rejects.toThrow(
      'the model has no condition: leave out condition omega',
    );
    expect(() => new Glow(shape, { levels: 1, condition: true })).toThrow(
      'model.condition is true, but the conditions',
    );
    expect(() => conditioned(imagesInMemory(pixels, shape), { omega: [1] }, 'test')).toThrow(
      'test: the condition omega has 1 values for 3 images: expected 3, or 96 for images of 8x4',
    );
    expect(() => conditioned(imagesInMemory(pixels, shape), { 'Ω m': [1, 2, 3] }, 'test')).toThrow(
      "test: a condition cannot be named 'Ω m': use 1 to 64 characters without spaces, commas and =, but not __proto__",
    );
    expect(() => conditioned(imagesInMemory(pixels, shape), { '# s': [1, 2, 3] }, 'test')).toThrow(
      "use 1 to 64 characters without spaces, commas and =, but not __proto__ (np.savetxt adds no # with comments='')",
    );
    const many = Object.fromEntries(Array.from({ length: 257 }, (_, index) => [`c${index}`, [1, 2, 3]]));
    expect(() => conditioned(imagesInMemory(pixels, shape), many, 'test')).toThrow(
      'test: 257 conditions are too many: choose at most 256',
    );
  });
});
