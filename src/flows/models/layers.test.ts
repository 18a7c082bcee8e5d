// The layers of a model, applied one after the other, equal the model.

import { expect, it } from 'vitest';
import { evaluate } from '../../tensor/engine/program.ts';
import { add, multiply, slice, subtract, sumPerImage } from '../../tensor/operations/index.ts';
import { constant, type Tensor } from '../../tensor/tensor.ts';
import { expectClose } from '../../testing/golden.ts';
import { smallMixing } from '../../testing/layers.ts';
import { asConstants } from '../../testing/programValues.ts';
import { randomImages, randomParameters } from '../checks/randomParameters.ts';
import { parametersFrom } from '../contract/parameters.ts';
import { Glow } from './glow.ts';
import { listLayers } from './layers.ts';
import type { ModelOptions } from './options.ts';
import type { Mixing } from './partRegistries.ts';

const options: Omit<ModelOptions, 'mixing' | 'learnedPrior'> = {
  levels: 2,
  depth: 1,
  conditioner: { width: 5 },
  bits: 8,
};

it.each([
  ['emerging', true, ['conv1x1', 'emerging']],
  ['1x1-plu', false, ['conv1x1']],
  ['maf', true, ['conv1x1', 'maf']],
] as [Mixing, boolean, string[]][])(
  'of a model with %s, learned prior %s',
  async (mixing, learnedPrior, mixed) => {
    const model = new Glow([8, 4, 1], { ...options, mixing: smallMixing(mixing, 8), learnedPrior });
    const layers = listLayers(model);
    const step = ['actnorm', ...mixed, 'coupling'];
    expect(layers.map(({ path }) => path)).toEqual([
      'levels/0/squeeze',
      ...step.map((name) => `levels/0/steps/0/${name}`),
      'levels/0/split',
      'levels/1/squeeze',
      ...step.map((name) => `levels/1/steps/0/${name}`),
      'prior',
    ]);
    // Every parameter belongs to one of them.
    const paths = layers.flatMap(({ path, bijection }) =>
      Object.keys(bijection.parameters).map((name) => `${path}/${name}`),
    );
    expect(paths).toEqual(Object.keys(model.parameters));

    const tensors = asConstants(randomParameters(model.parameters));
    const parameters = parametersFrom(tensors);
    const x = constant(randomImages(3, model.imageShape, 'x'));
    const encoded = model.encode(x, parameters);
    let z: Tensor = x;
    let logDensity: Tensor = constant(0);
    const latents: Tensor[] = [];
    for (const { path, bijection, keptChannels } of layers) {
      const { y, logDet } = bijection.forward(z, parameters.at(path));
      logDensity = add(logDensity, logDet);
      const channelCount = keptChannels ?? (path === 'prior' ? 0 : y.shape[3]!);
      if (channelCount < y.shape[3]!) {
        latents.push(slice(y, 3, channelCount, y.shape[3]!));
      }
      z = channelCount > 0 ? slice(y, 3, 0, channelCount) : y;
    }
    for (const latent of latents) {
      const [, height, width, channels] = latent.shape as [number, number, number, number];
      const normaliser = (height * width * channels * Math.log(2 * Math.PI)) / 2;
      logDensity = subtract(
        logDensity,
        add(multiply(sumPerImage(multiply(latent, latent)), 0.5), normaliser),
      );
    }
    expect(latents.length).toBe(2);
    const byStages = await evaluate([logDensity, ...latents]);
    const atOnce = await evaluate([add(encoded.logPrior, encoded.logDet), ...encoded.latents]);
    expect(byStages.length).toBe(atOnce.length);
    atOnce.forEach(({ data }, index) => {
      expectClose(index === 0 ? 'density' : `latent ${index - 1}`, byStages[index]!.data, data, 'float64');
    });
  },
);
