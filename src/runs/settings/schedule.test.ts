import { describe, expect, test } from 'vitest';
import { UserError } from '../../core/errors.ts';
import type { ConfigLayer } from './configSchema.ts';
import { resolveConfig } from './resolve.ts';
import { createSchedule, learningRateAt, withSteps } from './schedule.ts';

const createConfig = (training: NonNullable<ConfigLayer['training']>) =>
  resolveConfig({ overrides: { data: { name: 'mnist' }, training } });

describe('the schedule', () => {
  test('counts the last, smaller batch of an epoch', () => {
    const config = createConfig({ batchSize: 10, epochs: 7, warmupEpochs: 2, decay: 0.5 });
    expect(createSchedule(config, 101)).toEqual({
      stepsPerEpoch: 11,
      totalSteps: 77,
      warmupSteps: 22,
      decaySteps: 39,
      decayCurve: 'linear',
      learningRate: 0.001,
      averageDecay: 1 - 1 / 11,
    });
    expect(createSchedule(config, 100).stepsPerEpoch).toBe(10);
  });

  test('does not average if an epoch is one step', () => {
    expect(createSchedule(createConfig({ batchSize: 64 }), 64)).toMatchObject({
      stepsPerEpoch: 1,
      averageDecay: 0,
    });
  });

  test('rejects a batch larger than the dataset', () => {
    expect(() => createSchedule(resolveConfig({ preset: 'mnist-quickstart' }), 15)).toThrow(
      'training.batchSize is 16, but mnist has only 15 training images: set, for example, training.batchSize=8',
    );
  });

  test('needs images', () => {
    expect(() => createSchedule(createConfig({}), 0)).toThrow(
      new UserError('invalid-data', 'mnist has no training images: lower data.validation or add images'),
    );
  });
});

describe('the learning rate', () => {
  const learningRates = (training: NonNullable<ConfigLayer['training']>) => {
    const schedule = createSchedule(createConfig({ batchSize: 1, learningRate: 8, ...training }), 100);
    return Array.from({ length: schedule.totalSteps }, (_, index) => learningRateAt(index + 1, schedule));
  };

  test('rises from the first step, stays, and falls over the last share of the steps', () => {
    expect(learningRates({ steps: 10, warmupSteps: 4, decay: 0.4 })).toEqual([2, 4, 6, 8, 8, 8, 8, 6, 4, 2]);
  });

  test('falls along half a cosine', () => {
    const rates = learningRates({ steps: 7, warmupSteps: 0, decay: 4 / 7, decayCurve: 'cosine' });
    const half = 8 * Math.SQRT1_2;
    [8, 8, 8, 8, 4 + half / 2, 4, 4 - half / 2].forEach((rate, index) => {
      expect(rates[index]).toBeCloseTo(rate, 12);
    });
  });

  test('multiplies warm-up and decay where they overlap', () => {
    expect(learningRates({ steps: 4, warmupSteps: 4, decay: 1 })).toEqual([2, 3, 3, 2]);
  });

  test('is 0 after the last step of a decay', () => {
    const schedule = createSchedule(createConfig({ steps: 10, warmupSteps: 0, decay: 0.4 }), 100);
    expect([11, 12].map((step) => learningRateAt(step, schedule))).toEqual([0, 0]);
  });
});

describe('another number of steps', () => {
  const scheduleLength = (training: NonNullable<ConfigLayer['training']>, steps: number) => {
    const config = withSteps(createConfig({ batchSize: 10, ...training }), steps, 95);
    const { epochs, steps: chosen, warmupEpochs, warmupSteps } = config.training;
    return { epochs, chosen, warmupEpochs, warmupSteps };
  };
  const neither = { epochs: undefined, warmupEpochs: undefined, warmupSteps: undefined };

  test('replaces steps or epochs, and keeps a warm-up of up to a tenth', () => {
    expect(scheduleLength({ steps: 7, warmupSteps: 20 }, 200)).toEqual({
      ...neither,
      chosen: 200,
      warmupSteps: 20,
    });
    expect(scheduleLength({ epochs: 7, warmupEpochs: 2 }, 200)).toEqual({
      ...neither,
      chosen: 200,
      warmupEpochs: 2,
    });
    expect(withSteps(createConfig({ steps: 7 }), 200, 60_000)).toMatchObject(
      createConfig({ steps: 200, warmupSteps: 20 }),
    );
  });

  test('shortens a longer warm-up to a tenth', () => {
    expect(scheduleLength({ steps: 7, warmupSteps: 21 }, 200)).toEqual({
      ...neither,
      chosen: 200,
      warmupSteps: 20,
    });
    expect(scheduleLength({ epochs: 7, warmupEpochs: 3 }, 205)).toEqual({
      ...neither,
      chosen: 205,
      warmupSteps: 20,
    });
  });
});
