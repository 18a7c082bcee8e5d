// Checks the contract of bijections for every layer of the registry with random parameters.
import { expect, it } from 'vitest';
import { layerCases } from '../testing/layers.ts';
import { checkBijection } from './checks/checkBijection.ts';

it.each(layerCases())('%s', async (_, layer) => {
  // A reflection of a single channel flips its sign, regardless of the length of its vector.
  const withoutEffect = layer.inputShape[2] === 1 && layer.parameters.reflections ? ['reflections'] : [];
  const { problems } = await checkBijection(layer, { withoutEffect, threads: 1 });
  expect(problems).toEqual([]);
});
