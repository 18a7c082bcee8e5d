// The checkerboard mask: a coupling keeps every other pixel.

import { type ImageShape, once, otherParity, pixelsOfParity } from '../../core/numeric/index.ts';
import { constant, type Tensor } from '../../tensor/index.ts';
import {
  add,
  concatenate,
  everyOther,
  invertPermutation,
  multiply,
  pad,
  reorder,
  reshape,
  slice,
  sum,
} from '../../tensor/operations/index.ts';
import { defineMask } from './definitions.ts';
import type { Mask, MaskFor } from './mask.ts';

/** The options of a checkerboard. */
export interface CheckerboardOptions {
  /** Which pixels stay: those with (row + column) mod 2 = keep; default 0. */
  readonly keep?: 0 | 1;
}

/**
 * Keeps the pixels with (row + column) mod 2 = keep and changes the others, all channels of them. The conditioner sees the
 * whole image with the changed pixels set to 0, and the mask as one more channel. Source: Dinh et al., Real NVP (2017).
 *
 * @throws for an image of one pixel
 */
export function checkerboard({ keep = 0 }: CheckerboardOptions = {}): MaskFor {
  return ([height, width, channels]: ImageShape): Mask => {
    const pixels = height * width;
    if (pixels === 1) {
      throw new Error('coupling: a checkerboard needs at least 2 pixels');
    }
    const moving = otherParity(keep);
    const changed = pixelsOfParity(height, width, moving).length;
    // Made when a graph is: the shapes of a model are known, and compared with a file's, before anything is allocated.
    const mask = once(() => {
      const data = new Float64Array(pixels);
      for (const pixel of pixelsOfParity(height, width, keep)) {
        data[pixel] = 1;
      }
      return constant({ shape: [1, height, width, 1], data });
    });
    const places = once(() =>
      invertPermutation([...pixelsOfParity(height, width, moving), ...pixelsOfParity(height, width, keep)]),
    );
    /** Images with the changed pixels in their places, and zeros elsewhere. */
    const spread = (values: Tensor): Tensor => {
      const [images, , , depth] = values.shape as [number, number, number, number];
      const flat = pad(reshape(values, [images, changed, depth]), 1, 0, pixels - changed);
      const inPlace = reorder(flat, 1, places());
      return reshape(inPlace, [images, height, width, depth]);
    };
    return {
      seenShape: [height, width, channels + 1],
      changedShape: [1, changed, channels],
      divide: (x) => ({ kept: multiply(x, mask()), changed: everyOther(x, moving) }),
      see(kept) {
        // Zeros copy the mask to as many images, even if their number is open.
        return concatenate([kept, add(multiply(slice(kept, 3, 0, 1), 0), mask())], 3);
      },
      select: (numbers) => everyOther(numbers, moving),
      join: (parts) => add(parts.kept, spread(parts.changed)),
      perPixel: (values) => sum(spread(values), [3]),
    };
  };
}

/** The mask of pixels as configurations choose it. */
export const checkerboardMask = defineMask({
  name: 'checkerboard',
  summary: 'Keeps every other pixel.',
  leastPixels: 2,
  turns: 2,
  build: (_, turn) => checkerboard({ keep: turn === 0 ? 0 : 1 }),
});
