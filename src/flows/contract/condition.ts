// Conditions of a density: additional data for each image, by name, given at every call.
import { UserError } from '../../core/errors.ts';
import type { Tensor } from '../../tensor/index.ts';
import { OPEN_BATCH, sameShape, showShape } from '../../tensor/index.ts';

/**
 * The condition of a batch of images, by name: a tensor `[N, …]`, or `[1, …]` for the same values for all images. A flow
 * passes it to all of its layers, and each uses what it declares.
 */
export type Condition<Name extends string = string> = Readonly<Record<Name, Tensor>>;

/** The conditions that a layer or a flow accepts, by name: the shape of each for one image, such as `[K]` for K classes. */
export type ConditionShapes<Name extends string = string> = Readonly<Record<Name, readonly number[]>>;

/** The name of the condition that holds the class of each image, one-hot, `[K]`. */
export const CLASSES = 'classes';

/** Something that declares conditions, and its name in errors. */
export type Declaration = readonly [where: string, declared: { readonly conditions?: ConditionShapes }];

/**
 * The conditions that several parts declare together.
 *
 * @throws if two declare one condition with different shapes; the error names both
 */
export function collectConditions(declarations: Iterable<Declaration>): ConditionShapes {
  const collected = new Map<string, { readonly shape: readonly number[]; readonly where: string }>();
  for (const [where, { conditions = {} }] of declarations) {
    for (const [name, shape] of Object.entries(conditions)) {
      const previous = collected.get(name);
      if (previous && !sameShape(previous.shape, shape)) {
        throw new UserError(
          'invalid-argument',
          `the condition '${name}' is ${showShape(previous.shape)} in ${previous.where}, but ${showShape(shape)} in ${where}: ` +
            'give one of them another name',
        );
      }
      collected.set(name, previous ?? { shape, where });
    }
  }
  return Object.fromEntries([...collected].map(([name, { shape }]) => [name, shape]));
}

/** Collected conditions as a member of what declares them; nothing if there are none. */
export function declared(conditions: ConditionShapes): { readonly conditions?: ConditionShapes } {
  return Object.keys(conditions).length > 0 ? { conditions } : {};
}

/**
 * Checks the condition of a batch against what a layer or flow declares.
 *
 * @param where the layer or flow, for errors
 * @param images the length of the batch
 * @throws if one is missing or has another shape
 */
export function checkCondition(
  where: string,
  shapes: ConditionShapes,
  condition: Condition | undefined,
  images: number,
): void {
  for (const [name, shape] of Object.entries(shapes)) {
    const tensor = condition?.[name];
    if (!tensor) {
      throw new UserError(
        'invalid-argument',
        `${where} needs the condition '${name}', ${showShape(shape)} for each image, which is missing`,
      );
    }
    if (![images, 1].some((count) => sameShape(tensor.shape, [count, ...shape]))) {
      const count = images === OPEN_BATCH ? 'N' : images;
      throw new UserError(
        'invalid-argument',
        `${where}: the condition '${name}' is ${showShape(tensor.shape)}, expected ${showShape([count as number, ...shape])}, ` +
          `or ${showShape([1, ...shape])} for all images`,
      );
    }
  }
}
