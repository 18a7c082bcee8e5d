// Where in an image a log-density or a log-determinant arises: its share for every pixel.
import type { ImageShape } from '../../core/numeric/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import { divide, expand, reshape, sum } from '../../tensor/operations/index.ts';
import type { BijectionResult } from './bijection.ts';

/** The share of every pixel of x in ln|det| of a layer that was applied to x: broadcasts to `[N, H, W]`. */
export function logDetShares({ logDet, logDetMap }: BijectionResult, [height, width]: ImageShape): Tensor {
  if (logDetMap) {
    return logDetMap;
  }
  const perImage = logDet.rank === 0 ? logDet : reshape(logDet, [logDet.shape[0]!, 1, 1]);
  return divide(perImage, height * width);
}

/**
 * Shares of the pixels of a layer's result as shares of the pixels of its input. Where the layer has made the
 * image smaller, each pixel covers a block of the larger image, and its share is divided evenly among the
 * pixels of the block. Where pixels do not cover blocks, as in a transposed image, all shares of an image are
 * divided evenly among all pixels.
 *
 * @param shares broadcasts to `[N, H, W]` of the result; what is returned broadcasts to the input's
 */
export function sharesBefore(shares: Tensor, after: ImageShape, before: ImageShape): Tensor {
  const [rows, columns] = [before[0] / after[0], before[1] / after[1]];
  if (rows === 1 && columns === 1) {
    return shares;
  }
  const divided = divide(shares, rows * columns);
  const [batch, height, width] = divided.shape;
  if (height !== after[0] || width !== after[1]) {
    // The same for every pixel.
    return divided;
  }
  if (!Number.isInteger(rows) || !Number.isInteger(columns)) {
    const mean = divide(sum(divided, [1, 2]), height * width);
    return expand(reshape(mean, [batch!, 1, 1]), [batch!, before[0], before[1]]);
  }
  const blocks = expand(reshape(divided, [batch!, height, 1, width, 1]), [
    batch!,
    height,
    rows,
    width,
    columns,
  ]);
  return reshape(blocks, [batch!, before[0], before[1]]);
}
