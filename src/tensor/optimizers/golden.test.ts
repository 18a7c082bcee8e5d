// Golden cases for the optimisers: weights and their averages after each of several updates.
import { describe, it } from 'vitest';
import { expectWithin, goldenCases } from '../../testing/golden.ts';
import { inPlaceChecks, optimizerChecks } from '../../testing/goldenOptimizers.ts';
import type { Precision } from '../tensor.ts';

describe.each<Precision>(['float64', 'float32'])('%s', (precision) => {
  for (const [names, check] of optimizerChecks) {
    it.each(goldenCases(names))('%s', async (_, golden) => expectWithin(await check(golden, precision)));
  }
});

describe('in place', () => {
  for (const [names, check] of inPlaceChecks) {
    it.each(goldenCases(names))('%s', async (_, golden) => expectWithin(await check(golden, 'float32')));
  }
});
