// The condition of a model and the conditions of its images, which must agree.

import { UserError, unknownName } from '../../core/errors.ts';
import { countElements } from '../../core/numeric/index.ts';
import {
  type Conditions,
  type ConditionValues,
  type Dataset,
  type ImageSet,
  isConditionImage,
  type RequiredCondition,
  type WantedConditions,
} from '../../data/contract/index.ts';
import { isKnownCondition, knownComponents, type ModelOptions } from '../../flows/models/index.ts';
import type { Config } from '../settings/configSchema.ts';

/** How many values are read at a time. */
const BLOCK_VALUES = 2 ** 20;

/** The least deviation of a component, relative to its mean: below it, float32 loses the differences between images. */
const LEAST_DEVIATION = 1e-5;

/** The least deviation itself: below it, squares of the values vanish in float32. */
const LEAST_SIZE = 1e-18;

/** The conditions that the images of a model need; undefined if it depends on none. */
export function conditionsFor(
  { condition }: Pick<ModelOptions, 'condition'>,
  from: string | undefined,
): WantedConditions | undefined {
  if (condition === undefined || condition === true) {
    return condition && { from };
  }
  return {
    from,
    names: condition.map((component) => (typeof component === 'string' ? component : component.name)),
  };
}

/**
 * A configuration for these images: where `model.condition` is true or has names, it lists their conditions, with mean and
 * deviation.
 *
 * @throws UserError (`mismatch`) if the images lack one, or one hardly varies
 */
export function withConditionScales(
  config: Config,
  { name, train }: Pick<Dataset, 'name' | 'train'>,
): Config {
  const { condition: wanted } = config.model;
  if (wanted === undefined || isKnownCondition(wanted)) {
    return config;
  }
  const { conditions = {} } = train;
  const names = Object.keys(conditions);
  if (names.length === 0) {
    throw new UserError(
      'mismatch',
      `the images of ${name} have no conditions, which model.condition needs: give them some, or leave out model.condition`,
    );
  }
  const condition = (wanted === true ? names : wanted).map((component) => {
    const values = conditions[component];
    if (values === undefined || !names.includes(component)) {
      throw unknownName(`condition of ${name}`, component, names, 'mismatch');
    }
    const { mean, deviation } = measureMoments(train, values);
    if (!(deviation > LEAST_DEVIATION * Math.abs(mean))) {
      throw new UserError(
        'mismatch',
        `the condition ${component} hardly varies over the images of ${name} (mean ${mean}, standard deviation ${deviation}): leave it out, or subtract a number close to its mean`,
      );
    }
    if (deviation < LEAST_SIZE) {
      throw new UserError(
        'mismatch',
        `the condition ${component} of ${name} is too small for float32 (standard deviation ${deviation}): scale it, for example to a deviation of 1`,
      );
    }
    return {
      name: component,
      mean,
      deviation,
      ...(String(values.shape) !== '1' && { shape: [...values.shape] }),
    };
  });
  return { ...config, model: { ...config.model, condition } };
}

/** The mean and the standard deviation of all values of a component. */
function measureMoments(
  { count }: ImageSet,
  { shape, read }: ConditionValues,
): { mean: number; deviation: number } {
  const size = countElements(shape);
  const atOnce = Math.max(1, Math.floor(BLOCK_VALUES / size));
  const sumTerms = (term: (value: number) => number): number => {
    let sum = 0;
    for (let first = 0; first < count; first += atOnce) {
      const indices = Array.from({ length: Math.min(atOnce, count - first) }, (_, index) => first + index);
      const values = new Float64Array(indices.length * size);
      read(indices, values);
      sum += values.reduce((total, value) => total + term(value), 0);
    }
    return sum;
  };
  const mean = sumTerms((value) => value) / (count * size);
  // In a second pass, so that nothing cancels.
  return { mean, deviation: Math.sqrt(sumTerms((value) => (value - mean) ** 2) / (count * size)) };
}

/**
 * The conditions of images for a model that depends on these.
 *
 * @param subject the images, for errors: `the images of digits`
 * @throws UserError (`mismatch`) that names what is missing or has another shape
 */
export function requireConditions(
  conditions: Conditions | undefined,
  required: readonly RequiredCondition[],
  subject: string,
): Conditions {
  const missing = required.filter(({ name }) => !Object.hasOwn(conditions ?? {}, name));
  if (missing.length > 0) {
    const names = missing.map(({ name }) => name).join(', ');
    throw new UserError(
      'mismatch',
      `${subject} have no condition ${names}, which the model depends on: give ${missing.length === 1 ? 'it' : 'them'} for each image`,
    );
  }
  for (const { name, shape } of required) {
    const { shape: actualShape } = conditions![name]!;
    if (String(actualShape) !== String(shape)) {
      throw new UserError(
        'mismatch',
        `the condition ${name} of ${subject} has ${actualShape.join(' x ')} values for each image, but ${shape.join(' x ')} in the model`,
      );
    }
  }
  return conditions!;
}

/**
 * Checks that augmentations don't move images away from the images that they are conditioned on.
 *
 * @throws UserError (`invalid-config`) if they would
 */
export function requireUnmoved({ data: { augment }, model: { condition } }: Config): void {
  const image = knownComponents(condition).find(({ shape = [] }) => isConditionImage({ shape }));
  if (image && augment.length > 0) {
    throw new UserError(
      'invalid-config',
      `data.augment would move the images, but not the condition ${image.name}, which is an image: leave out data.augment`,
    );
  }
}
