// The graph styles that a device may prefer.
import type { NodeStyle } from '../onnx/nodeStyle.ts';

/** A sequence of convolutions with elementwise functions between them, on a batch of images. */
export interface ConvolutionNetwork {
  /** Images in the batch; open if negative. */
  readonly images: number;
  /** Pixels per image. */
  readonly pixels: number;
  /** The largest number of channels between two of its convolutions. */
  readonly channels: number;
}

/** How images with the batch as their last axis are computed. */
interface BatchLastStyle {
  /**
   * How many columns a network processes at a time, where a column is one pixel of one image: block sizes that add up to
   * all.
   */
  blocks(network: ConvolutionNetwork): readonly number[];
}

/** The graph style that a device prefers. */
export interface GraphStyle extends NodeStyle {
  /**
   * Present if images have the batch as their last axis: a pixel is then copied for all of them at once, and a row of a
   * matrix is a channel. Otherwise the batch is their first axis, and a row is a pixel.
   */
  readonly batchLast?: BatchLastStyle;
  /**
   * Whether what the same operations compute from like weights, once for every flow step, is computed at once as a
   * stack: for a device where the number of operations costs more than the copies in and out of stacks.
   */
  readonly stacks: boolean;
}
