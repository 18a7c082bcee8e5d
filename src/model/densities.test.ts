// The parts of the log-likelihood: they add up to it, with and without classes and on several ranks.
import { afterAll, describe, expect, it } from 'vitest';
import { countDimensions, type ImageShape } from '../core/numeric/arrays.ts';
import { imagesInMemory } from '../data/contract/dataset.ts';
import { randomParameters } from '../flows/checks/randomParameters.ts';
import { Glow } from '../flows/models/glow.ts';
import type { ModelOptions } from '../flows/models/options.ts';
import { expectClose } from '../testing/golden.ts';
import { onLocalRanks } from '../testing/localRanks.ts';
import { asConstants } from '../testing/programValues.ts';
import { tinyImages } from '../testing/tinyImages.ts';
import { overClasses } from './classLikelihoods.ts';
import { FlowModel } from './flowModel.ts';

const imageShape: ImageShape = [8, 8, 1];
const images = imagesInMemory(tinyImages(5, 8, 3), imageShape);
const opened: FlowModel[] = [];
afterAll(() => Promise.all(opened.map((model) => model.release())));

function modelWith(options: Partial<ModelOptions>): FlowModel {
  const model = new Glow(imageShape, {
    levels: 2,
    depth: 1,
    conditioner: { width: 4 },
    mixing: 'emerging',
    learnedPrior: true,
    ...options,
  });
  const parameters = asConstants(randomParameters(model.parameters));
  opened.push(new FlowModel({ model, parameters }, { threads: 1, batchSize: 2, precision: 'float64' }));
  return opened.at(-1)!;
}

const how = { draws: 2, seed: 3, noiseByContent: true };

/** Σ latents + Σ ln|det| of each image. */
const sumLevels = (levels: Readonly<Record<string, Float64Array>>): Float64Array =>
  Object.values(levels).reduce((sum, part) => sum.map((value, image) => value + part[image]!));

describe.each([
  ['a model', {}, []],
  ['a model with classes', { classes: ['dark', 'light', 'grey'] }, []],
  ['additive couplings', { coupling: 'additive' as const }, ['logDet 0', 'logDet 1']],
])('%s', (_, options, constantLevels) => {
  const model = modelWith(options);

  it('has the log-likelihood, for each draw, and parts that add up to it', async () => {
    const { logLikelihood, levels, classes } = await model.levelDensities(images, how);
    const bits = await model.bitsPerDimByDraw(images, how);
    const nats = -countDimensions(imageShape) * Math.LN2;
    logLikelihood.forEach((draw, index) => {
      const expected = bits[index]!.map((value) => value * nats);
      expectClose('ln p', draw, expected, 'float64');
    });
    const names = ['latents 0', 'logDet 0', 'latents 1', 'logDet 1'].filter(
      (name) => !(constantLevels as string[]).includes(name),
    );
    expect(Object.keys(levels)).toEqual(names);
    // They differ from it by −D·bits·ln 2 and by what is the same for all images.
    const mean = logLikelihood[0]!.map((value, image) => (value + logLikelihood[1]![image]!) / 2);
    const remainders = sumLevels(levels).map((value, image) => mean[image]! - value);
    expectClose('rest', remainders, new Float64Array(images.count).fill(remainders[0]!), 'float64');
    if (model.classes.length > 0) {
      const expected = await model.classLikelihoods(images, how);
      classes!.draws.forEach((draw, index) => {
        expectClose('ln p(x | class)', draw, expected.draws[index]!, 'float64');
      });
      expectClose('ln p(x)', logLikelihood[1]!, overClasses(expected)[1]!, 'float64');
    } else {
      expect(classes).toBeUndefined();
    }
  });

  it('has the same on several ranks', async () => {
    const single = await model.levelDensities(images, how);
    for (const densities of await onLocalRanks(3, (ranks) =>
      model.levelDensities(images, { ...how, ranks }),
    )) {
      expect(densities).toEqual(single);
    }
  });
});

it('refuses images of another shape', async () => {
  const others = imagesInMemory(new Uint8Array(16), [4, 4, 1]);
  await expect(modelWith({}).levelDensities(others)).rejects.toThrow(
    'the images are 4x4x1, but the model takes 8x8x1',
  );
});
