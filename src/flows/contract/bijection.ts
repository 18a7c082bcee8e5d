// The contract of every layer of a flow.
import type { ImageShape } from '../../core/numeric/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import type { Condition } from './condition.ts';
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
  /** The transformed images and the log-determinant of the transformation, given a condition if the layer depends on one. */
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
