// What a density is conditioned on: data beside the images, given at every call.
import type { Tensor } from '../../tensor/index.ts';

/** The name of a condition: the class of an image, numbers, or a context image beside it. */
export type ConditionName = 'classes' | 'vector' | 'context';

/** The conditions that layers know, by the names of the inputs that carry them from a batch. */
export const conditionNames: readonly ConditionName[] = ['classes', 'vector', 'context'];

/**
 * The condition of a batch of images. A flow passes it to all of its layers, and each uses what its density depends on.
 *
 * - `classes`: one-hot, `[N, K]`, or `[1, K]` for one class for all images.
 * - `vector`: numbers, `[N, K]`, or `[1, K]` for the same numbers for all images, that the networks of couplings and
 *   priors see.
 * - `context`: images `[N, H, W, K]`, or `[1, H, W, K]` for one for all, that the same networks see
 *   beside the image.
 */
export type Condition = { readonly [Name in ConditionName]?: Tensor };

/** The conditions that a flow accepts, by name: the shape of each for one image, such as `[K]` for K classes. */
export type ConditionShapes = { readonly [Name in ConditionName]?: readonly number[] };

/**
 * A condition that a layer needs.
 *
 * @throws Error if it was not given
 */
export function required(condition: Condition | undefined, name: ConditionName): Tensor {
  const found = condition?.[name];
  if (!found) {
    throw new Error(`the flow needs the condition '${name}', which is missing`);
  }
  return found;
}

/** Values by the names of the conditions, without everything else: the condition in a batch, for example. */
export function conditionIn<Value>(
  values: {
    readonly [Name in ConditionName]?: Value;
  },
): { readonly [Name in ConditionName]?: Value } {
  return Object.fromEntries(
    conditionNames.flatMap((name) => (values[name] === undefined ? [] : [[name, values[name]]])),
  );
}
