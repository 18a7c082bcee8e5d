// An evaluation in words.
import { expect, it } from 'vitest';
import { resultUnit } from '../../../flows/models/unit.ts';
import { evaluationLines } from './evaluationLines.ts';

it('prints lines, with an aligned class table and escaped control characters', () => {
  const about = { accuracy: 0.5, accuracyError: 0.1, samplingError: null };
  const lines = evaluationLines({
    bitsPerDim: 3,
    standardError: null,
    samplingError: null,
    images: 4,
    split: 'test',
    weights: 'average',
    draws: 1,
    bits: 8,
    unit: resultUnit({}),
    bound: 'uniform',
    median: 3,
    quantiles: { '1%': 2, '99%': 4 },
    worst: { index: 1, bitsPerDim: 4 },
    classes: {
      ...about,
      marginalBitsPerDim: 3,
      byClass: [
        { ...about, class: 'a\nb', images: 2, bitsPerDim: 3 },
        { ...about, class: 'light', images: 2, bitsPerDim: 3 },
      ],
    },
  } as unknown as Parameters<typeof evaluationLines>[0]);
  expect(lines.filter((line) => line.includes('\n'))).toEqual([]);
  expect(lines.slice(-3)).toEqual([
    'CLASS     IMAGES  BITS/DIM  ±                RIGHT',
    String.raw`a\u000ab       2    3.0000     50.00 % (± 10.00 %)`,
    'light          2    3.0000     50.00 % (± 10.00 %)',
  ]);
});
