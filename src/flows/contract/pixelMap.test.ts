// Where the log-determinant of a layer arises: every pixel has the share that it would have in an image of its like.
import { expect, it } from 'vitest';
import type { ImageShape } from '../../core/numeric/imageShape.ts';
import { sameShape } from '../../tensor/shape.ts';
import { constant, input } from '../../tensor/tensor.ts';
import { expectClose } from '../../testing/golden.ts';
import { layerCases } from '../../testing/layers.ts';
import { asConstants, asInputs, runOnce } from '../../testing/programValues.ts';
import { localParameters } from '../../testing/randomModel.ts';
import { randomImages } from '../checks/randomParameters.ts';
import { checkerboard } from '../coupling/masks.ts';
import { buildCoupling } from '../models/couplings.ts';
import type { Bijection } from './bijection.ts';
import { parametersFrom } from './parameters.ts';

/**
 * The layers whose log-determinant depends on the place, at images of several pixels and channels: a single
 * channel that depends on nothing but itself is scaled by a constant. Not those that depend on conditions, which an image
 * filled with one pixel does not go with, not dense networks, which see all pixels, and not masks of pixels: checkerboards
 * have a test of their own.
 */
const cases = layerCases().filter(([name, layer]) => {
  if (
    name.includes('checkerboard') ||
    name.startsWith('coupling, a mask of') ||
    name.startsWith('coupling, dense') ||
    layer.conditions !== undefined
  ) {
    return false;
  }
  const { inputShape, outputShape, parameters } = layer;
  const { logDetMap } = layer.forward(input('x', [1, ...inputShape]), parametersFrom(asInputs(parameters)));
  const [height, width, channels] = inputShape;
  return logDetMap && sameShape(inputShape, outputShape) && height * width > 1 && channels > 1;
});

it('is about several layers', () => {
  expect(new Set(cases.map(([name]) => name.replace(/[ ,].*/, '')))).toEqual(new Set(['maf', 'coupling']));
});

it.each(cases)('%s', async (_, layer) => checkShares(layer, () => true));

it.each([0, 1] as const)('a checkerboard that keeps pixels of parity %i', async (keep) => {
  const shape: ImageShape = [3, 5, 2];
  const options = { conditioner: { width: 4 }, coupling: 'mixture' };
  await checkShares(
    buildCoupling(shape, options, checkerboard({ keep })),
    (pixel) => (Math.floor(pixel / shape[1]) + (pixel % shape[1])) % 2 !== keep,
  );
});

/**
 * Checks that the pixels that contribute have the share that each of them has in an image filled with the pixel, and the
 * others none.
 */
async function checkShares(layer: Bijection, contributes: (pixel: number) => boolean): Promise<void> {
  const [height, width, channels] = layer.inputShape;
  const area = height * width;
  const x = randomImages(1, layer.inputShape, 'x');
  const parameters = parametersFrom(asConstants(localParameters(layer.parameters)));
  // One image for every pixel, filled with it.
  const filled = {
    shape: [area, ...layer.inputShape],
    data: Float64Array.from({ length: area * area * channels }, (_, index) => {
      const pixel = Math.floor(index / (area * channels));
      return x.data[pixel * channels + (index % channels)]!;
    }),
  };
  const { logDetMap } = layer.forward(constant(x), parameters);
  const { logDet } = layer.forward(constant(filled), parameters);
  const shares = await runOnce({ inputs: {}, outputs: { logDetMap: logDetMap!, logDet } }, {}, 'float64');
  const pixels = Array.from({ length: area }, (_, pixel) => contributes(pixel));
  const contributing = pixels.filter(Boolean).length;
  const alone = Array.from(shares.logDet!.data, (value, pixel) => (pixels[pixel] ? value / contributing : 0));
  expectClose('shares', shares.logDetMap!.data, alone, 'float64');
  const different = alone.filter((_, pixel) => pixels[pixel]).map((value) => value.toFixed(6));
  expect(new Set(different).size).toBeGreaterThan(1);
}
