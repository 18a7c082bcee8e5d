// How a device may like its graphs.
import type { NodeStyle } from '../onnx/operators.ts';

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
export interface GraphStyle extends NodeStyle {
  /** How many images such a network works on at a time: lengths that add up to the batch. */
  blocks(network: ConvolutionNetwork): readonly number[];
  /** What has a row of its own in the activations of such a network: each pixel, or each channel. */
  rows(network: ConvolutionNetwork): 'pixels' | 'channels';
}
