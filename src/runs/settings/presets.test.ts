import { describe, expect, it } from 'vitest';
import { UserError } from '../../core/errors.ts';
import { countParameters } from '../../flows/models/flowRegistry.ts';
import { checkModelShape } from './modelShape.ts';
import { findPreset, presetForOwnImages, presets } from './presets.ts';
import { resolveConfig } from './resolve.ts';

describe.each(presets.map((preset) => [preset.name, preset] as const))('%s', (name, preset) => {
  const config = resolveConfig({ preset: name });

  it('resolves to a model that fits its images', () => {
    expect(findPreset(name)).toBe(preset);
    expect(() => checkModelShape(config.model, preset.imageShape)).not.toThrow();
  });
});

describe('the experiments of the paper', () => {
  it('are trained as the paper trains', () => {
    expect(resolveConfig({ preset: 'galaxy-periodic' })).toMatchObject({
      data: { name: 'galaxy', augment: ['shiftReflect', 'flip', 'flipVertical', 'transpose'] },
      model: {
        levels: 2,
        depth: 8,
        conditioner: { width: 512 },
        mixing: { name: 'periodic', kernelSize: 3 },
        coupling: { name: 'affine' },
        learnedPrior: false,
      },
      training: {
        optimizer: { biasCorrection: 'glow' },
        learningRate: 0.001,
        warmupEpochs: 10,
        decay: 'none',
        batchSize: 256,
        epochs: 6000,
      },
    });
    expect(resolveConfig({ preset: 'cifar10-1x1-qr-d8' })).toMatchObject({
      data: { augment: ['shift', 'flip'] },
      model: { levels: 3, depth: 8, mixing: '1x1-qr', learnedPrior: true, bits: 8 },
      training: { batchSize: 256, epochs: 3500 },
    });
    expect(resolveConfig({ preset: 'imagenet64-emerging-d48' })).toMatchObject({
      data: { augment: [] },
      model: { levels: 4, depth: 48, mixing: { name: 'emerging' }, learnedPrior: true },
      training: { batchSize: 64 },
    });
  });

  // In millions, to the printed digits.
  it.each([
    ['galaxy-1x1', '6.30'],
    ['galaxy-periodic', '6.35'],
    ['galaxy-emerging', '6.34'],
    ['cifar10-1x1-d32', '44.52'],
    ['cifar10-emerging-d32', '45.20'],
    ['cifar10-1x1-d8', '11.13'],
    ['cifar10-emerging-d8', '11.30'],
    ['cifar10-1x1-d4', '5.57'],
    ['cifar10-emerging-d4', '5.65'],
  ])('%s has %s million parameters', (name, millions) => {
    const { imageShape, paper } = findPreset(name);
    const count = countParameters(imageShape, resolveConfig({ preset: name }).model);
    expect((count / 1e6).toFixed(2)).toBe(millions);
    if (paper?.parameters !== undefined) {
      // The paper counts weights of the top prior that never act, and prints three digits.
      expect(Number((count + 82_944).toPrecision(3))).toBe(paper.parameters);
    }
  });
});

it('an unknown name', () => {
  expect(() => findPreset('mnist-1x2')).toThrow(
    new UserError('not-found', "unknown preset 'mnist-1x2': did you mean mnist-1x1?"),
  );
  expect(() => findPreset('qqqq')).toThrow(
    new UserError('not-found', `unknown preset 'qqqq': known: ${presets.map(({ name }) => name).join(', ')}`),
  );
});

it.each([
  [4999, 'photos-32-few'],
  [5000, 'photos-32'],
])('%i images of 32x32x3 have the preset %s', (images, name) => {
  expect(presetForOwnImages([32, 32, 3], images)?.name).toBe(name);
});
