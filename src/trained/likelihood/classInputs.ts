// The classes of a batch as an input of programs: what a model with classes is conditioned on.
import type { Condition, ConditionName } from '../../flows/contract/condition.ts';
import type { Flow } from '../../models/flow.ts';
import type { NdArray } from '../../numeric/ndarray.ts';
import { constant, input } from '../../tensor/tensor.ts';

/**
 * The condition of a flow's programs for so many images: an input for each condition that the flow accepts, `[images, …]`,
 * under its name.
 */
export function conditionInputs({ condition }: Flow, images: number): Condition {
  return Object.fromEntries(
    Object.entries(condition).map(([name, shape]) => [name, input(name, [images, ...shape])]),
  );
}

/** The condition of a flow's programs as constants. */
export function conditionOf(arrays: { readonly [Name in ConditionName]?: NdArray }): Condition {
  return Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, constant(array)]));
}

/** Numbers of classes as one-hot rows, `[N, count]`. */
export function oneHotRows(numbers: ArrayLike<number>, count: number): NdArray {
  const data = new Float32Array(numbers.length * count);
  for (let row = 0; row < numbers.length; row++) {
    data[row * count + numbers[row]!] = 1;
  }
  return { shape: [numbers.length, count], data };
}
