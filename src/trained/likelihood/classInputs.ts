// The classes of a batch as an input of programs: what a model with classes is conditioned on.
import type { Labels } from '../../data/contract/dataset.ts';
import { requireLabels } from '../../experiments/classLabels.ts';
import type { Condition } from '../../flows/contract/condition.ts';
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

/** The condition of a flow's programs for images of these classes, as constants; empty for a flow without classes. */
export function conditionOf({ classes }: Flow, numbers: ArrayLike<number>): Condition {
  return classes.length === 0 ? {} : { classes: constant(oneHotRows(numbers, classes.length)) };
}

/** Numbers of classes as one-hot rows, `[N, count]`. */
export function oneHotRows(numbers: ArrayLike<number>, count: number): NdArray {
  const data = new Float32Array(numbers.length * count);
  for (let row = 0; row < numbers.length; row++) {
    data[row * count + numbers[row]!] = 1;
  }
  return { shape: [numbers.length, count], data };
}

/** The classes of images for `measureInBatches`; undefined if the model has none. */
export function labelsFor(
  { classes }: Flow,
  images: { readonly labels?: Labels },
): { readonly count: number; of(image: number): number } | undefined {
  if (classes.length === 0) {
    return undefined;
  }
  const labels = requireLabels(images, classes, 'the dataset');
  return { count: classes.length, of: (image) => labels.classOf(image) };
}
