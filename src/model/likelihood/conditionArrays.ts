// The conditions of images as arrays for programs: classes, numbers and images.

import type { ImageShape, NdArray } from '../../core/numeric/index.ts';
import type { Conditions, ImageSet } from '../../data/contract/index.ts';
import type { Condition, ConditionName } from '../../flows/contract/index.ts';
import {
  type ConditionComponent,
  componentsBy,
  type Flow,
  knownComponents,
  type ModelOptions,
} from '../../flows/models/index.ts';
import { requireConditions, requireLabels } from '../../runs/images/index.ts';
import { constant, input } from '../../tensor/index.ts';

/** The conditions of a batch, by the names of the inputs that carry them. */
export interface ConditionArrays extends Readonly<Partial<Record<ConditionName, NdArray>>> {
  /** The class of each image, one-hot `[N, K]`. */
  readonly classes?: NdArray;
  /** The numbers of each image, `[N, K]`. */
  readonly vector?: NdArray;
  /** The images beside each image, `[N, H, W, K]`. */
  readonly context?: NdArray;
}

/** The conditions of the images at some positions, in that order. */
export type ConditionReader = (indices: ArrayLike<number>) => ConditionArrays;

/** A flow, as far as its condition is concerned. */
export interface Conditioned {
  readonly options: Pick<ModelOptions, 'condition'>;
}

/** The components of the condition of a flow; none if it has none. */
export function componentsOf({ options }: Conditioned): readonly ConditionComponent[] {
  return knownComponents(options.condition);
}

/**
 * Reads the conditions of images that a flow depends on besides their classes.
 *
 * @param what the images, for errors: `the images of digits`
 * @throws UserError (`mismatch`) if one is missing or of the wrong kind
 */
export function componentReader(
  flow: Conditioned,
  given: Conditions | undefined,
  { imageShape: [height, width], what }: { readonly imageShape: ImageShape; readonly what: string },
): ConditionReader {
  const area = height * width;
  const components = componentsOf(flow);
  const conditions = requireConditions(given, components, { area, what });
  const { vector, context } = componentsBy(components);
  /** The values of components side by side, the last axis. */
  const beside = (
    indices: ArrayLike<number>,
    chosen: readonly ConditionComponent[],
    grid: readonly number[],
  ): NdArray => {
    const rows = indices.length * grid.reduce((product, length) => product * length, 1);
    const data = new Float64Array(rows * chosen.length);
    const own = new Float64Array(rows);
    chosen.forEach(({ name }, channel) => {
      conditions[name]!.read(indices, own);
      own.forEach((value, row) => {
        data[row * chosen.length + channel] = value;
      });
    });
    return { shape: [indices.length, ...grid, chosen.length], data };
  };
  return (indices) => ({
    ...(vector.length > 0 && { vector: beside(indices, vector, []) }),
    ...(context.length > 0 && { context: beside(indices, context, [height, width]) }),
  });
}

/**
 * Reads all that a flow depends on besides the images: their classes too.
 *
 * @param name the name of the dataset, for errors
 * @throws UserError (`mismatch`) if something is missing or of the wrong kind
 */
export function conditionReader(
  flow: Conditioned & Pick<Flow, 'classes'>,
  images: Pick<ImageSet, 'imageShape' | 'labels' | 'conditions'>,
  name: string,
): ConditionReader {
  const { classes } = flow;
  const { imageShape, conditions } = images;
  const components = componentReader(flow, conditions, { imageShape, what: `the images of ${name}` });
  if (classes.length === 0) {
    return components;
  }
  const labels = requireLabels(images, classes, name);
  return (indices) => ({
    classes: oneHotRows(
      Array.from(indices, (index) => labels.classOf(index)),
      classes.length,
    ),
    ...components(indices),
  });
}

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
