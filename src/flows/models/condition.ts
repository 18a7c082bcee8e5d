// The condition of a model in its options: the numbers and images that its density depends on.

import type { ImageShape } from '../../core/numeric/index.ts';
import { type ConditionScale, conditionContext } from '../coupling/conditionContext.ts';
import type { ContextFor } from '../coupling/context.ts';

/** A component of a condition: numbers for each image, or an image, and their scale in the training images. */
export interface ConditionComponent extends ConditionScale {
  /** Its name in the data, in layers and for users. */
  readonly name: string;
  /** The shape of its values for each image: `[K]` numbers, or an image `[H, W, K]`; default `[1]`, a number. */
  readonly shape?: readonly number[];
}

/** The condition of a model in its options: components, or until a run starts names of some, or `true` for all. */
export type ModelCondition = readonly ConditionComponent[] | readonly string[] | true;

/** The components of a condition as options have it; none until a run has started. */
export function knownComponents(condition: ModelCondition | undefined): readonly ConditionComponent[] {
  return condition === undefined || !isKnownCondition(condition) ? [] : condition;
}

/** Whether a condition lists components rather than names of images that are still to be measured. */
export function isKnownCondition(condition: ModelCondition): condition is readonly ConditionComponent[] {
  return condition !== true && condition.every((component) => typeof component === 'object');
}

/** The network input made from a model's condition; undefined if it has none. */
export function contextOfCondition(
  condition: readonly ConditionComponent[],
  imageShape: ImageShape,
): ContextFor | undefined {
  return condition.length === 0
    ? undefined
    : conditionContext(
        condition.map((component) => ({ shape: [1], ...component })),
        imageShape,
      );
}
