import { describe, expect, test } from 'vitest';
import { UserError } from '../errors.ts';
import { countParameters } from '../models/flowRegistry.ts';
import { checkModelShape } from './modelShape.ts';
import { paperExperiments } from './paper.ts';
import { findPreset, presetForOwnImages, presets } from './presets.ts';
import { resolveConfig } from './resolve.ts';
import { scheduleOf } from './schedule.ts';

describe.each(presets.map((preset) => [preset.name, preset] as const))('%s', (name, preset) => {
  const config = resolveConfig({ preset: name });

  test('resolves to a model that fits its images', () => {
    expect(findPreset(name)).toBe(preset);
    expect(() => checkModelShape(config.model, preset.imageShape)).not.toThrow();
  });

  test('is described in sentences', () => {
    for (const sentence of [preset.description, ...preset.notes]) {
      expect(sentence).toMatch(/^[A-Z][^\n]{1,106}\.$/);
    }
  });
});

test.each(presets.filter(({ paper }) => paper))(
  '$name is named for its dataset, mixing and depth',
  ({ name }) => {
    const config = resolveConfig({ preset: name });
    const { mixing, depth } = config.model;
    const depthPart = config.data.name === 'galaxy' ? '' : `-d${depth}`;
    expect(name).toBe(`${config.data.name}-${mixing}${depthPart}`);
  },
);

test('names begin with their dataset and are not used twice', () => {
  expect(new Set(presets.map(({ name }) => name)).size).toBe(presets.length);
  for (const { name, config } of presets) {
    expect(name).toMatch(new RegExp(`^(paper-)?${config.data?.name}(-|$)`));
  }
});

test('the quick start with the couplings of the paper differs in couplings and training alone', () => {
  const [quick, paper] = ['mnist-quickstart', 'paper-mnist-quickstart'].map((preset) =>
    resolveConfig({ preset }),
  );
  const { coupling, checkerboard, checkerboardWidth, ...rest } = quick!.model;
  expect({ coupling, checkerboard, checkerboardWidth }).toEqual({
    coupling: 'mixture',
    checkerboard: 4,
    checkerboardWidth: 24,
  });
  expect(paper!.model).toEqual({ ...rest, coupling: 'affine' });
});

test('mnist-1x1 is mnist-quickstart except for the mixing', () => {
  const quickstart = resolveConfig({ preset: 'mnist-quickstart' });
  expect(quickstart.model.mixing).toBe('emerging');
  expect(resolveConfig({ preset: 'mnist-1x1' })).toEqual({
    ...quickstart,
    model: { ...quickstart.model, mixing: '1x1' },
  });
});

describe('the experiments of the paper', () => {
  test('are all present', () => {
    const names = presets.filter(({ paper }) => paper).map(({ name }) => name);
    expect(names.toSorted()).toEqual(
      [
        ...['1x1', 'emerging', 'periodic'].map((mixing) => `galaxy-${mixing}`),
        ...['1x1-d32', '1x1-d8', '1x1-d4', 'emerging-d32', 'emerging-d8', 'emerging-d4'].map(
          (model) => `cifar10-${model}`,
        ),
        ...['1x1-plu-d8', '1x1-qr-d8', 'maf-d32'].map((model) => `cifar10-${model}`),
        ...['1x1-d48', '1x1-d8', '1x1-d4', 'emerging-d48', 'emerging-d8', 'emerging-d4'].map(
          (model) => `imagenet32-${model}`,
        ),
        ...['1x1-d48', 'emerging-d48'].map((model) => `imagenet64-${model}`),
      ].toSorted(),
    );
  });

  test('contain each model once', () => {
    const names = paperExperiments.flatMap(({ results }) => Object.keys(results));
    expect(new Set(names).size).toBe(names.length);
  });

  test('are trained as the paper trains', () => {
    expect(resolveConfig({ preset: 'galaxy-periodic' })).toMatchObject({
      data: { name: 'galaxy', augment: ['shiftReflect', 'flip', 'flipVertical', 'transpose'] },
      model: { levels: 2, depth: 8, width: 512, mixing: 'periodic', coupling: 'affine', learnedPrior: false },
      training: {
        biasCorrection: 'glow',
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
      model: { levels: 4, depth: 48, mixing: 'emerging', learnedPrior: true },
      training: { batchSize: 64 },
    });
  });

  test.each([
    ['imagenet32-emerging-d48', 1_281_149],
    ['imagenet64-1x1-d48', 1_281_149],
    ['cifar10-maf-d32', 50_000],
  ])('%s takes about as many updates as the long runs on CIFAR-10', (name, images) => {
    const updates = (preset: string, count: number) =>
      scheduleOf(resolveConfig({ preset }), count).totalSteps;
    const ratio = updates(name, images) / updates('cifar10-1x1-d32', 50_000);
    expect(Math.abs(ratio - 1)).toBeLessThan(0.03);
    expect(findPreset(name).notes.join()).toContain('names no epochs');
  });

  // In millions, to the printed digits.
  test.each([
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

test('an unknown name', () => {
  expect(() => findPreset('mnist-1x2')).toThrow(
    new UserError('not-found', "unknown preset 'mnist-1x2': did you mean mnist-1x1?"),
  );
  expect(() => findPreset('qqqq')).toThrow(
    new UserError('not-found', `unknown preset 'qqqq': known: ${presets.map(({ name }) => name).join(', ')}`),
  );
});

test.each([
  [4999, 'photos-32-few'],
  [5000, 'photos-32'],
])('%i images of 32x32x3 have the preset %s', (images, name) => {
  expect(presetForOwnImages([32, 32, 3], images)?.name).toBe(name);
});
