// Statistics of images: everything that the default score needs, for each image in its place.
import { afterAll, describe, expect, it } from 'vitest';
import type { ImageShape } from '../../../core/numeric/arrays.ts';
import { RandomStream } from '../../../core/numeric/random.ts';
import { imagesInMemory, labelsFrom } from '../../../data/contract/dataset.ts';
import { randomParameters } from '../../../flows/checks/randomParameters.ts';
import { Glow } from '../../../flows/models/glow.ts';
import { FlowModel } from '../../../model/flowModel.ts';
import { asConstants } from '../../../testing/programValues.ts';
import { computableFrom } from '../scores/index.ts';
import { codeLength } from './codeLength.ts';
import { classStatistics, gridMeans, measureStatistics, ninthNames } from './imageStatistics.ts';
import { measurePixelStatistics } from './pixelStatistics.ts';

const imageShape: ImageShape = [8, 12, 1];
const glow = new Glow(imageShape, { levels: 2, depth: 1, conditioner: { width: 4 }, mixing: 'reverse' });
const parameters = asConstants(randomParameters(glow.parameters));
const model = new FlowModel({ model: glow, parameters }, { threads: 1 });
afterAll(() => model.release());

it('are the levels of the model, the code length, the statistics of the pixels and the ninths', async () => {
  const random = new RandomStream(0);
  const pixels = Uint8Array.from({ length: 3 * 96 }, () => random.integer(256));
  const { statistics } = await measureStatistics(model, imagesInMemory(pixels, imageShape), { seed: 1 });
  expect(computableFrom(statistics)).toEqual(['bits', 'complexity', 'typicality']);
  expect(Object.keys(statistics)).toEqual(expect.arrayContaining(['latents 0', 'logDet 1', ...ninthNames]));
  for (let image = 0; image < 3; image++) {
    const imagePixels = pixels.subarray(image * 96, (image + 1) * 96);
    const expected = {
      code: codeLength(imagePixels, imageShape, 8) / 96,
      ...measurePixelStatistics(imagePixels, imageShape),
      ...Object.fromEntries(
        ninthNames.map((name, index) => [name, gridMeans(imagePixels, imageShape)[index]]),
      ),
    };
    for (const [name, value] of Object.entries(expected)) {
      expect(statistics[name]![image], name).toBe(value);
    }
  }
});

it('is the mean of each cell, row by row', () => {
  const image = Uint8Array.from({ length: 4 * 6 }, (_, index) => 10 * Math.floor(index / 6) + (index % 6));
  // Rows 0 and 1 are the upper third, columns 0 and 1 the left third.
  expect([...gridMeans(image, [4, 6, 1])]).toEqual([5.5, 7.5, 9.5, 20.5, 22.5, 24.5, 30.5, 32.5, 34.5]);
  expect(ninthNames).toHaveLength(9);
});

it('averages channels, and is 0 where an image is too small to have pixels', () => {
  expect([...gridMeans(Uint8Array.of(0, 60, 240), [1, 1, 3])]).toEqual([100, 0, 0, 0, 0, 0, 0, 0, 0]);
});

describe('class statistics', () => {
  /** Two values per image: 2·ln 2 nats are 1 bit/dim. */
  const model = { model: { imageShape: [1, 1, 2] } } as unknown as FlowModel;
  const bits = Math.LN2;
  const likelihoods = {
    classes: 3,
    // Two images, two draws: means of −4, −2 and −6 bits, and of −1, −9 and −3.
    draws: [
      Float64Array.of(-5, -2, -6, -1, -9, -2).map((value) => value * bits),
      Float64Array.of(-3, -2, -6, -1, -9, -4).map((value) => value * bits),
    ],
  };

  it('are the bits/dim under the best class, and by how much it beats the label', () => {
    const labels = labelsFrom(['a', 'b', 'c'], (image) => [0, 0][image]!);
    const { bestClass, labelMargin } = classStatistics(model, likelihoods, labels);
    expect([...bestClass].map((value) => Number(value.toFixed(9)))).toEqual([1, 0.5]);
    // The first image is likelier of class b by 2 bits, the second of its own class by 2 bits.
    expect([...labelMargin!].map((value) => Number(value.toFixed(9)))).toEqual([2, -2]);
  });

  it('have no margin without labels', () => {
    expect(classStatistics(model, likelihoods, undefined).labelMargin).toBeUndefined();
  });
});
