// What is measured of images: everything that the default score needs, for each image in its place.
import { afterAll, expect, it } from 'vitest';
import { imagesInMemory } from '../../../data/contract/dataset.ts';
import { Glow } from '../../../models/glow.ts';
import type { ImageShape } from '../../../numeric/imageShape.ts';
import { RandomStream } from '../../../numeric/random.ts';
import { constant } from '../../../tensor/tensor.ts';
import { FlowModel } from '../../../trained/model/flowModel.ts';
import { randomParameters } from '../../bijections/randomParameters.ts';
import { computableFrom } from '../scores/registry.ts';
import { codeLength } from './codeLength.ts';
import { measureStatistics } from './imageStatistics.ts';
import { ninthNames, ninthsOf } from './ninths.ts';
import { pixelStatisticsOf } from './pixelStatistics.ts';

const imageShape: ImageShape = [8, 12, 1];
const glow = new Glow(imageShape, { levels: 2, depth: 1, width: 4, mixing: 'reverse' });
const parameters = Object.fromEntries(
  Object.entries(randomParameters(glow.parameters)).map(([path, array]) => [path, constant(array)]),
);
const model = new FlowModel({ model: glow, parameters }, { threads: 1 });
afterAll(() => model.release());

it('are the levels of the model, the code length, the statistics of the pixels and the ninths', async () => {
  const random = new RandomStream(0);
  const pixels = Uint8Array.from({ length: 3 * 96 }, () => random.integer(256));
  const { statistics } = await measureStatistics(model, imagesInMemory(pixels, imageShape), { seed: 1 });
  expect(computableFrom(statistics)).toEqual(['bits', 'complexity', 'typicality']);
  expect(Object.keys(statistics)).toEqual(expect.arrayContaining(['latents 0', 'logDet 1', ...ninthNames]));
  for (let image = 0; image < 3; image++) {
    const own = pixels.subarray(image * 96, (image + 1) * 96);
    const expected = {
      code: codeLength(own, imageShape, 8) / 96,
      ...pixelStatisticsOf(own, imageShape),
      ...Object.fromEntries(ninthNames.map((name, place) => [name, ninthsOf(own, imageShape)[place]])),
    };
    for (const [name, value] of Object.entries(expected)) {
      expect(statistics[name]![image], name).toBe(value);
    }
  }
});
