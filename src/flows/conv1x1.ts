// The invertible 1x1 convolution: one matrix over the channels, the same for every pixel.

import type { ImageShape } from '../numeric/imageShape.ts';
import { randomOrthogonal } from '../numeric/linearAlgebra.ts';
import { inverse, logAbsDet, multiply, product, reshape } from '../tensor/operations/index.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type Bijection, rowsOf } from './bijection.ts';

/**
 * A free 1x1 convolution, y = x·W for every pixel with `weight[in, out]`; ln|det| = H·W·ln|det W|.
 *
 * Starts as a random orthogonal matrix. Source: Kingma and Dhariwal, Glow (2018).
 */
export function conv1x1(shape: ImageShape): Bijection {
  const [height, width, channels] = shape;
  const map = (x: Tensor, weight: Tensor): Tensor =>
    reshape(product(reshape(x, rowsOf(x.shape)), weight), x.shape);
  return {
    name: 'conv1x1',
    inputShape: shape,
    outputShape: shape,
    parameters: {
      weight: {
        shape: [channels, channels],
        trained: true,
        initial: (random) => randomOrthogonal(random, channels),
      },
    },
    forward(x, p) {
      const weight = p.get('weight');
      return { y: map(x, weight), logDet: multiply(logAbsDet(weight), height * width) };
    },
    inverse: (y, p) => map(y, inverse(p.get('weight'))),
  };
}
