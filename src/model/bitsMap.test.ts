// Where the bits of an image are, by pixel and by stage: against plain loops, their sum, their place, and both precisions.
import { afterEach, describe, expect, it } from 'vitest';
import { countDimensions, countElements, type ImageShape, type NdArray } from '../core/numeric/arrays.ts';
import { RandomStream } from '../core/numeric/random.ts';
import { largestDifference, mean } from '../core/numeric/statistics.ts';
import { imagesInMemory } from '../data/contract/dataset.ts';
import { randomParameters } from '../flows/checks/randomParameters.ts';
import { defineMixing } from '../flows/contract/mixing.ts';
import type { ParameterSpecs } from '../flows/contract/parameters.ts';
import { Glow } from '../flows/models/glow.ts';
import type { ModelOptions } from '../flows/models/options.ts';
import { dequantisationName, mixingNames, mixings } from '../flows/models/partRegistries.ts';
import { expectClose } from '../testing/golden.ts';
import { onLocalRanks } from '../testing/localRanks.ts';
import { plainBitsMap } from '../testing/plainLikelihood.ts';
import { asConstants } from '../testing/programValues.ts';
import { localParameters } from '../testing/randomModel.ts';
import { FlowModel } from './flowModel.ts';
import type { FlowModelOptions } from './flowModelOptions.ts';

const options: ModelOptions = {
  levels: 2,
  depth: 2,
  conditioner: { width: 6 },
  mixing: 'emerging',
  learnedPrior: true,
  bits: 8,
};
const opened: FlowModel[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((model) => model.release()));
});

function createModel(
  changed: Partial<ModelOptions>,
  imageShape: ImageShape,
  how: FlowModelOptions = {},
  weights: (specs: ParameterSpecs) => Record<string, NdArray> = randomParameters,
): FlowModel {
  const model = new Glow(imageShape, { ...options, ...changed });
  const parameters = asConstants(weights(model.parameters));
  const opening = new FlowModel({ model, parameters }, { threads: 1, ...how });
  opened.push(opening);
  return opening;
}

function randomPixels(count: number, shape: ImageShape): Uint8Array {
  const random = new RandomStream(3, 'pixels');
  return Uint8Array.from({ length: count * countDimensions(shape) }, () => random.integer(256));
}

/** The sums of maps, one for each image. */
function sums({ shape: [count, ...imageDimensions], data }: NdArray): number[] {
  const size = countElements(imageDimensions);
  return Array.from({ length: count! }, (_, image) =>
    Array.from(data.subarray(image * size, (image + 1) * size)).reduce((sum, share) => sum + share, 0),
  );
}

/** The share of each pixel as rows, for one image. */
function toRows({ shape: [, , width], data }: NdArray): number[][] {
  return Array.from({ length: data.length / width! }, (_, row) =>
    Array.from(data.subarray(row * width!, (row + 1) * width!)),
  );
}

describe('equals plain loops', () => {
  it.each<[Partial<ModelOptions>, ImageShape]>([
    [{}, [8, 12, 1]],
    [{ mixing: '1x1', depth: 1, levels: 3 }, [8, 16, 3]],
    [{ levels: 1, depth: 1 }, [6, 2, 3]],
    [{ bits: 5, mixing: { kernelSize: 5, dilation: 2 } }, [4, 20, 1]],
  ])('%o %o', async (changed, shape) => {
    const model = createModel(changed, shape, { precision: 'float64' });
    const weights = randomParameters(model.model.parameters);
    const size = countDimensions(shape);
    const images = randomPixels(2, shape);
    const map = await model.bitsMap(images, { draws: 2, seed: 4 });
    expect(map.shape).toEqual([2, shape[0], shape[1]]);
    const expected = [0, 1].flatMap((image) => {
      const perDraw = [0, 1].map((draw) => {
        const noise = new Float32Array(size);
        new RandomStream(4, 'dequantise', draw, image).fillDequantisationNoise(noise);
        const pixels = images.subarray(image * size, (image + 1) * size);
        return plainBitsMap(pixels, noise, shape, model.model.options, weights).flat();
      });
      return perDraw[0]!.map((share, index) => (share + perDraw[1]![index]!) / 2);
    });
    expectClose('shares', map.data, expected, 'float64');
  });
});

const kinds: [string, Partial<ModelOptions>][] = mixingNames.map((mixing) => [
  mixing,
  { mixing, levels: 2, depth: 1 },
]);
kinds.push(
  ['three levels', { levels: 3, depth: 1 }],
  ['additive, standard normal priors', { coupling: 'additive', learnedPrior: false }],
  ['a floor of scales', { coupling: { scaleFloor: 0.3 }, bits: 5 }],
  ['variational dequantisation', { dequantisation: 'variational' }],
  [
    'checkerboards, gated networks, mixtures',
    {
      depth: 1,
      checkerboard: [2, 1],
      checkerboardMixing: true,
      conditioner: 'gated',
      coupling: 'mixture',
      mask: 'checkerboard',
    },
  ],
);

it.each(kinds)('adds up to bits/dim: %s', async (_, changed) => {
  const shape: ImageShape = [8, 24, 1];
  const model = createModel(changed, shape, { precision: 'float64', batchSize: 2 });
  const images = randomPixels(3, shape);
  const how = { draws: 2, seed: 1, noiseByContent: true };
  const bits = await model.bitsPerDim(images, how);
  const map = await model.bitsMap(images, how);
  sums(map).forEach((sum, image) => {
    const dimensions = countDimensions(shape);
    expect(Math.abs(sum / dimensions / bits[image]! - 1)).toBeLessThan(1e-9);
  });
  const byStage = await model.stageBits(images, how);
  expect(byStage.shape).toEqual([3, 1 + model.stages.length]);
  sums(byStage).forEach((sum, image) => {
    expect(Math.abs(sum / sums(map)[image]! - 1)).toBeLessThan(1e-9);
  });
  if (dequantisationName(model.model.options) !== 'variational') {
    expect(byStage.data[0]).toBe(model.bits! * countDimensions(shape));
  }
});

it('divides the bits among the stages of a level as levelDensities does', async () => {
  const shape: ImageShape = [8, 12, 1];
  const model = createModel({}, shape, { precision: 'float64' });
  const images = randomPixels(2, shape);
  const how = { draws: 2, seed: 1 };
  const { data } = await model.stageBits(images, how);
  const { levels } = await model.levelDensities(imagesInMemory(images, shape), how);
  for (const image of [0, 1]) {
    const shares = data.subarray(image * (1 + model.stages.length));
    for (const level of [0, 1]) {
      const bits = model.stages.reduce(
        (sum, stage, index) => sum + (stage.level === level ? shares[1 + index]! : 0),
        0,
      );
      const nats = levels[`latents ${level}`]![image]! + levels[`logDet ${level}`]![image]!;
      expect(Math.abs((-bits * Math.LN2) / nats - 1)).toBeLessThan(1e-9);
    }
  }
});

it('is the same in float32, up to rounding, and in batches', async () => {
  const shape: ImageShape = [8, 12, 3];
  const model = createModel({}, shape);
  const images = randomPixels(5, shape);
  const double = await model.bitsMap(images, { precision: 'float64' });
  const single = await model.bitsMap(images);
  const size = mean(double.data.map(Math.abs));
  expect(largestDifference(single.data, double.data) / size).toBeLessThan(1e-4);
  expect(largestDifference(single.data, double.data)).toBeGreaterThan(0);
  const batched = await createModel({}, shape, { batchSize: 2 }).bitsMap(images, { precision: 'float64' });
  expectClose('batches', batched.data, double.data, 'float64');
});

it('is the same on every one of several ranks', async () => {
  const shape: ImageShape = [8, 12, 1];
  const images = randomPixels(5, shape);
  const expected = await createModel({}, shape).bitsMap(images, { draws: 2 });
  for (const size of [2, 7]) {
    const maps = await onLocalRanks(size, (ranks) =>
      createModel({}, shape).bitsMap(images, { draws: 2, ranks }),
    );
    expect(maps).toEqual(maps.map(() => expected));
  }
});

/** A mixing with a kernel of one tap. */
const ofPixels = (name: string) =>
  defineMixing({
    name: `pixels-${name}`,
    summary: 'With a kernel of one tap.',
    build: (shape) => {
      const { definition, options } = mixings.resolve(name);
      return definition.build(shape, { ...options, kernelSize: 1 });
    },
  });

describe('shows a changed pixel where it is', () => {
  const shape: ImageShape = [8, 16, 1];
  const [, width] = shape;
  // Maps over all pixels have no place.
  const local = mixingNames.filter(
    (name) => !Object.hasOwn(mixings.find(name).options, 'spaceRank') && name !== 'butterfly',
  );
  it.each(local)('%s', async (mixing) => {
    const model = createModel({ mixing: ofPixels(mixing) }, shape, { precision: 'float64' }, localParameters);
    const before = randomPixels(1, shape);
    const noise = { seed: 0 };
    const map = toRows(await model.bitsMap(before, noise));
    // Pixels in different corners of their blocks of 2x2 and 4x4.
    for (const [row, column] of [
      [0, 15],
      [1, 2],
      [6, 4],
      [7, 11],
    ] as const) {
      const after = before.slice();
      after[row * width + column]! ^= 64;
      const changes = toRows(await model.bitsMap(after, noise)).map((shares, r) =>
        shares.map((share, c) => share - map[r]![c]!),
      );
      const isInBlock = (side: number, r: number, c: number): boolean =>
        Math.floor(r / side) === Math.floor(row / side) && Math.floor(c / side) === Math.floor(column / side);
      const [inside, around] = [new Set<string>(), new Set<string>()];
      changes.forEach((line, r) => {
        line.forEach((change, c) => {
          const text = change.toFixed(9);
          if (isInBlock(2, r, c)) {
            inside.add(text);
          } else if (isInBlock(4, r, c)) {
            around.add(text);
          } else {
            expect(text.replace('-', ''), `${r}, ${c}`).toBe((0).toFixed(9));
          }
        });
      });
      // Level 0 has one share for each block of 2x2, level 1 one for each of 4x4.
      expect(inside.size).toBe(1);
      expect(around.size).toBe(1);
      expect([...inside]).not.toEqual([...around]);
    }
  });
});

it('refuses what bitsPerDim refuses', async () => {
  const model = createModel({}, [8, 8, 1]);
  await expect(model.bitsMap(new Uint8Array(63))).rejects.toThrow('not a whole number of images');
  await expect(model.bitsMap(new Uint8Array(64), { draws: 0 })).rejects.toThrow('draws');
  expect(await model.bitsMap(new Uint8Array())).toEqual({ shape: [0, 8, 8], data: new Float64Array() });
});
