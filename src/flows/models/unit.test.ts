// The unit of results in records: what is converted, and what is not.
import { expect, it } from 'vitest';
import { bitsIn, bitsPerDimUnit, resultUnit, unitNamed } from './unit.ts';

const nats = resultUnit({ continuous: { mean: [0], deviation: [1] } });

it('results are converted at any depth, and nothing else', () => {
  const record = {
    step: 7,
    bitsPerDim: 2,
    standardError: null,
    quantiles: { '1%': 1, '99%': -3 },
    worst: { index: 5, bitsPerDim: 4 },
    images: [{ file: 'a', bitsPerDim: 1, percentile: 50 }],
  };
  expect(nats.record(record)).toEqual({
    step: 7,
    natsPerValue: 2 * Math.LN2,
    standardError: null,
    quantiles: { '1%': Math.LN2, '99%': -3 * Math.LN2 },
    worst: { index: 5, natsPerValue: 4 * Math.LN2 },
    images: [{ file: 'a', natsPerValue: Math.LN2, percentile: 50 }],
  });
  expect(bitsPerDimUnit.record(record)).toEqual(record);
});

it('of the spread that a doctor reports, positions of images stay', () => {
  const spread = { mean: 2, median: 1, worst: { index: 5, bitsPerDim: 4 }, estimated: true };
  expect(nats.record({ bitsPerDim: spread })).toEqual({
    natsPerValue: {
      mean: 2 * Math.LN2,
      median: Math.LN2,
      worst: { index: 5, natsPerValue: 4 * Math.LN2 },
      estimated: true,
    },
  });
});

it('results of files are read in bits, whatever their unit', () => {
  const record = { validationBitsPerDim: -1.5, step: 3 };
  expect(bitsIn(nats.record(record), 'validationBitsPerDim')).toBeCloseTo(-1.5, 12);
  expect(bitsIn(record, 'validationBitsPerDim')).toBe(-1.5);
  expect(bitsIn({ step: 3 }, 'validationBitsPerDim')).toBeUndefined();
  expect(unitNamed('nats/value')).toBe(nats);
});
