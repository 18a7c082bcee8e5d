// The condition of a model in its options: the numbers and images that its density depends on.

import type { ImageShape } from '../../core/numeric/index.ts';
import type { ConditionShapes } from '../contract/condition.ts';
import { type ConditionScale, conditionContext } from '../coupling/conditionContext.ts';
import type { ContextFor } from '../coupling/context.ts';

/** A part of a condition: a number for each image, or an image of one channel, and its scale in the training images. */
export interface ConditionComponent extends ConditionScale {
  /** What the data and users call it. */
  readonly name: string;
  /** Whether it is an image, of the same height and width; default false: a number. */
  readonly image?: boolean;
}

/** The condition of a model in its options: components, or until a run starts names of some, or `true` for all. */
export type ModelCondition = readonly ConditionComponent[] | readonly string[] | true;

/** The components of a condition as options have it; none until a run has started. */
export function knownComponents(condition: ModelCondition | undefined): readonly ConditionComponent[] {
  return condition === undefined || !isKnownCondition(condition) ? [] : condition;
}

/** Whether a condition lists components rather than names of images that are still to be measured. */
export function isKnownCondition(condition: ModelCondition): condition is readonly ConditionComponent[] {
  return condition !== true && condition.every((one) => typeof one === 'object');
}

/** The components of a condition by the input that carries them: numbers, and the channels of images, in their order. */
export function componentsBy(condition: readonly ConditionComponent[]): {
  readonly vector: readonly ConditionComponent[];
  readonly context: readonly ConditionComponent[];
} {
  return {
    vector: condition.filter(({ image }) => !image),
    context: condition.filter(({ image }) => image),
  };
}

/** The inputs that carry a condition, as a flow declares them. */
export function shapesOfCondition(
  condition: readonly ConditionComponent[],
  [height, width]: ImageShape,
): ConditionShapes {
  const { vector, context } = componentsBy(condition);
  return {
    ...(vector.length > 0 && { vector: [vector.length] }),
    ...(context.length > 0 && { context: [height, width, context.length] }),
  };
}

/** What the networks of a model see of its condition; undefined if it has none. */
export function contextOfCondition(
  condition: readonly ConditionComponent[],
  imageShape: ImageShape,
): ContextFor | undefined {
  const { vector, context } = componentsBy(condition);
  return condition.length === 0 ? undefined : conditionContext({ vector, images: context }, imageShape);
}
