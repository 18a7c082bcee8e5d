// The golden models: likelihoods, latents and gradients in both precisions, decoding, and data-dependent
// initialisation.
import { describe, expect, it } from 'vitest';
import type { ImageShape } from '../../core/numeric/arrays.ts';
import { muon } from '../../tensor/optimizers/muon.ts';
import { ruleFor } from '../../tensor/optimizers/optimizer.ts';
import type { Precision } from '../../tensor/tensor.ts';
import { expectWithin, goldenCases } from '../../testing/golden.ts';
import { modelChecks } from '../../testing/goldenModels.ts';
import { countTrained, type ParameterSpecs } from '../contract/parameters.ts';
import { affine } from '../coupling/affine.ts';
import { coupling } from '../coupling/coupling.ts';
import { glowConditioner } from '../coupling/glowConditioner.ts';
import { variationalDequantiser } from '../dequantisers/variationalDequantiser.ts';
import { split, topPrior } from '../priors/prior.ts';
import { countParameters, flowFor } from './flowRegistry.ts';
import { Glow } from './glow.ts';
import { completeOptions, type ModelOptions, modelDefaults } from './options.ts';
import { buildCoupling, dequantisers, layersOfMixing, mixingNames, mixings } from './partRegistries.ts';

describe.each<Precision>(['float64', 'float32'])('%s', (precision) => {
  for (const [names, check] of modelChecks) {
    it.each(goldenCases(names))('%s', async (_, golden) => expectWithin(await check(golden, precision)));
  }
});

describe('Muon updates in blocks of whole channels', () => {
  // 50 channels are transformed and 50 split off: 14 numbers for each in the mixture, 2 in the prior.
  it.each([
    [{ name: 'glow', width: 8 }, 'steps/0/coupling/conv3/kernel', [81, 10, 70]],
    [{ name: 'gated', width: 8, blocks: 1 }, 'steps/0/coupling/last/kernel', [144, 10, 70]],
    [{ name: 'glow', width: 8 }, 'split/kernel', [459, 2, 50]],
  ] as const)('%o: %s', (conditioner, path, item) => {
    const options = { levels: 2, depth: 1, conditioner, coupling: 'mixture', learnedPrior: true } as const;
    const { parameters } = new Glow([8, 8, 25], options);
    expect(ruleFor(muon(), parameters[`levels/0/${path}`]!).item).toEqual(item);
  });
});

describe('countParameters', () => {
  const cifar: ModelOptions = {
    levels: 3,
    depth: 32,
    conditioner: { width: 512 },
    mixing: '1x1',
    learnedPrior: true,
    bits: 8,
  };

  // In millions, as the paper counts its models.
  it.each([
    [{ ...cifar }, [32, 32, 3], 44.52],
    [{ ...cifar, mixing: 'emerging' }, [32, 32, 3], 45.2],
    [{ ...cifar, depth: 8 }, [32, 32, 3], 11.13],
    [{ ...cifar, depth: 8, mixing: 'emerging' }, [32, 32, 3], 11.3],
    [{ ...cifar, depth: 4 }, [32, 32, 3], 5.57],
    [{ ...cifar, depth: 4, mixing: 'emerging' }, [32, 32, 3], 5.65],
    [{ ...cifar, levels: 2, depth: 8, learnedPrior: false }, [32, 32, 3], 6.3],
    [{ ...cifar, levels: 2, depth: 8, learnedPrior: false, mixing: 'emerging' }, [32, 32, 3], 6.34],
  ] as [ModelOptions, ImageShape, number][])('%o', (options, imageShape, millions) => {
    expect(countParameters(imageShape, options) / 1e6).toBeCloseTo(millions, 2);
  });

  it.each(mixingNames)('counts every parameter of a deeper model with %s', (mixing) => {
    const options: ModelOptions = { ...cifar, mixing, depth: 4, levels: 2, conditioner: { width: 6 } };
    const { parameters } = new Glow([8, 4, 3], options);
    expect(countParameters([8, 4, 3], options)).toBe(countTrained(parameters));
  });
});

describe('the defaults', () => {
  it('make a model from just a shape, the same as a configuration’s', () => {
    const model = new Glow([8, 8, 3]);
    expect(model.options).toEqual(completeOptions({}));
    expect(Object.keys(model.parameters)).toEqual(Object.keys(flowFor([8, 8, 3]).parameters));
  });

  it('need the shape first: options in its place are refused by name', () => {
    const swapped = [{ depth: 4 }, [8, 8, 3]] as unknown as [ImageShape, ModelOptions];
    expect(() => new Glow(...swapped)).toThrow('glow: pass the shape of the images first, then the options');
  });

  it.each<[string, Partial<ModelOptions>]>([
    ['levels must be a whole number of 0 or more, not 1.5', { levels: 1.5 }],
    ['depth must be a whole number of 1 or more, not NaN', { depth: Number.NaN }],
    ['checkerboard must be a whole number of 0 or more, not -1', { checkerboard: [1, -1] }],
    ['glow: checkerboard lists 3 levels, but there are 2', { levels: 2, checkerboard: [0, 0, 4] }],
  ])('are refused where a part would be dropped: %s', (message, options) => {
    expect(() => new Glow([8, 8, 1], options)).toThrow(message);
  });

  it('of layers equal the models’', () => {
    const shape: ImageShape = [4, 4, 4];
    const parameterShapes = ({ parameters }: { parameters: ParameterSpecs }): unknown =>
      Object.entries(parameters).map(([path, spec]) => [path, spec.shape]);
    const parts = { conditioner: glowConditioner(), transformer: affine() };
    expect(parameterShapes(coupling(shape, parts))).toEqual(
      parameterShapes(buildCoupling(shape, modelDefaults)),
    );
    const { learnedPrior } = modelDefaults;
    expect(parameterShapes(split(shape))).toEqual(parameterShapes(split(shape, { learnedPrior })));
    expect(parameterShapes(topPrior(shape))).toEqual(parameterShapes(topPrior(shape, { learnedPrior })));
    const { options } = dequantisers.resolve('variational');
    expect(parameterShapes(variationalDequantiser(shape))).toEqual(
      parameterShapes(variationalDequantiser(shape, options)),
    );
    for (const { name, build } of mixings.library) {
      const expectedLayers = layersOfMixing(name, shape);
      expect(Object.values(build(shape, {})).map(parameterShapes), name).toEqual(
        Object.values(expectedLayers).map(parameterShapes),
      );
    }
  });
});
