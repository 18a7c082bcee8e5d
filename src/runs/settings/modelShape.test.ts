import { describe, expect, test } from 'vitest';
import { UserError } from '../../core/errors.ts';
import type { ImageShape } from '../../core/numeric/arrays.ts';
import type { PartSettings } from '../../core/parts/index.ts';
import { maf } from '../../flows/layers/maf.ts';
import { mixingNames, mixings } from '../../flows/models/partRegistries.ts';
import { checkModelShape, modelFor, requireBuildable, type ShapedModel } from './modelShape.ts';

describe('levels', () => {
  const check = (levels: number, shape: ImageShape) => checkModelShape({ levels, mixing: 'emerging' }, shape);

  test.each<[number, ImageShape]>([
    [2, [28, 28, 1]],
    [1, [6, 4, 3]],
    [5, [32, 64, 3]],
  ])('%i fit %j', (levels, shape) => {
    expect(() => check(levels, shape)).not.toThrow();
  });

  test.each<[number, ImageShape, string]>([
    [3, [28, 28, 1], '3 levels need sides divisible by 8, and the images are 28 x 28: at most 2 levels fit'],
    [4, [32, 6, 3], '4 levels need sides divisible by 16, and the images are 32 x 6: at most 1 level fits'],
    [
      1,
      [28, 27, 1],
      '1 level needs sides divisible by 2, and the images are 28 x 27: no number of levels fits an odd side; resize or crop the images',
    ],
  ])('%i do not fit %j', (levels, shape, message) => {
    expect(() => check(levels, shape)).toThrow(new UserError('invalid-config', message));
  });
});

describe('checkerboards', () => {
  const base: ShapedModel = { levels: 2, mixing: '1x1' };
  const check = (model: Partial<ShapedModel>, shape: ImageShape) =>
    checkModelShape({ ...base, ...model }, shape);

  test.each<[Partial<ShapedModel>, ImageShape]>([
    [{ checkerboard: 7 }, [4, 4, 1]],
    [{ checkerboard: [] }, [4, 4, 1]],
    [{ checkerboard: [1, 2] }, [4, 4, 1]],
    [{ mask: 'checkerboard' }, [4, 8, 1]],
  ])('%j fit %j', (model, shape) => {
    expect(() => check(model, shape)).not.toThrow();
  });

  test.each<[Partial<ShapedModel>, ImageShape, string]>([
    [
      { checkerboard: [1, 0, 2] },
      [8, 8, 1],
      'model.checkerboard lists 3 levels, and model.levels is 2: list at most 2',
    ],
    [
      { mask: 'checkerboard' },
      [4, 4, 1],
      'model.mask is checkerboard, which needs at least 2 pixels, but the last level has 1: use fewer levels',
    ],
    [
      { mask: 'checkerboard', levels: 1 },
      [2, 2, 1],
      'model.mask is checkerboard, which needs at least 2 pixels, but the last level has 1: use larger images, or another mask',
    ],
  ])('%j do not fit %j', (model, shape, message) => {
    expect(() => check(model, shape)).toThrow(new UserError('invalid-config', message));
  });
});

describe('images', () => {
  const check = (shape: ImageShape) => checkModelShape({ levels: 1, mixing: '1x1' }, shape);

  test('may have four million pixels', () => {
    expect(() => check([2048, 2048, 3])).not.toThrow();
    expect(() => check([2, 2 ** 21, 4])).not.toThrow();
  });

  test.each<[ImageShape, string]>([
    [
      [2048, 2050, 1],
      'the images are 2048x2050x1, but models take at most 2048x2048 pixels of four channels',
    ],
    [[2, 2, 2 ** 23], 'the images are 2x2x8388608'],
    [[0, 2, 1], '0x2x1 is not the shape of an image'],
    [[2, Number.NaN, 1], '2xNaNx1 is not the shape of an image'],
    [[2 ** 53, 2, 1], '9007199254740992x2x1 is not the shape of an image'],
  ])('of shape %j are refused', (shape, message) => {
    expect(() => check(shape)).toThrow(message);
  });

  test.each(mixingNames)('of any size cost nothing before they are compared with weights: %s', (mixing) => {
    const begin = process.cpuUsage();
    const model = modelFor(
      {
        levels: 10,
        depth: 200,
        conditioner: { width: 8192 },
        mixing: largest(mixing),
        learnedPrior: true,
      },
      [2048, 2048, 3],
    );
    expect(Object.keys(model.parameters).length).toBeGreaterThan(20_000);
    // Masks and tables of the layers have up to 128 · 128 · 6144² elements.
    const { user, system } = process.cpuUsage(begin);
    expect((user + system) / 1e6).toBeLessThan(10);
  });
});

/** A mixing with the largest kernel and networks that images of 2048x2048x3 allow in ten levels. */
function largest(mixing: string): PartSettings {
  const { options } = mixings.find(mixing);
  return {
    name: mixing,
    ...(options.kernelSize && { kernelSize: 255 }),
    ...(options.hiddenChannels && { hiddenChannels: 6144 }),
  };
}

/** The options of a mixing's kernel, as far as it has them. */
function kernel(mixing: string, kernelSize: number, dilation: number): PartSettings {
  return { name: mixing, kernelSize, ...(mixings.find(mixing).options.dilation && { dilation }) };
}

describe('kernels', () => {
  const check = (kernelSize: number, dilation: number, mixing = 'emerging') =>
    checkModelShape({ levels: 2, mixing: kernel(mixing, kernelSize, dilation) }, [28, 20, 1]);

  test('may span the largest image between couplings, regardless of the later levels', () => {
    expect(() => check(27, 1)).not.toThrow();
    expect(() => check(5, 6)).not.toThrow();
    expect(() => check(27, 9, 'periodic')).not.toThrow();
    const tiny: ShapedModel = {
      levels: 1,
      mixing: 'emerging',
    };
    expect(() => checkModelShape(tiny, [2, 2, 1])).not.toThrow();
  });

  test('have no taps outside it', () => {
    const images = 'the largest images between couplings are 14 x 10';
    expect(() => check(99, 1)).toThrow(
      `model.mixing: kernelSize 99 has taps 49 pixels from its centre, and ${images}: use a kernelSize of 27 or less`,
    );
    expect(() => check(29, 1, 'periodic')).toThrow('27 or less');
    expect(() => check(7, 5)).toThrow('with dilation 5 has taps 15 pixels');
    expect(() => check(3, 14)).toThrow('use a dilation of 13 or less');
  });

  test('that look from a corner reach twice as far', () => {
    expect(() => check(13, 1, 'finc')).not.toThrow();
    expect(() => check(3, 6, 'finc')).not.toThrow();
    const images = 'the largest images between couplings are 14 x 10';
    expect(() => check(15, 1, 'finc')).toThrow(
      `model.mixing: kernelSize 15 has taps 14 pixels from its corner, and ${images}: use a kernelSize of 13 or less`,
    );
    expect(() => check(3, 7, 'finc')).toThrow('use a dilation of 6 or less');
  });

  test('of models that are trained already may have taps outside it', () => {
    const model: ShapedModel = { levels: 1, mixing: { name: 'finc', kernelSize: 5 } };
    expect(() => checkModelShape(model, [8, 8, 1])).toThrow('use a kernelSize of 3 or less');
    expect(() => requireBuildable(model, [8, 8, 1])).not.toThrow();
  });

  test('are refused with a value that fits', () => {
    for (const mixing of ['emerging', 'periodic', 'finc', 'convexp'] as const) {
      for (const shape of [
        [2, 2, 1],
        [4, 2, 1],
        [6, 8, 1],
        [28, 20, 1],
      ] as ImageShape[]) {
        for (const [kernelSize, dilation] of [
          [5, 1],
          [3, 2],
          [7, 5],
          [9, 20],
          [99, 1],
        ] as const) {
          const model = (size: number, spacing: number) => ({
            levels: 1,
            mixing: kernel(mixing, size, spacing),
          });
          const problem = thrownMessage(() => checkModelShape(model(kernelSize, dilation), shape));
          const [, size] = /use.* kernelSize of (\d+)/.exec(problem) ?? [];
          const [, spacing] = /use.* dilation of (\d+)/.exec(problem) ?? [];
          const mended = { kernelSize: Number(size ?? kernelSize), dilation: Number(spacing ?? dilation) };
          expect(
            thrownMessage(() => checkModelShape(model(mended.kernelSize, mended.dilation), shape)),
            problem,
          ).toBe('');
        }
      }
    }
  });
});

describe('hidden channels of maf', () => {
  const model = (levels: number, hiddenChannels: number): ShapedModel => ({
    levels,
    mixing: { name: 'maf', hiddenChannels },
  });

  test('that do not divide are rejected, naming those that do', () => {
    expect(() => checkModelShape(model(3, 50), [32, 32, 3])).toThrow(
      new UserError(
        'invalid-config',
        'model.mixing: hiddenChannels is 50, but maf divides them among the channels, and the last level has 48: ' +
          'use 48 or a multiple of 96',
      ),
    );
  });

  test('are rejected exactly when a layer of some level rejects them', () => {
    const refuses = (attempt: () => unknown): boolean => {
      try {
        attempt();
        return false;
      } catch {
        return true;
      }
    };
    for (const channels of [1, 2, 3]) {
      for (const levels of [1, 2, 3]) {
        const channelsOfLevels = Array.from({ length: levels }, (_, index) => channels * 2 ** (index + 2));
        for (let hiddenChannels = 1; hiddenChannels <= 100; hiddenChannels++) {
          const byCheck = refuses(() => checkModelShape(model(levels, hiddenChannels), [8, 8, channels]));
          const byLayer = channelsOfLevels.some((count) =>
            refuses(() => maf([1, 1, count], { hiddenChannels })),
          );
          expect({ channels, levels, hiddenChannels, refused: byCheck }).toEqual({
            channels,
            levels,
            hiddenChannels,
            refused: byLayer,
          });
        }
      }
    }
  });
});

/** The message of the error that a function throws; empty if it throws none. */
function thrownMessage(attempt: () => void): string {
  try {
    attempt();
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}
