// Where in an image a log-density or a log-determinant arises: its share for every pixel.
import type { ImageShape } from '../numeric/imageShape.ts';
import { divide, expand, reshape } from '../tensor/operations/index.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { Transformed } from './bijection.ts';

/** The share of every pixel of x in ln|det| of a layer that was applied to x: broadcasts to `[N, H, W]`. */
export function logDetShares({ logDet, logDetMap }: Transformed, [height, width]: ImageShape): Tensor {
  if (logDetMap) {
    return logDetMap;
  }
  const perImage = logDet.rank === 0 ? logDet : reshape(logDet, [logDet.shape[0]!, 1, 1]);
  return divide(perImage, height * width);
}

/**
 * Shares of the pixels of a layer's result as shares of the pixels of its input. Where the layer has made the
 * image smaller, each pixel stands for a block of the larger image, and its share is divided evenly among the
 * pixels of the block.
 *
 * @param shares broadcasts to `[N, H, W]` of the smaller image; the result broadcasts to that of the larger
 */
export function sharesBefore(shares: Tensor, small: ImageShape, large: ImageShape): Tensor {
  const [rows, columns] = [large[0] / small[0], large[1] / small[1]];
  if (!Number.isInteger(rows) || !Number.isInteger(columns)) {
    throw new Error(`the pixels of ${small.join('x')} are not blocks of the pixels of ${large.join('x')}`);
  }
  if (rows === 1 && columns === 1) {
    return shares;
  }
  const divided = divide(shares, rows * columns);
  const [batch, height, width] = divided.shape;
  if (height !== small[0] || width !== small[1]) {
    // The same for every pixel.
    return divided;
  }
  const blocks = expand(reshape(divided, [batch!, height, 1, width, 1]), [
    batch!,
    height,
    rows,
    width,
    columns,
  ]);
  return reshape(blocks, [batch!, large[0], large[1]]);
}
