import { expect, it } from 'vitest';
import { imagesPerSecond, samplingFigures, trainingFigures } from './figures.ts';
import type { SamplingTimes } from './timeSampling.ts';
import type { TrainingTimes } from './timeTraining.ts';

it('converts seconds to rates, the longest to the lowest', () => {
  expect(imagesPerSecond(12, [3, 1, 2])).toEqual({ median: 6, range: [4, 12] });
});

it('returns the share of the products in the median step', () => {
  const times = { mixing: '1x1', steps: [2, 4, 3], forwards: [1, 1, 2], productFloor: 1.5 };
  const figures = trainingFigures(times as unknown as TrainingTimes, 12);
  expect(figures).toEqual({
    mixing: '1x1',
    imagesPerSecond: 4,
    imagesPerSecondRange: [3, 6],
    forwardImagesPerSecond: 12,
    forwardImagesPerSecondRange: [6, 12],
    productShare: 0.5,
  });
});

it('compares samples round by round, so that a round that was slow for all counts like any other', () => {
  const first: SamplingTimes = {
    model: 0,
    mixing: '1x1',
    inverse: 'product',
    forwards: [1, 1, 1],
    samples: [1, 10, 2],
  };
  const second: SamplingTimes = {
    model: 1,
    mixing: 'emerging',
    inverse: 'wavefront',
    forwards: [1, 10, 1],
    samples: [3, 20, 6],
  };
  expect(samplingFigures(first, first, 4).againstFirst).toBe(1);
  expect(samplingFigures(second, first, 4)).toEqual({
    model: 1,
    mixing: 'emerging',
    inverse: 'wavefront',
    forwardSeconds: 1,
    forwardSecondsRange: [1, 10],
    sampleSeconds: 6,
    sampleSecondsRange: [3, 20],
    sampleMillisecondsPerImage: 1500,
    againstFirst: 3,
    againstForward: 3,
  });
});
