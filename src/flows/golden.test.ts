// The golden cases of layers: values, log-determinants and gradients, in both precisions, and the inverse.
import { describe, it } from 'vitest';
import type { Precision } from '../tensor/tensor.ts';
import { expectWithin, goldenCases } from '../testing/golden.ts';
import { layerChecks } from '../testing/goldenLayers.ts';

describe.each<Precision>(['float64', 'float32'])('%s', (precision) => {
  for (const [names, check] of layerChecks) {
    it.each(goldenCases(names))('%s', async (_, golden) => expectWithin(await check(golden, precision)));
  }
});
