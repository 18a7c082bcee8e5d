// The golden models: likelihoods, latents and gradients in both precisions, decoding, and data-dependent
// initialisation.
import { describe, expect, it } from 'vitest';
import type { Precision } from '../engine/onnx/emitter.ts';
import { countTrained } from '../flows/contract/parameters.ts';
import type { ImageShape } from '../numeric/imageShape.ts';
import { expectWithin, goldenCases } from '../testing/golden.ts';
import { modelChecks } from '../testing/goldenModels.ts';
import { countParameters } from './flowRegistry.ts';
import { Glow } from './glow.ts';
import { mixingNames } from './mixing.ts';
import type { ModelOptions } from './options.ts';

describe.each<Precision>(['float64', 'float32'])('%s', (precision) => {
  for (const [names, check] of modelChecks) {
    it.each(goldenCases(names))('%s', async (_, golden) => expectWithin(await check(golden, precision)));
  }
});

describe('countParameters', () => {
  const cifar: ModelOptions = {
    levels: 3,
    depth: 32,
    width: 512,
    mixing: '1x1',
    kernelSize: 3,
    dilation: 1,
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
    expect(countParameters(options, imageShape) / 1e6).toBeCloseTo(millions, 2);
  });

  it.each(mixingNames)('counts every parameter of a deeper model with %s', (mixing) => {
    const options: ModelOptions = { ...cifar, mixing, depth: 4, levels: 2, width: 6 };
    const { parameters } = new Glow(options, [8, 4, 3]);
    expect(countParameters(options, [8, 4, 3])).toBe(countTrained(parameters));
  });
});
