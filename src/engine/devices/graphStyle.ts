// How a device may like its graphs.
import type { Operators } from '../onnx/operators.ts';

/** A network of convolutions, one after another with functions of each element between, on a batch of images. */
export interface ConvolutionNetwork {
  /** Images of the batch; open where negative. */
  readonly images: number;
  /** Pixels of an image. */
  readonly pixels: number;
  /** The most channels that lie between two of its convolutions. */
  readonly channels: number;
  /** Whether gradients go through it. */
  readonly differentiated: boolean;
}

/** How a device likes its graphs. */
export interface GraphStyle {
  /** How many images such a network works on at a time: lengths that add up to the batch. */
  blocks(network: ConvolutionNetwork): readonly number[];
  /** What has a row of its own in the activations of such a network: each pixel, or each channel. */
  rows(network: ConvolutionNetwork): 'pixels' | 'channels';
  /**
   * Whether nodes are made to wait for others that they do not need, so that memory is let go of early: where a runtime
   * keeps to no order of its own.
   */
  readonly waits: boolean;
  /** The ONNX nodes of operations for which the device has better ones than the plain ones. */
  readonly operators: Operators;
}
