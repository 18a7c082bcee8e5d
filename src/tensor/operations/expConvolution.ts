// The exponential of a convolution.
import { apply, type Operation, type Tensor } from '../tensor.ts';
import { areImages, areWhole, betweenPixels, type Offset } from './convolution.ts';

/** How a convolution is exponentiated. */
export interface ConvolutionExponent {
  /** Where each tap of the kernel reads, relative to the output pixel. */
  readonly offsets: readonly Offset[];
  /** A bound on the norm of the convolution. */
  readonly normBound: number;
}

/** The operation of `expConvolution`. */
export const expConvolutionOperation: Operation<ConvolutionExponent> = {
  name: 'expConvolution',
  composite: true,
  shape: ([x, kernel], { offsets }) => {
    const channels = x!.at(-1)!;
    const [taps, inputs, outputs] = kernel!;
    const isKernel = kernel!.length === 3 && taps === offsets.length;
    if (!areImages(x!) || !isKernel || inputs !== channels || outputs !== channels) {
      return { problem: `images [N, H, W, C] need a kernel [${offsets.length}, C, C]` };
    }
    return areWhole(offsets) ? x! : betweenPixels;
  },
};

/**
 * exp(M)·x = Σₙ Mⁿ·x/n!, M the convolution of images with zeros outside them, as many terms as the precision needs.
 *
 * @param x `[N, H, W, C]`
 * @param kernel `[taps, C, C]`, the norm of whose convolution is at most `normBound`
 */
export function expConvolution(x: Tensor, kernel: Tensor, exponent: ConvolutionExponent): Tensor {
  return apply(expConvolutionOperation, [x, kernel], exponent) as Tensor;
}

/**
 * The number N of the last term: the first where the bound of the next, normBound^(N+1)/(N+1)!, is below half of the
 * precision's epsilon.
 */
export function lastTerm(normBound: number, precision: 'float32' | 'float64'): number {
  const half = precision === 'float32' ? 2 ** -24 : 2 ** -53;
  let last = 0;
  for (let bound = normBound; bound >= half; bound *= normBound / (last + 1)) {
    last++;
  }
  return last;
}
