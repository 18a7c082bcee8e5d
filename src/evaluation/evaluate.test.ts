// bits/dim of a split: against a likelihood written out by hand, and what its summary and its error mean.
import { determinant, Matrix } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { imagesInMemory, readOne } from '../data/dataset.ts';
import { Glow, type GlowOptions } from '../models/glow.ts';
import { dimensionsOf, type ImageShape } from '../numeric/imageShape.ts';
import { type NdArray, sizeOf } from '../numeric/ndarray.ts';
import { RandomStream } from '../numeric/random.ts';
import { constant } from '../tensor/tensor.ts';
import { randomParameters } from '../testing/layers.ts';
import { tinyImages } from '../testing/tinyImages.ts';
import { imageArray } from '../training/likelihood.ts';
import { startFromData } from '../training/trainer.ts';
import { evaluate, summarise } from './evaluate.ts';
import { FlowModel } from './flowModel.ts';
import { trainedModel } from './loadRun.ts';

const options: GlowOptions = {
  levels: 1,
  depth: 1,
  width: 5,
  mixing: '1x1',
  kernelSize: 3,
  dilation: 1,
  learnedPrior: true,
  bits: 5,
};

describe('against a likelihood by hand', () => {
  const imageShape: ImageShape = [4, 6, 1];
  const model = new Glow(options, imageShape);
  const arrays = randomParameters(model.parameters);
  const parameters = Object.fromEntries(
    Object.entries(arrays).map(([path, array]) => [path, constant(array)]),
  );
  const random = new RandomStream(3, 'pixels');
  const pixels = Uint8Array.from({ length: 20 * dimensionsOf(imageShape) }, () => random.integer(256));
  const images = imagesInMemory(pixels, imageShape);
  const seed = 11;
  const expected = Array.from({ length: images.count }, (_, index) => {
    const noise = new Float64Array(dimensionsOf(imageShape));
    new RandomStream(seed, 'dequantise', 0, index).fillDequantisationNoise(noise);
    return bitsPerDimByHand(readOne(images, index), noise, imageShape, arrays);
  });

  it.each([1, 7, 64])('at batch size %i', async (batchSize) => {
    const flow = new FlowModel({ model, parameters }, { batchSize });
    const { perImage, bitsPerDim } = await evaluate(flow, images, { seed });
    await flow.release();
    expect(perImage.length).toBe(images.count);
    perImage.forEach((value, index) => {
      expect(Math.abs(value - expected[index]!), `image ${index}`).toBeLessThan(1e-4);
    });
    const mean = expected.reduce((sum, value) => sum + value, 0) / images.count;
    expect(Math.abs(bitsPerDim - mean)).toBeLessThan(1e-4);
  });
});

describe('standard error', () => {
  it.each([2, 4])('is the spread of the mean over repetitions, with %i draws', async (draws) => {
    const imageShape: ImageShape = [8, 8, 1];
    const model = new Glow(options, imageShape);
    const images = imagesInMemory(tinyImages(24, 8, 0), imageShape);
    const image = imageArray(tinyImages(24, 8, 0), imageShape, options.bits);
    const noise = { shape: image.shape, data: new Float32Array(sizeOf(image.shape)) };
    new RandomStream(0, 'start').fillDequantisationNoise(noise.data);
    const trained = trainedModel(model, await startFromData(model, { image, noise }, 0), 'raw');
    const flow = new FlowModel(trained, { threads: 1 });
    const means: number[] = [];
    const errors: number[] = [];
    for (let seed = 0; seed < 20; seed++) {
      const { bitsPerDim, standardError } = await evaluate(flow, images, { draws, seed });
      means.push(bitsPerDim);
      errors.push(standardError!);
    }
    const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    const centre = mean(means);
    const spread = Math.sqrt(means.reduce((sum, value) => sum + (value - centre) ** 2, 0) / 19);
    // The spread of 20 values is itself known to 1/√38 = 16 %.
    expect(mean(errors) / spread).toBeGreaterThan(0.7);
    expect(mean(errors) / spread).toBeLessThan(1.35);
  });
});

describe('summarise', () => {
  it('finds mean, median, worst and the error of the mean', () => {
    const draws = [Float64Array.of(1, 9, 2, 4), Float64Array.of(3, 9, 2, 8)];
    const { perImage, ...rest } = summarise(draws);
    expect([...perImage]).toEqual([2, 9, 2, 6]);
    expect(rest).toEqual({
      bitsPerDim: 19 / 4,
      // Variances 2, 0, 0, 8 of single draws, halved by two draws, of the sum of four images.
      standardError: Math.sqrt(5) / 4,
      draws: 2,
      images: 4,
      median: 4,
      worst: { index: 1, bitsPerDim: 9 },
    });
  });

  it('takes the middle of an odd number of images, and has no error from one draw', () => {
    expect(summarise([Float64Array.of(5, 1, 3)])).toMatchObject({
      median: 3,
      standardError: null,
      worst: { index: 0, bitsPerDim: 5 },
    });
  });

  it('shows an image that exploded, infinite or not a number', () => {
    expect(summarise([Float64Array.of(1, Number.POSITIVE_INFINITY, 3)]).worst.index).toBe(1);
    expect(summarise([Float64Array.of(1, Number.NaN, 3)]).worst.index).toBe(1);
    expect(summarise([Float64Array.of(Number.NaN, 2, 3)])).toMatchObject({
      bitsPerDim: Number.NaN,
      worst: { index: 0 },
    });
  });
});

/** One pixel's channels, by row and column. */
type Pixels = number[][][];

/** bits/dim of one grey image under a model of one level and one step with a 1x1 convolution, step by step. */
function bitsPerDimByHand(
  image: Uint8Array,
  noise: Float64Array,
  [height, width]: ImageShape,
  arrays: Readonly<Record<string, NdArray>>,
): number {
  const at = (path: string): number[] =>
    Array.from((arrays[`levels/0/steps/0/${path}`] ?? arrays[path])!.data);
  const x = Array.from(image, (value, i) => ((value >> 3) + noise[i]!) / 32 - 0.5);
  const [rows, columns] = [height / 2, width / 2];
  const squeezed = grid(rows, columns, (r, c) =>
    [0, 1].flatMap((down) => [0, 1].map((right) => x[(2 * r + down) * width + 2 * c + right]!)),
  );
  const affine = (values: number[], path: string): number[] =>
    values.map((value, o) => (value + at(`${path}/bias`)[o]!) * Math.exp(3 * at(`${path}/logScale`)[o]!));
  const weight = at('conv1x1/weight');
  const mixed = grid(rows, columns, (r, c) => {
    const normalised = affine(squeezed[r]![c]!, 'actnorm');
    return [0, 1, 2, 3].map((o) => normalised.reduce((sum, value, i) => sum + value * weight[4 * i + o]!, 0));
  });
  let logLikelihood = 0;
  for (const logScale of at('actnorm/logScale')) {
    logLikelihood += rows * columns * 3 * logScale;
  }
  const matrix = Matrix.from1DArray(4, 4, weight);
  logLikelihood += rows * columns * Math.log(Math.abs(determinant(matrix)));

  const relu = (values: number[]): number[] => values.map((value) => Math.max(0, value));
  const kept = grid(rows, columns, (r, c) => mixed[r]![c]!.slice(0, 2));
  const first = convolve(kept, 2, at('coupling/conv1/kernel'), (sums) =>
    relu(affine(sums, 'coupling/conv1')),
  );
  const second = grid(rows, columns, (r, c) => {
    const kernel = at('coupling/conv2/kernel');
    const hidden = first[r]![c]!;
    const sums = hidden.map((_, o) =>
      hidden.reduce((sum, value, i) => sum + value * kernel[hidden.length * i + o]!, 0),
    );
    return relu(affine(sums, 'coupling/conv2'));
  });
  const third = convolve(second, options.width, at('coupling/conv3/kernel'), (sums) =>
    affine(sums, 'coupling/conv3'),
  );
  const prior = convolve(
    grid(rows, columns, () => []),
    0,
    at('prior/edgeKernel'),
    (sums) => affine(sums, 'prior'),
  );
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      const h = third[r]![c]!;
      const z = [...kept[r]![c]!];
      for (const i of [0, 1]) {
        const scale = 1 / (1 + Math.exp(-(h[2 * i + 1]! + 2)));
        z.push((mixed[r]![c]![2 + i]! + h[2 * i]!) * scale);
        logLikelihood += Math.log(scale);
      }
      z.forEach((value, i) => {
        const [mean, logDeviation] = [prior[r]![c]![i]!, prior[r]![c]![4 + i]!];
        const epsilon = (value - mean) / Math.exp(logDeviation);
        logLikelihood -= 0.5 * Math.log(2 * Math.PI) + logDeviation + 0.5 * epsilon * epsilon;
      });
    }
  }
  // Five bits of each pixel, which the density over the unit cube lacks.
  return (-logLikelihood / Math.LN2 + 5 * height * width) / (height * width);
}

function grid(rows: number, columns: number, pixel: (row: number, column: number) => number[]): Pixels {
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_, column) => pixel(row, column)),
  );
}

/** A 3x3 convolution with zero padding whose last input channel is 1 outside of the image and 0 inside. */
function convolve(x: Pixels, channels: number, kernel: number[], then: (sums: number[]) => number[]): Pixels {
  const outputs = kernel.length / (9 * (channels + 1));
  return grid(x.length, x[0]!.length, (row, column) => {
    const sums = new Array<number>(outputs).fill(0);
    for (let tap = 0; tap < 9; tap++) {
      const inside = x[row + Math.floor(tap / 3) - 1]?.[column + (tap % 3) - 1];
      const values = inside ? [...inside, 0] : [...new Array<number>(channels).fill(0), 1];
      values.forEach((value, i) => {
        for (let o = 0; o < outputs; o++) {
          sums[o]! += value * kernel[(tap * (channels + 1) + i) * outputs + o]!;
        }
      });
    }
    return then(sums);
  });
}
