// Models on whole numbers: every layer exact in both directions, and as many bits as the likelihood says.

import { beforeAll, describe, expect, it } from 'vitest';
import { countDimensions, type ImageShape } from '../../../core/numeric/arrays.ts';
import { BitStack } from '../../../core/numeric/bitStack.ts';
import { RandomStream } from '../../../core/numeric/random.ts';
import { firstImages, readAll } from '../../../data/contract/dataset.ts';
import { openSplit } from '../../../data/registry.ts';
import { parametersFrom } from '../../../flows/contract/parameters.ts';
import type { Flow } from '../../../flows/models/flow.ts';
import { Glow } from '../../../flows/models/glow.ts';
import type { ModelOptions } from '../../../flows/models/options.ts';
import { mixingNames } from '../../../flows/models/partRegistries.ts';
import { loadTrained } from '../../../model/loading/loadTrained.ts';
import type { TrainedModel } from '../../../model/trainedModel.ts';
import { evaluate } from '../../../tensor/engine/program.ts';
import { constant } from '../../../tensor/tensor.ts';
import { eightBit } from '../../../testing/eightBit.ts';
import { filledStack } from '../../../testing/filledStack.ts';
import { randomModel, tinyFlow } from '../../../testing/randomModel.ts';
import { tinyImages } from '../../../testing/tinyImages.ts';
import { decodeBlock, encodeBlock, imagesIn } from './blockCoder.ts';
import { EngineNetworks } from './engineNetworks.ts';
import { type ModelCoder, modelCoder, requireCodable } from './modelCoder.ts';

async function withCoder<Result>(
  trained: TrainedModel,
  use: (coder: ModelCoder) => Promise<Result>,
): Promise<Result> {
  const networks = new EngineNetworks();
  try {
    return await use(await modelCoder(trained, networks));
  } finally {
    await networks.release();
  }
}

/** −log2 p(v + u) of each of some images and their noise, both in 0..255, in float64. */
async function floatBits(
  { model, parameters }: TrainedModel,
  image: Uint8Array,
  noise: ArrayLike<number>,
): Promise<number[]> {
  const shape = [image.length / countDimensions(model.imageShape), ...model.imageShape];
  const x = constant({ shape, data: Float64Array.from(image) });
  const u = constant({ shape, data: Float64Array.from(noise, (value) => (value + 0.5) / 256) });
  const p = parametersFrom(parameters);
  const [result] = await evaluate([
    model.classes.length > 0 ? model.logLikelihoodByClass(x, u, p) : model.likelihood(x, u, p).logLikelihood,
  ]);
  const { data } = result!;
  const classes = model.classes.length || 1;
  const bits: number[] = [];
  for (let first = 0; first < data.length; first += classes) {
    const logDensities = Array.from(data.subarray(first, first + classes));
    const greatest = Math.max(...logDensities);
    bits.push(
      -(
        greatest +
        Math.log(logDensities.reduce((sum, logDensity) => sum + Math.exp(logDensity - greatest), 0) / classes)
      ) / Math.LN2,
    );
  }
  return bits;
}

/** The noise that coding images pops first. */
function noiseOn(stack: BitStack, count: number): number[] {
  const copy = new BitStack(stack.toBytes());
  return Array.from({ length: count }, () => copy.pop(256));
}

/** Expects that a stack yields the images it coded, and is then unchanged. Returns the bits they add, and the noise. */
async function roundTrip(
  trained: TrainedModel,
  images: Uint8Array,
): Promise<{ coded: number; noise: readonly number[] }> {
  const { imageShape } = trained.model;
  return withCoder(trained, async (coder) => {
    const stack = filledStack(images.length * 6);
    const before = stack.toBytes();
    const [bits, noise] = [stack.bits, noiseOn(stack, images.length)];
    await coder.encode(images, stack);
    const coded = stack.bits - bits;
    expect(await coder.decode(images.length / countDimensions(imageShape), stack)).toEqual(images);
    expect(stack.toBytes()).toEqual(before);
    return { coded, noise };
  });
}

/** Mixings that consist of elementary maps. */
function isCodable(model: Flow): boolean {
  try {
    requireCodable(model);
    return true;
  } catch {
    return false;
  }
}

const grey: ImageShape = [8, 8, 1];
const colour: ImageShape = [4, 8, 3];
const codable = mixingNames.filter((mixing) => isCodable(new Glow(colour, { ...tinyFlow, mixing })));

/** Models of every kind, with images of a shape. */
const models: [string, ImageShape, Partial<ModelOptions>][] = [
  ...codable.map((mixing): [string, ImageShape, Partial<ModelOptions>] => [mixing, colour, { mixing }]),
  ['kernel 5, dilation 2', colour, { mixing: { name: 'emerging', kernelSize: 5, dilation: 2 } }],
  ['additive', grey, { mixing: '1x1-plu', coupling: 'additive' }],
  ['scale floor', grey, { mixing: '1x1', coupling: { name: 'affine', scaleFloor: 0.3 } }],
  [
    'mixture, gated, checkerboard',
    grey,
    { mixing: '1x1', coupling: 'mixture', conditioner: 'gated', mask: 'checkerboard' },
  ],
  [
    'checkerboards before the squeeze, classes',
    grey,
    { mixing: 'shuffle', checkerboard: [2, 1], classes: ['a', 'b', 'c'] },
  ],
  ['checkerboards with a mixing', colour, { mixing: 'emerging', checkerboard: 2, checkerboardMixing: true }],
  ['one level, prior not learned', [6, 10, 1], { mixing: 'finc', levels: 1, learnedPrior: false }],
  ['no levels, dense', [3, 5, 2], { mixing: '1x1', levels: 0, conditioner: { name: 'dense', width: 8 } }],
  ["Student's t-distribution", grey, { mixing: '1x1', prior: { name: 'student-t', degreesOfFreedom: 6 } }],
];

describe('a model with random weights', () => {
  it.each(models)(
    'is exact, and takes the bits of its likelihood where that is high: %s',
    async (_, shape, options) => {
      const images = tinyImages(2 * shape[2], 8, 5).subarray(0, 2 * countDimensions(shape));
      await roundTrip(randomModel(shape, options), images);
      const likely = randomModel(shape, options, 0.1);
      const { coded, noise } = await roundTrip(likely, images);
      const float = (await floatBits(likely, images, noise)).reduce((sum, bits) => sum + bits, 0);
      expect(float / images.length).toBeLessThan(12);
      expect(Math.abs(coded / float - 1)).toBeLessThan(0.01);
    },
  );

  it('returns random pixels and both extremes', async () => {
    const random = new RandomStream(4, 'pixels');
    const images = Uint8Array.from({ length: 4 * 64 }, (_, index) =>
      index < 64 ? 0 : index < 128 ? 255 : Math.floor(random.uniform() * 256),
    );
    await roundTrip(randomModel(grey, { mixing: 'emerging' }), images);
  });
});

describe('a model without a form for whole numbers', () => {
  it.each<[Partial<ModelOptions>, string]>([
    [{ mixing: 'periodic' }, "its layer 'periodic' has no exact form for whole numbers"],
    [{ mixing: 'maf' }, "its layer 'maf' has no exact form for whole numbers"],
    [{ coupling: 'spline' }, 'the transformer of its couplings has no exact form for whole numbers'],
    [
      { prior: 'gaussian-mixture' },
      'the prior at levels/0/split (gaussian-mixture) has no distribution function that all machines compute identically',
    ],
    [{ dequantisation: 'variational' }, 'its dequantisation is variational'],
  ])('is refused: %j', async (options, reason) => {
    const trained = randomModel(colour, { mixing: '1x1', ...options });
    await expect(modelCoder(trained, new EngineNetworks())).rejects.toThrow(
      `the model can't compress images: ${reason}; use another model`,
    );
  });
});

describe('models/mnist-small', () => {
  let trained: TrainedModel;
  let digits: Uint8Array;
  beforeAll(async () => {
    trained = await loadTrained('models/mnist-small');
    digits = eightBit(readAll(firstImages(await openSplit('mnist', 'test', { validation: 0 }), 100)));
  });

  it('takes the bits of its likelihood, to 1 % for every digit', async () => {
    await withCoder(trained, async (coder) => {
      const stack = filledStack(1500);
      const [coded, noise]: [number[], number[]] = [[], []];
      for (let first = 0; first < 20 * 784; first += 784) {
        noise.push(...noiseOn(stack, 784));
        const before = stack.bits;
        await coder.encode(digits.subarray(first, first + 784), stack);
        coded.push(stack.bits - before);
      }
      const float = await floatBits(trained, digits.subarray(0, 20 * 784), noise);
      expect(Math.max(...float.map((bits, image) => Math.abs(coded[image]! / bits - 1)))).toBeLessThan(0.01);
    });
  });

  it('returns 100 digits from a block, the first ones stored plainly', async () => {
    await withCoder(trained, async (coder) => {
      const block = await encodeBlock(coder, digits, { batch: 4 });
      expect(imagesIn(block.runs)).toBe(100);
      expect(block.runs[0]).toEqual({ batch: 0, count: 2 });
      expect(block.runs.map(({ batch }) => batch)).toContain(4);
      expect(block.stack.bits / digits.length).toBeLessThan(1.5);
      expect(await decodeBlock(coder, block)).toEqual(digits);
    });
  });

  it('stores images plainly that it cannot take', async () => {
    const random = new RandomStream(6, 'noise');
    const images = digits.slice(0, 40 * 784);
    for (const image of [10, 30, 31, 32]) {
      for (let index = 0; index < 784; index++) {
        images[image * 784 + index] = random.uniform() < 0.5 ? 0 : 255;
      }
    }
    await withCoder(trained, async (coder) => {
      const block = await encodeBlock(coder, images, { batch: 2 });
      expect(block.runs.filter(({ batch }) => batch === 0)).toHaveLength(3);
      expect(await decodeBlock(coder, block)).toEqual(images);
    });
  });
});
