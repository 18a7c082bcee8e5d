// Convolutions of images: any taps, zero padding or wrap-around, with or without an edge channel.
import { type Parity, pixelsOfParity } from '../../core/numeric/index.ts';
import { isOpen } from '../shape.ts';
import { apply, constant, type Operation, type Tensor } from '../tensor.ts';
import { reshape } from './layout.ts';
import { product } from './product.ts';
import { areImages, type Boundary, type Offset, type Shifts } from './shift.ts';

export type { Boundary, Offset } from './shift.ts';

/** The attributes of a convolution other than its image and kernel. */
export interface Convolution extends Shifts {
  /** Whether the last input channel of the kernel is for the edge channel. */
  readonly edge: boolean;
}

/** How an image is convolved. */
export interface ConvolutionOptions {
  /** Where each tap of the kernel reads, relative to the output pixel. */
  readonly offsets: readonly Offset[];
  /** The values outside the image; zero by default. */
  readonly boundary?: Boundary;
  /**
   * Whether the image has one more channel, the last of the kernel's, that is 1 outside the image and 0
   * inside, so that a layer can tell where the image ends; false by default.
   */
  readonly edge?: boolean;
}

/** The operation of `convolution`. */
export const convolutionOperation: Operation<Convolution> = {
  name: 'convolution',
  composite: true,
  shape: ([x, kernel], { offsets, edge }) => {
    const [taps, inputs, outputs] = kernel!;
    if (!areImages(x!) || kernel!.length !== 3 || isOpen(kernel!) || taps !== offsets.length) {
      return { problem: `images [N, H, W, C] need a kernel [${offsets.length}, in, out]` };
    }
    return x![3]! + (edge ? 1 : 0) === inputs
      ? [...x!.slice(0, 3), outputs!]
      : { problem: `the kernel takes ${inputs} channels${edge ? ', including the edge channel' : ''}` };
  },
};

/**
 * The convolution of images, without flipping the kernel, as is usual in deep learning:
 *
 *     y[n, h, w, o] = Σₜ Σᵢ x[n, h + rowₜ, w + columnₜ, i]·kernel[t, i, o]
 *
 * @param x `[N, H, W, in]`
 * @param kernel `[taps, in, out]`, with an edge channel `[taps, in + 1, out]`
 */
export function convolution(
  x: Tensor,
  kernel: Tensor,
  { offsets, boundary = 'zero', edge = false }: ConvolutionOptions,
): Tensor {
  return apply(convolutionOperation, [x, kernel], { offsets, boundary, edge }) as Tensor;
}

/** The 1x1 convolution, x·W on the channels of each pixel; `weight` is `[in, out]`. */
export function pointwise(x: Tensor, weight: Tensor): Tensor {
  return convolution(x, reshape(weight, [1, ...weight.shape]), { offsets: [[0, 0]] });
}

/** The offsets of a square kernel of odd side around its centre, row by row. */
export function squareOffsets(side: number): Offset[] {
  const reach = (side - 1) / 2;
  const distances = Array.from({ length: side }, (_, index) => index - reach);
  return distances.flatMap((row) => distances.map((column): Offset => [row, column]));
}

/**
 * The contribution of only the edge channel, `[H, W, out]`: the convolution of a mask that is 1 outside an
 * image and 0 inside.
 *
 * @param kernel `[taps, out]`
 * @param parity only for this half of the pixels, `[1, pixels, out]`
 */
export function edgeResponse(
  height: number,
  width: number,
  kernel: Tensor,
  offsets: readonly Offset[],
  parity?: Parity,
): Tensor {
  const allPixels = Array.from({ length: height * width }, (_, pixel) => pixel);
  const pixels = parity === undefined ? allPixels : pixelsOfParity(height, width, parity);
  const isInside = (row: number, column: number): boolean =>
    row >= 0 && row < height && column >= 0 && column < width;
  const outside = Float64Array.from(
    pixels.flatMap((pixel) =>
      offsets.map(([down, right]) =>
        isInside(Math.floor(pixel / width) + down, (pixel % width) + right) ? 0 : 1,
      ),
    ),
  );
  const response = product(constant({ shape: [pixels.length, offsets.length], data: outside }), kernel);
  const grid = parity === undefined ? [height, width] : [1, pixels.length];
  return reshape(response, [...grid, kernel.shape[1]!]);
}
