// The contract of every layer of a flow.
import type { ImageShape } from '../numeric/imageShape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { ParameterSpecs, Parameters } from './parameters.ts';

/** What a layer makes of a batch of images. */
export interface Transformed {
  /** The images `[N, H, W, C]` on the other side. */
  readonly y: Tensor;
  /** ln|det ∂y/∂x|: shape `[N]`, one number per image, or shape `[]` where it is the same for every image. */
  readonly logDet: Tensor;
}

/**
 * An invertible map of images whose log-determinant is cheap, written once with symbolic tensors: the same lines
 * serve training, sampling, export and the float64 tests.
 *
 * Images are tensors `[N, H, W, C]`; N may be open.
 */
export interface Bijection {
  /** The field's word for the layer. */
  readonly name: string;
  /** The shape of each image that `forward` takes and `inverse` gives. */
  readonly inputShape: ImageShape;
  /** The shape of each image that `forward` gives and `inverse` takes. */
  readonly outputShape: ImageShape;
  /** What the layer learns or keeps, by name; empty where it has none. */
  readonly parameters: ParameterSpecs;
  /** The images on the other side and the log-determinant of getting there. */
  forward(x: Tensor, parameters: Parameters): Transformed;
  /** Undoes `forward` for the same parameters. */
  inverse(y: Tensor, parameters: Parameters): Tensor;
  /** The layers that a chain consists of, first to last, by the keys under which their parameters are found. */
  readonly parts?: Readonly<Record<string, Bijection>>;
  /**
   * The matrices that the inverse divides by, by name: `[n, n]`, stacks `[…, n, n]`, or `[n]` for the diagonal of a
   * diagonal one. Without an inverse of one of them the layer has none; `emerging doctor` says how near they are.
   */
  factors?(parameters: Parameters): Readonly<Record<string, Tensor>>;
}
