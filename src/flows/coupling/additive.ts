// The additive transformer.
import { add, subtract } from '../../tensor/operations/index.ts';
import { defineTransformer, elementwise, type TransformerFor } from './parts.ts';

/** y = x + shift; ln y' = 0. Source: Dinh et al., NICE (2015). */
export function additive(): TransformerFor {
  return elementwise({
    name: 'additive',
    numbers: 1,
    forward: (x, shift) => ({ y: add(x, shift) }),
    inverse: (y, shift) => subtract(y, shift),
    scalar: { affine: (numbers) => ({ shift: numbers[0]!, scale: 1 }) },
  });
}

/** The additive transformer as configurations choose it. */
export const additiveTransformer = defineTransformer({
  name: 'additive',
  summary: 'Adds the numbers of the network.',
  build: () => additive(),
});
