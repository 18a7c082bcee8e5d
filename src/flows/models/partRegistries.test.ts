// Variational dequantisation in a model: the density of its noise, its bound on the likelihood, and pixels that stay.
import { determinant, Matrix } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { countDimensions, countElements, type ImageShape, type NdArray } from '../../core/numeric/arrays.ts';
import { RandomStream } from '../../core/numeric/random.ts';
import { mean } from '../../core/numeric/statistics.ts';
import { compile, evaluate } from '../../tensor/engine/program.ts';
import { gradients } from '../../tensor/gradients/gradient.ts';
import { sum } from '../../tensor/operations/index.ts';
import { constant, input, type Precision, type Tensor } from '../../tensor/tensor.ts';
import { asConstants, asInputs, runOnce } from '../../testing/programValues.ts';
import { randomParameters } from '../checks/randomParameters.ts';
import { parametersFrom } from '../contract/parameters.ts';
import { DEQUANTISER } from './flow.ts';
import { Glow } from './glow.ts';
import type { ModelOptions } from './options.ts';

const options: ModelOptions = {
  levels: 1,
  depth: 1,
  conditioner: { width: 5 },
  mixing: '1x1',
  learnedPrior: true,
  bits: 8,
  dequantisation: { name: 'variational', width: 16 },
};

type Arrays = Readonly<Record<string, NdArray>>;

const asParameters = (arrays: Arrays) => parametersFrom(asConstants(arrays));

/** Parameters at their start, without data. */
function startParameters(model: Glow): Arrays {
  return Object.fromEntries(
    Object.entries(model.parameters).map(([path, { shape, initial }]) => [
      path,
      { shape, data: initial(new RandomStream(0, path)) },
    ]),
  );
}

function integers(shape: readonly number[], bits: number): NdArray {
  const random = new RandomStream(5, 'pixels');
  return {
    shape,
    data: Float64Array.from({ length: countElements(shape) }, () => random.integer(2 ** bits)),
  };
}

function normals(shape: readonly number[]): NdArray {
  return { shape, data: new RandomStream(6, 'noise').normals(countElements(shape)) };
}

/** u, its log-density and the map of that, for images and normal noise. */
async function evaluateNoise(model: Glow, arrays: Arrays, image: NdArray, noise: NdArray) {
  const { u, logDensity, logDensityMap } = model.dequantisationNoise(
    constant(image),
    constant(noise),
    asParameters(arrays),
  );
  const [noisy, density, map] = await evaluate([u, logDensity!, logDensityMap!]);
  return { u: noisy!.data, logDensity: density!.data, map: map!.data };
}

const logNormal = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((total, e) => total - 0.5 * Math.log(2 * Math.PI) - 0.5 * e * e, 0);

describe('the density of the noise', () => {
  it.each<ImageShape>([
    [2, 4, 1],
    [4, 2, 3],
  ])('follows from the Jacobian of u for images of %i x %i x %i', async (...imageShape) => {
    const model = new Glow(imageShape, options);
    const arrays = randomParameters(model.parameters);
    const size = countDimensions(imageShape);
    const images = 2;
    const image = integers([images, ...imageShape], 8);
    const noise = normals(image.shape);
    const { logDensity, map } = await evaluateNoise(model, arrays, image, noise);
    for (let index = 0; index < images; index++) {
      const imageNoise = noise.data.slice(index * size, (index + 1) * size);
      const pixels = image.data.slice(index * size, (index + 1) * size);
      // A batch of moved noise: each value a step up, and each a step down.
      const step = 1e-5;
      const moved = Array.from({ length: 2 * size }, (_, row) =>
        Array.from(
          imageNoise,
          (value, element) => value + (element === row % size ? (row < size ? step : -step) : 0),
        ),
      );
      const shape = [2 * size, ...imageShape];
      const repeated = { shape, data: Float64Array.from(moved.flatMap(() => Array.from(pixels))) };
      const { u } = await evaluateNoise(model, arrays, repeated, {
        shape,
        data: Float64Array.from(moved.flat()),
      });
      const jacobian = Array.from({ length: size }, (_, row) =>
        Array.from(
          { length: size },
          (_, element) => (u[row * size + element]! - u[(size + row) * size + element]!) / (2 * step),
        ),
      );
      const expected = logNormal(imageNoise) - Math.log(Math.abs(determinant(new Matrix(jacobian))));
      expect(logDensity[index]).toBeCloseTo(expected, 6);
      const shares = map.subarray((index * map.length) / images, ((index + 1) * map.length) / images);
      expect(Array.from(shares).reduce((total, share) => total + share, 0)).toBeCloseTo(expected, 6);
    }
  });

  it('depends on the image', async () => {
    const model = new Glow([2, 2, 1], options);
    const arrays = randomParameters(model.parameters);
    const noise = {
      shape: [2, 2, 2, 1],
      data: Float64Array.from([1, 2, 3, 4, 1, 2, 3, 4], (e) => e / 3 - 1),
    };
    const image = { shape: noise.shape, data: Float64Array.from([9, 200, 30, 0, 9, 200, 30, 255]) };
    const { u, logDensity } = await evaluateNoise(model, arrays, image, noise);
    expect(logDensity[0]).not.toBeCloseTo(logDensity[1]!, 3);
    expect(Array.from(u.subarray(0, 4))).not.toEqual(Array.from(u.subarray(4)));
  });
});

it.each([1, 2, 3])('starts nearly uniform, 0.0218 bits/dim from it, with %i steps', async (steps) => {
  const model = new Glow([2, 2, 1], { ...options, dequantisation: { name: 'variational', steps } });
  // Before training every value of u depends on its own ε alone: one integral over ε is enough.
  const [points, reach] = [2001, 9];
  const width = (2 * reach) / (points - 1);
  const grid = Array.from({ length: points }, (_, index) => -reach + width * index);
  const shape = [points, 2, 2, 1];
  const noise = { shape, data: Float64Array.from(grid.flatMap((e) => [e, e, e, e])) };
  const { u, logDensity } = await evaluateNoise(model, startParameters(model), integers(shape, 8), noise);
  const expectation = grid.reduce(
    (total, e, index) => total + width * Math.exp(logNormal([e])) * (logDensity[index]! / 4),
    0,
  );
  // 0.021762 by integration of −ln N(e) + ln 1.6 + ln sigmoid'(1.6·e), and −ln(1 − 2⁻¹⁵) for the margins.
  expect(expectation / Math.LN2).toBeCloseTo(0.021762 + 2 ** -15 / Math.LN2, 5);
  grid.forEach((e, index) => {
    const sigmoid = 1 / (1 + Math.exp(-1.6 * e));
    expect(u[4 * index + 3]).toBeCloseTo(2 ** -16 + (1 - 2 ** -15) * sigmoid, 9);
  });
});

describe('keeps every pixel, however far out the noise gets', () => {
  const settings = ([8, 5, 1] as const).flatMap((bits) =>
    (['float32', 'float64'] as const).map((precision) => [bits, precision] as const),
  );
  it.each<readonly [number, Precision]>(settings)('%i bits, %s', async (bits, precision) => {
    const imageShape: ImageShape = [2, 2, 1];
    const model = new Glow(imageShape, { ...options, bits });
    const shape = [6 * 2 ** bits, ...imageShape];
    const image = input('image', shape);
    const noise = input('noise', shape);
    const { u, logDensity } = model.dequantisationNoise(image, noise, asParameters(startParameters(model)));
    const x = model.dequantise(image, u);
    const far = [-1e4, -30, -12, 7, 12, 1e4];
    const pixels = Float64Array.from({ length: countElements(shape) }, (_, index) => Math.floor(index / 24));
    const result = await runOnce(
      { inputs: { image, noise }, outputs: { u, logDensity: logDensity!, x } },
      {
        image: { shape, data: pixels },
        noise: { shape, data: Float64Array.from(pixels, (_, index) => far[Math.floor(index / 4) % 6]!) },
      },
      precision,
    );
    expect(result.u!.data.every((value) => value > 0 && value < 1)).toBe(true);
    expect(result.logDensity!.data.every(Number.isFinite)).toBe(true);
    // As a decoder rounds values, in their own precision.
    const back = result.x!.data.map((value) => Math.floor((value + 0.5) * 2 ** bits));
    expect(Array.from(back)).toEqual(Array.from(pixels));
  });
});

describe('the bound', () => {
  const imageShape: ImageShape = [2, 4, 1];
  const model = new Glow(imageShape, { ...options, depth: 2 });
  const arrays = randomParameters(model.parameters);
  const batch = { image: integers([3, ...imageShape], 8), noise: normals([3, ...imageShape]) };
  const tensors = asInputs(arrays);
  const [image, noise] = [input('image', batch.image.shape), input('noise', batch.image.shape)];
  const { logLikelihood } = model.likelihood(image, noise, parametersFrom(tensors));
  const loss = sum(logLikelihood);

  it('is log p(v + u) − log q(u | v)', async () => {
    const { u, logDensity } = await evaluateNoise(model, arrays, batch.image, batch.noise);
    const uniform = new Glow(imageShape, { ...model.options, dequantisation: 'uniform' });
    const drawn = constant({ shape: batch.image.shape, data: u });
    const plain = uniform.likelihood(constant(batch.image), drawn, asParameters(arrays)).logLikelihood;
    const likelihood = model.likelihood(constant(batch.image), constant(batch.noise), asParameters(arrays));
    const [expected, bound] = await evaluate([plain, likelihood.logLikelihood]);
    bound!.data.forEach((value, index) => {
      expect(value).toBeCloseTo(expected!.data[index]! - logDensity[index]!, 9);
    });
  });

  it('has gradients that agree with central differences, for p and for q', async () => {
    const trained = Object.keys(model.parameters).filter((path) => model.parameters[path]!.trained);
    const parameterGradients = gradients(
      loss,
      trained.map((path) => tensors[path]!),
      constant(1),
    );
    const outputs: Record<string, Tensor> = { loss };
    trained.forEach((path, index) => {
      outputs[path] = parameterGradients[index]!;
    });
    const exact = await runOnce(
      { inputs: { image, noise, ...tensors }, outputs },
      { ...batch, ...arrays },
      'float64',
    );
    const value = await compile(
      { inputs: { image, noise, ...tensors }, outputs: { loss } },
      { precision: 'float64' },
    );
    expect(trained.filter((path) => path.startsWith(`${DEQUANTISER}/`)).length).toBeGreaterThan(30);
    for (const path of trained) {
      const { shape, data } = arrays[path]!;
      const { data: slopes } = exact[path]!;
      const size = Math.max(1, ...slopes.map(Math.abs));
      for (const element of [0, Math.floor(data.length / 2), data.length - 1]) {
        const step = 1e-5;
        const evaluateMoved = async (by: number): Promise<number> => {
          const moved = Float64Array.from(data, (weight, index) => weight + (index === element ? by : 0));
          return (await value.run({ ...batch, ...arrays, [path]: { shape, data: moved } })).loss!.data[0]!;
        };
        const difference = ((await evaluateMoved(step)) - (await evaluateMoved(-step))) / (2 * step);
        expect(Math.abs(slopes[element]! - difference) / size, `${path} ${element}`).toBeLessThan(1e-6);
      }
      expect(
        slopes.some((slope) => slope !== 0),
        path,
      ).toBe(true);
    }
    await value.release();
  });

  it('rises to the exact probability of the integer image, from below, as more draws are weighted', async () => {
    // One bit: the density differs greatly within a pixel, whose probability is an integral in four dimensions.
    const shape: ImageShape = [2, 2, 1];
    const model = new Glow(shape, { ...options, bits: 1 });
    const arrays = Object.fromEntries(
      Object.entries(startParameters(model)).map(([path, { shape, data }]) => {
        const random = new RandomStream(3, path);
        return [path, { shape, data: data.map((value) => value + 0.05 * random.normal()) }];
      }),
    );
    const pixels = [1, 0, 0, 1];
    const logDensities = async (noiseModel: Glow, drawn: Float64Array): Promise<Float64Array> => {
      const batchShape = [drawn.length / 4, ...shape];
      const data = Float64Array.from(drawn, (_, index) => pixels[index % 4]!);
      const { logLikelihood } = noiseModel.likelihood(
        constant({ shape: batchShape, data }),
        constant({ shape: batchShape, data: drawn }),
        asParameters(arrays),
      );
      return Float64Array.from((await evaluate([logLikelihood]))[0]!.data);
    };
    // The midpoint rule in four dimensions: with half as many points a side the result is the same to 1e-3.
    const exactly = async (side: number): Promise<number> => {
      const points = Array.from({ length: side ** 4 }, (_, index) =>
        [0, 1, 2, 3].map((axis) => ((Math.floor(index / side ** axis) % side) + 0.5) / side),
      );
      const uniform = new Glow(shape, { ...model.options, dequantisation: 'uniform' });
      const values = await logDensities(uniform, Float64Array.from(points.flat()));
      return Math.log(mean(Array.from(values, Math.exp)));
    };
    const exact = await exactly(12);
    expect(Math.abs(exact - (await exactly(6)))).toBeLessThan(2e-3);
    const draws = 65_536;
    const values = await logDensities(model, new RandomStream(9, 'draws').normals(4 * draws));
    const meanNoise = (count: number): { mean: number; error: number } => {
      const groups = Array.from({ length: draws / count }, (_, group) =>
        Math.log(mean(Array.from(values.subarray(group * count, (group + 1) * count), Math.exp))),
      );
      const average = mean(groups);
      const spread = mean(groups.map((value) => (value - average) ** 2));
      return { mean: average, error: Math.sqrt(spread / groups.length) };
    };
    const bounds = [1, 4, 16, 64, 2048].map(meanNoise);
    bounds.slice(1).forEach((bound, index) => {
      expect(bound.mean).toBeGreaterThan(bounds[index]!.mean);
    });
    for (const bound of bounds) {
      expect(bound.mean).toBeLessThan(exact + 3 * bound.error);
    }
    expect(exact - bounds[0]!.mean).toBeGreaterThan(0.3);
    expect(Math.abs(exact - bounds.at(-1)!.mean)).toBeLessThan(0.02);
  });
});
