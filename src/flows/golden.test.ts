// The golden cases of layers: values, log-determinants and gradients, in both precisions, and the inverse.
import { describe, expect, it } from 'vitest';
import type { Precision } from '../engine/onnx/emitter.ts';
import { expectClose, expectWithin, goldenCases } from '../testing/golden.ts';
import { layerChecks } from '../testing/goldenLayers.ts';
import { tolerances } from '../testing/goldenValues.ts';

describe.each<Precision>(['float64', 'float32'])('%s', (precision) => {
  for (const [names, check] of layerChecks) {
    it.each(goldenCases(names))('%s', async (_, golden) => expectWithin(await check(golden, precision)));
  }
});

it('distinguishes golden cases from wrong values', () => {
  expect(() => expectClose('x', [1, Number.NaN], [1, 2], 'float32')).toThrow();
  expect(() => expectClose('x', [1, 2 + 3 * tolerances.float64], [1, 2], 'float64')).toThrow();
  expect(() => expectClose('x', [1], [1, 2], 'float64')).toThrow();
});
