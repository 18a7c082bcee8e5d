// Mixing by permutation only: the channels reversed, or shuffled once.

import type { ImageShape } from '../../core/numeric/index.ts';
import { constant, type Tensor } from '../../tensor/index.ts';
import { flip, oneHot, pointwise, transpose } from '../../tensor/operations/index.ts';
import type { Bijection } from '../contract/bijection.ts';
import { defineMixing } from '../contract/mixing.ts';
import type { Parameters } from '../contract/parameters.ts';

/** The channels in reverse order, y[c] = x[C − 1 − c]; ln|det| = 0. Source: Dinh et al., NICE (2015). */
export function reverse(shape: ImageShape): Bijection {
  return {
    name: 'reverse',
    inputShape: shape,
    outputShape: shape,
    parameters: {},
    forward: (x) => ({ y: flip(x, 3), logDet: constant(0) }),
    inverse: (y) => flip(y, 3),
    maps: () => [{ kind: 'order', apply: (x) => flip(x, 3) }],
  };
}

/**
 * The channels in an order that is drawn once, y[c] = x[permutation[c]]; ln|det| = 0. The order is a
 * parameter that is saved and not trained. Source: Kingma and Dhariwal, Glow (2018).
 */
export function shuffle(shape: ImageShape): Bijection {
  const channels = shape[2];
  const matrix = (p: Parameters): Tensor => oneHot(p.get('permutation'), channels);
  return {
    name: 'shuffle',
    inputShape: shape,
    outputShape: shape,
    parameters: {
      permutation: {
        shape: [channels],
        trained: false,
        initial: (random) => Float64Array.from(random.permutation(channels)),
      },
    },
    forward: (x, p) => ({ y: pointwise(x, transpose(matrix(p))), logDet: constant(0) }),
    inverse: (y, p) => pointwise(y, matrix(p)),
    maps: (p) => [{ kind: 'order', apply: (x) => pointwise(x, transpose(matrix(p))) }],
  };
}

/** The mixing that reverses the channels. */
export const reverseMixing = defineMixing({
  name: 'reverse',
  text: 'reversed channels',
  summary: 'The channels in reverse order.',
  inverse: 'order',
  build: (shape) => ({ reverse: reverse(shape) }),
});

/** The mixing that shuffles the channels. */
export const shuffleMixing = defineMixing({
  name: 'shuffle',
  text: 'shuffled channels',
  summary: 'The channels in a fixed random order.',
  inverse: 'order',
  build: (shape) => ({ shuffle: shuffle(shape) }),
});
