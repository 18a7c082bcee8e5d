// Squeeze: blocks of 2x2 pixels become channels.
import { UserError } from '../../core/errors.ts';
import type { ImageShape } from '../../core/numeric/index.ts';
import { constant } from '../../tensor/index.ts';
import { reshape, transpose } from '../../tensor/operations/index.ts';
import type { Bijection } from '../contract/bijection.ts';

/** Moves 2x2 blocks to channels, new channel = 4·c + 2·row + column; ln|det| = 0. */
export function squeeze(shape: ImageShape): Bijection {
  const [height, width, channels] = shape;
  if (height % 2 !== 0 || width % 2 !== 0) {
    throw new UserError('invalid-argument', `squeeze: height and width must be even, not ${height}x${width}`);
  }
  const [rows, columns] = [height / 2, width / 2];
  const layer: Bijection = {
    name: 'squeeze',
    inputShape: shape,
    outputShape: [rows, columns, 4 * channels],
    parameters: {},
    forward(x) {
      const batch = x.shape[0]!;
      const blocks = transpose(reshape(x, [batch, rows, 2, columns, 2, channels]), [0, 1, 3, 5, 2, 4]);
      return { y: reshape(blocks, [batch, rows, columns, 4 * channels]), logDet: constant(0) };
    },
    inverse(y) {
      const batch = y.shape[0]!;
      const blocks = transpose(reshape(y, [batch, rows, columns, channels, 2, 2]), [0, 1, 4, 2, 5, 3]);
      return reshape(blocks, [batch, height, width, channels]);
    },
    maps: (p) => [{ kind: 'order', apply: (x) => layer.forward(x, p).y }],
  };
  return layer;
}
