// The contract of every layer of a flow.
import type { ImageShape } from '../../core/numeric/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import { type Condition, type ConditionShapes, checkCondition } from './condition.ts';
import type { ElementaryMap } from './elementaryMaps.ts';
import type { ParameterSpecs, Parameters } from './parameters.ts';

/** The result of applying a layer to a batch of images. */
export interface BijectionResult {
  /** The transformed images `[N, H, W, C]`. */
  readonly y: Tensor;
  /** ln|det ∂y/∂x|: shape `[N]`, one number per image, or shape `[]` if it is the same for every image. */
  readonly logDet: Tensor;
  /**
   * Where ln|det| arises: the share of every pixel of x, `[N, H, W]`, which add up to `logDet`. Missing if all
   * pixels of an image have the same share.
   */
  readonly logDetMap?: Tensor;
}

/**
 * An invertible map of images with a cheap log-determinant, written once with symbolic tensors: the same
 * lines serve training, sampling, export and the float64 tests.
 *
 * Images are tensors `[N, H, W, C]`; N may be open.
 */
export interface Bijection {
  /** The layer's name in the literature. */
  readonly name: string;
  /** The shape of each image that `forward` takes and `inverse` returns. */
  readonly inputShape: ImageShape;
  /** The shape of each image that `forward` returns and `inverse` takes. */
  readonly outputShape: ImageShape;
  /** The layer's parameters, trained or fixed, by name; empty if it has none. */
  readonly parameters: ParameterSpecs;
  /** The conditions that it depends on, by name: the shape of each for one image. By default it depends on none. */
  readonly conditions?: ConditionShapes;
  /** The transformed images and the log-determinant of the transformation, given the conditions that it declares. */
  forward(x: Tensor, parameters: Parameters, condition?: Condition): BijectionResult;
  /** Inverts `forward` for the same parameters and condition. */
  inverse(y: Tensor, parameters: Parameters, condition?: Condition): Tensor;
  /** The layers of a chain, first to last, by the keys of their parameters. */
  readonly parts?: Readonly<Record<string, Bijection>>;
  /**
   * The matrices that the inverse divides by, by name: `[n, n]`, stacks `[…, n, n]`, or `[n]` for the
   * diagonal of a diagonal one. If one of them is singular, the layer has no inverse; `emerging doctor`
   * reports how close they are to that.
   */
  factors?(parameters: Parameters): Readonly<Record<string, Tensor>>;
  /**
   * The maps that the layer consists of, first to last, for lossless compression. Missing for a chain, which has its parts,
   * and for layers that don't consist of such maps: models with them can't compress images.
   */
  maps?(parameters: Parameters): readonly ElementaryMap[];
}

/** A bijection whose functions need not check the conditions that it declares. */
export interface BijectionDefinition<Name extends string = string>
  extends Omit<Bijection, 'conditions' | 'forward' | 'inverse' | 'factors' | 'maps'> {
  /** As in a bijection. */
  readonly conditions?: ConditionShapes<Name>;
  /** As in a bijection, with every condition that it declares. */
  forward(x: Tensor, parameters: Parameters, condition: Condition<Name>): BijectionResult;
  /** Inverts `forward`. */
  inverse(y: Tensor, parameters: Parameters, condition: Condition<Name>): Tensor;
  /** As in a bijection. */
  factors?(parameters: Parameters): Readonly<Record<string, Tensor>>;
  /** As in a bijection. */
  maps?(parameters: Parameters): readonly ElementaryMap[];
}

/**
 * A bijection that depends on conditions: every call checks that each declared one is given, with its shape.
 *
 * @throws if one is missing or has another shape, when it is called
 * @example
 * ```ts
 * import { bijection } from 'emerging-flows/flows';
 * import { constant, operations } from 'emerging-flows/tensor';
 *
 * const { add, reshape, subtract } = operations;
 *
 * // Adds a colour, given for each image.
 * const tint = bijection({
 *   name: 'tint',
 *   inputShape: [8, 8, 3],
 *   outputShape: [8, 8, 3],
 *   parameters: {},
 *   conditions: { colour: [3] },
 *   forward: (x, _, { colour }) => ({ y: add(x, reshape(colour, [colour.shape[0]!, 1, 1, 3])), logDet: constant(0) }),
 *   inverse: (y, _, { colour }) => subtract(y, reshape(colour, [colour.shape[0]!, 1, 1, 3])),
 * });
 * ```
 */
export function bijection<Name extends string>(definition: BijectionDefinition<Name>): Bijection {
  const { name, conditions } = definition;
  const checked = (images: Tensor, condition: Condition | undefined): Condition => {
    checkCondition(name, conditions ?? {}, condition, images.shape[0]!);
    return condition ?? {};
  };
  return {
    ...definition,
    forward: (x, p, condition) => definition.forward(x, p, checked(x, condition)),
    inverse: (y, p, condition) => definition.inverse(y, p, checked(y, condition)),
  };
}
