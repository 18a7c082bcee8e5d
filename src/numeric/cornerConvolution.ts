// Inverts a corner convolution on the host, one pixel at a time: the reference that faster methods are
// checked against.
import type { NdArray } from './ndarray.ts';

/**
 * The x for which y[h, w] = Σᵢⱼ x[h − i·dilation, w − j·dilation]·kernel[i, j], zero outside the image, by
 * forward substitution in float64: H·W·C values sequentially, each from the pixels above and left of it and
 * the channels of its own pixel that are already solved.
 *
 * @param y `[N, H, W, C]`
 * @param kernel `[side, side, C, C]`; the centre tap (0, 0) must be lower triangular, so that channel o needs
 * the
 *   channels after it, or upper triangular, so that it needs those before it
 */
export function solveCornerSequentially(y: NdArray, kernel: NdArray, dilation: number): NdArray {
  const [images, height, width, channels] = y.shape as [number, number, number, number];
  const side = kernel.shape[0]!;
  const weights = Float64Array.from(kernel.data);
  const area = channels * channels;
  const x = Float64Array.from(y.data);
  const order = channelOrder(weights, channels);
  const taps: { start: number; down: number; right: number }[] = [];
  for (let i = 0; i < side; i++) {
    for (let j = 0; j < side; j++) {
      if (i + j > 0) {
        taps.push({ start: (i * side + j) * area, down: i * dilation, right: j * dilation });
      }
    }
  }
  for (let image = 0; image < images; image++) {
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const pixel = ((image * height + row) * width + column) * channels;
        for (const { start, down, right } of taps) {
          if (row < down || column < right) {
            continue;
          }
          const neighbour = pixel - (down * width + right) * channels;
          for (let input = 0; input < channels; input++) {
            const value = x[neighbour + input]!;
            const from = start + input * channels;
            for (let output = 0; output < channels; output++) {
              x[pixel + output]! -= value * weights[from + output]!;
            }
          }
        }
        for (const input of order) {
          const from = input * channels;
          x[pixel + input]! /= weights[from + input]!;
          const value = x[pixel + input]!;
          for (let output = 0; output < channels; output++) {
            if (output !== input) {
              x[pixel + output]! -= value * weights[from + output]!;
            }
          }
        }
      }
    }
  }
  return { shape: y.shape, data: x };
}

/** The order in which a triangular centre tap allows its channels to be solved. */
function channelOrder(weights: Float64Array, channels: number): number[] {
  const ascending = Array.from({ length: channels }, (_, index) => index);
  const isUpper = ascending.every((row) =>
    ascending.slice(0, row).every((column) => weights[row * channels + column] === 0),
  );
  const isLower = ascending.every((row) =>
    ascending.slice(row + 1).every((column) => weights[row * channels + column] === 0),
  );
  if (!isUpper && !isLower) {
    throw new RangeError('the centre tap must be triangular');
  }
  return isUpper ? ascending : ascending.reverse();
}
