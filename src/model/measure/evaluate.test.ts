// bits/dim of a split: against a likelihood written out by hand; the meaning of its summary and error.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countDimensions, countElements, type ImageShape } from '../../core/numeric/arrays.ts';
import { RandomStream } from '../../core/numeric/random.ts';
import { mean, variance } from '../../core/numeric/statistics.ts';
import { imagesInMemory, readOne } from '../../data/contract/dataset.ts';
import { Glow } from '../../flows/models/glow.ts';
import type { ModelOptions } from '../../flows/models/options.ts';
import { randomParameters } from '../../testing/layers.ts';
import { onLocalRanks } from '../../testing/localRanks.ts';
import { plainBitsPerDim } from '../../testing/plainLikelihood.ts';
import { asConstants } from '../../testing/programValues.ts';
import { tinyImages } from '../../testing/tinyImages.ts';
import { startFromData } from '../../training/step/startFromData.ts';
import { FlowModel } from '../flowModel.ts';
import { imageArray } from '../likelihood/likelihood.ts';
import { trainedModel } from '../trainedModel.ts';
import { evaluate, importanceBound, summarise } from './evaluate.ts';

const options: ModelOptions = {
  levels: 1,
  depth: 1,
  conditioner: { width: 5 },
  mixing: '1x1',
  learnedPrior: true,
  bits: 5,
};

describe('against a plain likelihood', () => {
  const imageShape: ImageShape = [8, 12, 1];
  const options: ModelOptions = {
    levels: 2,
    depth: 2,
    conditioner: { width: 5 },
    mixing: { name: 'emerging', kernelSize: 5, dilation: 2 },
    learnedPrior: true,
    bits: 5,
  };
  const model = new Glow(imageShape, options);
  const images = imagesInMemory(randomPixels(20, imageShape), imageShape);
  const seed = 11;
  const values = randomParameters(model.parameters);
  const parameters = asConstants(values);
  const expected = Array.from({ length: images.count }, (_, index) => {
    const noise = new Float64Array(countDimensions(imageShape));
    new RandomStream(seed, 'dequantise', 0, index).fillDequantisationNoise(noise);
    return plainBitsPerDim(readOne(images, index), noise, imageShape, options, values);
  });

  it.each([2, 7, 30])('by %i ranks, the same', async (size) => {
    const measured = await onLocalRanks(size, async (ranks) => {
      await using flow = new FlowModel({ model, parameters }, { batchSize: 4, threads: 1 });
      const done: number[] = [];
      const onProgress = (images: number): void => void done.push(images);
      const evaluation = await evaluate(flow, images, { seed, draws: 2, importance: 2, ranks, onProgress });
      expect(done.at(-1) ?? 40).toBe(40);
      return evaluation;
    });
    await using flow = new FlowModel({ model, parameters }, { threads: 1 });
    const expected = await evaluate(flow, images, { seed, draws: 2, importance: 2 });
    expect(measured).toEqual(measured.map(() => expected));
  });

  it.each([0, 1.5])('%f draws are refused, also beside importance', async (draws) => {
    await using flow = new FlowModel({ model, parameters }, { threads: 1 });
    await expect(evaluate(flow, images, { draws, importance: 2 })).rejects.toThrow(/draws must be/);
  });

  it.each([1, 7, 64])('at batch size %i', async (batchSize) => {
    await using flow = new FlowModel({ model, parameters }, { batchSize });
    const { perImage, bitsPerDim } = await evaluate(flow, images, { seed });
    expect(perImage.length).toBe(images.count);
    perImage.forEach((value, index) => {
      expect(Math.abs(value - expected[index]!), `image ${index}`).toBeLessThan(1e-4);
    });
    expect(Math.abs(bitsPerDim - mean(expected))).toBeLessThan(1e-4);
  });
});

describe('standard error', () => {
  it.each([2, 4])('is the spread of the mean over repetitions, with %i draws', async (draws) => {
    const imageShape: ImageShape = [8, 8, 1];
    const model = new Glow(imageShape, options);
    const images = imagesInMemory(tinyImages(24, 8, 0), imageShape);
    const image = imageArray(tinyImages(24, 8, 0), imageShape, model.values);
    const noise = { shape: image.shape, data: new Float32Array(countElements(image.shape)) };
    new RandomStream(0, 'start').fillDequantisationNoise(noise.data);
    const trained = trainedModel(model, await startFromData(model, { image, noise }, 0), 'raw');
    await using flow = new FlowModel(trained, { threads: 1 });
    const means: number[] = [];
    const errors: number[] = [];
    for (let seed = 0; seed < 20; seed++) {
      const { bitsPerDim, standardError } = await evaluate(flow, images, { draws, seed });
      means.push(bitsPerDim);
      errors.push(standardError!);
    }
    const spread = Math.sqrt(variance(means));
    // The spread of 20 values is itself known to 1/√38 = 16 %.
    expect(mean(errors) / spread).toBeGreaterThan(0.7);
    expect(mean(errors) / spread).toBeLessThan(1.35);
  });
});

describe('summarise', () => {
  it('finds mean, median, worst and the error of the mean', () => {
    const draws = [Float64Array.of(1, 9, 2, 4), Float64Array.of(3, 9, 2, 8)];
    const { perImage, ...statistics } = summarise(draws);
    expect([...perImage]).toEqual([2, 9, 2, 6]);
    expect(statistics).toEqual({
      bitsPerDim: 19 / 4,
      // Variances 2, 0, 0, 8 of single draws, halved by two draws, of the sum of four images.
      standardError: expect.closeTo(Math.sqrt(5) / 4, 12),
      // Deviations from 4.75 of the images' means: 2.75, 4.25, 2.75, 1.25.
      samplingError: expect.closeTo(Math.sqrt((2.75 ** 2 * 2 + 4.25 ** 2 + 1.25 ** 2) / 3 / 4), 12),
      draws: 2,
      images: 4,
      median: 4,
      quantiles: { '1%': 2, '99%': expect.closeTo(6 + 0.97 * 3, 12) },
      worst: { index: 1, bitsPerDim: 9 },
      worstImages: [
        { index: 1, bitsPerDim: 9 },
        { index: 3, bitsPerDim: 6 },
        { index: 0, bitsPerDim: 2 },
        { index: 2, bitsPerDim: 2 },
      ],
    });
  });

  it('takes the middle of an odd number of images, and has no error with one draw', () => {
    expect(summarise([Float64Array.of(5, 1, 3)])).toMatchObject({
      median: 3,
      standardError: null,
      worst: { index: 0, bitsPerDim: 5 },
    });
  });

  it('shows an image that exploded to infinity or NaN', () => {
    expect(summarise([Float64Array.of(1, Number.POSITIVE_INFINITY, 3)]).worst.index).toBe(1);
    expect(summarise([Float64Array.of(1, Number.NaN, 3)]).worst.index).toBe(1);
    expect(summarise([Float64Array.of(Number.NaN, 2, 3)])).toMatchObject({
      bitsPerDim: Number.NaN,
      worst: { index: 0 },
    });
  });
});

/** Grey images of any values. */
function randomPixels(count: number, imageShape: ImageShape): Uint8Array {
  const random = new RandomStream(3, 'pixels');
  return Uint8Array.from({ length: count * countDimensions(imageShape) }, () => random.integer(256));
}

describe('importanceBound', () => {
  it('is the logarithm of the mean density', () => {
    // One value per image: densities 2⁻¹ and 2⁻³, whose mean is 5/16.
    const { bitsPerDim, samplingError, draws } = importanceBound([Float64Array.of(1), Float64Array.of(3)], 1);
    expect(bitsPerDim).toBeCloseTo(-Math.log2(5 / 16), 12);
    expect([samplingError, draws]).toEqual([null, 2]);
  });

  it('handles densities beyond the floating-point range, on either side', () => {
    for (const value of [-40, 40]) {
      const draws = [Float64Array.of(value), Float64Array.of(value)];
      expect(importanceBound(draws, 10_000).bitsPerDim).toBeCloseTo(value, 9);
    }
    const apart = [Float64Array.of(1), Float64Array.of(2)];
    expect(importanceBound(apart, 10_000).bitsPerDim).toBeCloseTo(1 + 1 / 10_000, 9);
  });

  it('propagates non-finite values', () => {
    const infinite = Float64Array.of(Number.POSITIVE_INFINITY);
    expect(importanceBound([infinite, infinite], 4).bitsPerDim).toBe(Number.POSITIVE_INFINITY);
    expect(importanceBound([infinite, Float64Array.of(2)], 4).bitsPerDim).toBeCloseTo(2.25, 12);
    expect(importanceBound([Float64Array.of(Number.NaN), Float64Array.of(2)], 4).bitsPerDim).toBeNaN();
  });

  it('lies between the plain mean of its draws and the smallest of them', () => {
    const values = fc.array(fc.double({ min: -20, max: 20, noNaN: true }), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 3000 }), (values, dimensions) => {
        const { bitsPerDim } = importanceBound(
          values.map((value) => Float64Array.of(value)),
          dimensions,
        );
        expect(bitsPerDim).toBeLessThanOrEqual(mean(values) + 1e-9);
        expect(bitsPerDim).toBeGreaterThanOrEqual(Math.min(...values) - 1e-9);
      }),
    );
  });
});
