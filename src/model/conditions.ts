// Checks the conditions that users pass to a model, and converts them for image sets and programs.

import { UserError, unknownName } from '../core/errors.ts';
import { countElements } from '../core/numeric/index.ts';
import {
  type Conditions,
  type ConditionValues,
  conditionValues,
  type ImageSet,
} from '../data/contract/index.ts';
import type { Flow } from '../flows/models/index.ts';
import { requireConditions } from '../runs/images/index.ts';
import { type ClassChoice, createClassRows } from './classes.ts';
import {
  type ConditionArrays,
  type Conditioned,
  componentReader,
  conditionComponents,
} from './likelihood/likelihood.ts';

/** The values of a condition, by the names of its components: for all images, or one after the other for each. */
export type ConditionChoice = Readonly<Record<string, number | ArrayLike<number>>>;

/**
 * The conditions of a number of images.
 *
 * @throws UserError if a component is unknown, or its values are not as many as they must be, or not finite
 */
export function conditionArrays(flow: Conditioned, choice: ConditionChoice, count: number): Conditions {
  const components = conditionComponents(flow);
  return Object.fromEntries(
    Object.entries(choice).map(([name, chosenValues]): [string, ConditionValues] => {
      const component = components.find((candidate) => candidate.name === name);
      if (!component) {
        throw components.length === 0
          ? new UserError(
              'invalid-argument',
              `the model has no condition: leave out condition ${name}, or train one with model.condition`,
            )
          : unknownName(
              'condition',
              name,
              components.map((candidate) => candidate.name),
              'invalid-argument',
            );
      }
      const values = typeof chosenValues === 'number' ? [chosenValues] : chosenValues;
      const { shape } = component;
      const size = countElements(shape);
      const isForAll = values.length === size;
      if (!isForAll && values.length !== size * count) {
        const each = size === 1 ? 'a number' : `${size} numbers`;
        throw new UserError(
          'mismatch',
          `the condition ${name} has ${values.length} values for ${count} images: give ${each} for all or for each`,
        );
      }
      const subject = `the condition ${name}`;
      const checkedValues = conditionValues(values, { count: isForAll ? 1 : count, shape, what: subject });
      return [
        name,
        isForAll
          ? { shape, read: (indices, out) => checkedValues.read(new Uint32Array(indices.length), out) }
          : checkedValues,
      ];
    }),
  );
}

/**
 * The conditions of images `first` to `end − 1` of so many, as programs take them; nothing for a model without any.
 *
 * @param otherwise the classes if none are chosen, as for `createClassRows`
 * @throws UserError if something is missing, unknown or of the wrong length
 */
export function createConditionRows(
  flow: Conditioned & Pick<Flow, 'classes'>,
  choice: { readonly class?: ClassChoice | undefined; readonly condition?: ConditionChoice | undefined },
  count: number,
  otherwise?: ClassChoice,
): (first: number, end: number) => ConditionArrays {
  const classesAt = createClassRows(flow.classes, choice.class, count, otherwise);
  const conditions = conditionArrays(flow, choice.condition ?? {}, count);
  const read = componentReader(flow, conditions, 'these images');
  return (first, end) => ({
    ...classesAt(first, end),
    ...read(Array.from({ length: end - first }, (_, index) => first + index)),
  });
}

/**
 * The condition of the images of a set as users pass it: for methods that take pixels.
 *
 * @throws UserError (`mismatch`) if a component that the model depends on is missing
 */
export function choiceFrom(flow: Conditioned, images: ImageSet): Readonly<Record<string, Float64Array>> {
  const { count, conditions } = images;
  const components = conditionComponents(flow);
  const required = requireConditions(conditions, components, 'these images');
  return valuesOfConditions(Object.fromEntries(components.map(({ name }) => [name, required[name]!])), count);
}

/** The conditions of a number of images as users pass them. */
export function valuesOfConditions(conditions: Conditions, count: number): Record<string, Float64Array> {
  const indices = Array.from({ length: count }, (_, index) => index);
  return Object.fromEntries(
    Object.entries(conditions).map(([name, { shape, read }]) => {
      const values = new Float64Array(count * countElements(shape));
      read(indices, values);
      return [name, values];
    }),
  );
}

/** The means of a condition over the training images: a condition typical of the training images. */
export function meanCondition(flow: Conditioned): ConditionChoice {
  return Object.fromEntries(
    conditionComponents(flow).map(({ name, mean, shape }) => [
      name,
      new Float64Array(countElements(shape)).fill(mean),
    ]),
  );
}
