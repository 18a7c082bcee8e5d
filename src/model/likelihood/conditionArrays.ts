// The conditions of images as arrays for programs, by name: the data's conditions, and the class, one-hot.

import { countElements, type NdArray, oneHotRows } from '../../core/numeric/index.ts';
import type { Conditions, ImageSet } from '../../data/contract/index.ts';
import { CLASSES, type Condition } from '../../flows/contract/index.ts';
import {
  type ConditionComponent,
  type Flow,
  knownComponents,
  type ModelOptions,
} from '../../flows/models/index.ts';
import { requireConditions, requireLabels } from '../../runs/images/index.ts';
import { constant, input } from '../../tensor/index.ts';

/** Values by the names of the inputs of programs that conditions have: apart from all other inputs, whatever their names. */
export type ByConditionInput<Value> = Readonly<Record<`condition/${string}`, Value>>;

/** The conditions of a batch: `[N, …]` each, by the inputs that take them. The classes are one-hot, `[N, K]`. */
export type ConditionArrays = ByConditionInput<NdArray>;

/** Values by the names of conditions, renamed to the inputs that take them. */
export function asConditionInputs<Value>(values: Readonly<Record<string, Value>>): ByConditionInput<Value> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`condition/${name}`, value]));
}

/** The conditions of the images at some positions, in that order. */
export type ConditionReader = (indices: ArrayLike<number>) => ConditionArrays;

/** A flow, as far as its condition is concerned. */
export interface Conditioned extends Pick<Flow, 'condition'> {
  readonly options: Pick<ModelOptions, 'condition'>;
}

/** A condition of a flow other than the classes: its shape for one image, and the scale of its values. */
export interface NamedCondition extends Required<ConditionComponent> {
  /** Whether it is a number; otherwise it is several numbers, or an image. */
  readonly isNumber: boolean;
}

/**
 * The conditions of a flow except the classes, in the order of its options. Those that only its layers name have the mean
 * 0 and the deviation 1.
 */
export function conditionComponents({ condition, options }: Conditioned): readonly NamedCondition[] {
  const measured = knownComponents(options.condition);
  const { [CLASSES]: _, ...shapes } = condition;
  const names = [
    ...measured.map(({ name }) => name).filter((name) => name in shapes),
    ...Object.keys(shapes),
  ];
  return [...new Set(names)].map((name) => {
    const shape = shapes[name]!;
    const { mean = 0, deviation = 1 } = measured.find((component) => component.name === name) ?? {};
    return { name, shape, mean, deviation, isNumber: shape.length === 1 && shape[0] === 1 };
  });
}

/**
 * Reads the conditions of images that a flow depends on, without classes.
 *
 * @param subject the images, for errors: `the images of digits`
 * @throws UserError (`mismatch`) if one is missing or has another shape
 */
export function componentReader(
  flow: Conditioned,
  imageConditions: Conditions | undefined,
  subject: string,
): ConditionReader {
  return arraysReader(requireComponents(flow, imageConditions, subject));
}

/** The conditions of images that a flow depends on, without classes; they must have them, in the flow's shapes. */
function requireComponents(
  flow: Conditioned,
  imageConditions: Conditions | undefined,
  subject: string,
): Conditions {
  const components = conditionComponents(flow);
  const conditions = requireConditions(imageConditions, components, subject);
  return Object.fromEntries(components.map(({ name }) => [name, conditions[name]!]));
}

/** Reads conditions as arrays. */
function arraysReader(conditions: Conditions): ConditionReader {
  return (indices) =>
    asConditionInputs(
      Object.fromEntries(
        Object.entries(conditions).map(([name, values]) => {
          const data = new Float64Array(indices.length * countElements(values.shape));
          values.read(indices, data);
          return [name, { shape: [indices.length, ...values.shape], data }];
        }),
      ),
    );
}

/**
 * Reads everything a flow depends on in addition to the images, including classes.
 *
 * @param name the name of the dataset, for errors
 * @throws UserError (`mismatch`) if something is missing or has another shape
 */
export function conditionReader(
  flow: Conditioned & Pick<Flow, 'classes'>,
  images: Pick<ImageSet, 'labels' | 'conditions'>,
  name: string,
): ConditionReader {
  const { classes } = flow;
  const conditions = requireComponents(flow, images.conditions, `the images of ${name}`);
  const labels = classes.length > 0 && { [CLASSES]: requireLabels(images, classes, name) };
  return arraysReader({ ...conditions, ...labels });
}

/**
 * The conditions of a flow's programs for a batch: an input `[images, …]` for each condition that the flow accepts.
 * `asConditionInputs` gives them their names in the program.
 */
export function conditionInputs({ condition }: Pick<Flow, 'condition'>, images: number): Condition {
  return Object.fromEntries(
    Object.entries(condition).map(([name, shape]) => [name, input(`condition/${name}`, [images, ...shape])]),
  );
}

/** The condition of a flow's programs as constants. */
export function conditionFromArrays(arrays: ConditionArrays): Condition {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, array]) => [name.replace('condition/', ''), constant(array)]),
  );
}

/** The numbers of classes as a condition: one-hot rows, `[N, count]`. */
export function oneHotClasses(numbers: ArrayLike<number>, count: number): ConditionArrays {
  return asConditionInputs({ [CLASSES]: oneHotRows(numbers, count) });
}
