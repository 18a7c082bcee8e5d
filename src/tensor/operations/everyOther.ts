// Every other pixel of images, as on a checkerboard.
import { otherParity, type Parity, pixelsOfParity } from '../../core/numeric/index.ts';
import { apply, type Operation, type Tensor } from '../tensor.ts';
import { areImages } from './convolution.ts';
import { reorder, reshape, slice } from './layout.ts';

/** The operation of `everyOther`. */
export const everyOtherOperation: Operation<Parity> = {
  name: 'everyOther',
  composite: true,
  shape: ([x], parity) => {
    if (!areImages(x!)) {
      return { problem: 'images must have the axes batch, row, column, channel' };
    }
    const [images, height, width, channels] = x as [number, number, number, number];
    return [images, 1, pixelsOfParity(height, width, parity).length, channels];
  },
};

/**
 * The pixels with (row + column) mod 2 = parity of images `[N, H, W, C]`, row by row: `[N, 1, pixels, C]`. A convolution
 * before it is computed at these pixels only, where the device allows it.
 */
export function everyOther(x: Tensor, parity: Parity): Tensor {
  return apply(everyOtherOperation, [x], parity) as Tensor;
}

/** `everyOther` by operations that move elements, for what no convolution computes. */
export function everyOtherMoved(x: Tensor, parity: Parity): Tensor {
  const [images, height, width, channels] = x.shape as [number, number, number, number];
  const wanted = pixelsOfParity(height, width, parity);
  const order = [...wanted, ...pixelsOfParity(height, width, otherParity(parity))];
  const flat = reorder(reshape(x, [images, height * width, channels]), 1, order);
  return reshape(slice(flat, 1, 0, wanted.length), [images, 1, wanted.length, channels]);
}
