// Masks that the library has: halves of the channels, and checkerboards.
import type { ImageShape } from '../../core/numeric/index.ts';
import { defineMask } from './definitions.ts';
import type { Mask } from './mask.ts';

/**
 * The mask of Glow: keeps the first ⌊C/2⌋ channels and changes the others. Source: Dinh et al., Real NVP (2017).
 *
 * @throws with fewer than 2 channels
 */
export function channelHalves([, , channels]: ImageShape): Mask {
  if (channels < 2) {
    throw new Error('coupling: needs at least 2 channels');
  }
  return Array.from({ length: channels }, (_, channel) => (channel < Math.floor(channels / 2) ? 1 : 0));
}

/** The options of a checkerboard. */
export interface CheckerboardOptions {
  /** Which pixels stay: those with (row + column) mod 2 = keep; default 0. */
  readonly keep?: 0 | 1;
}

/**
 * Keeps the pixels with (row + column) mod 2 = keep and changes the others, all channels of them. Source: Dinh et al., Real
 * NVP (2017).
 *
 * @throws for an image of one pixel
 */
export function checkerboard({ keep = 0 }: CheckerboardOptions = {}): (shape: ImageShape) => Mask {
  return ([height, width]) => {
    if (height * width === 1) {
      throw new Error('coupling: a checkerboard needs at least 2 pixels');
    }
    return Array.from({ length: height }, (_, row) =>
      Array.from({ length: width }, (_, column) => ((row + column) % 2 === keep ? 1 : 0)),
    );
  };
}

/** The mask of channels as configurations choose it. */
export const channelsMask = defineMask({
  name: 'channels',
  summary: 'Keeps half of the channels.',
  build: () => channelHalves,
});

/** The mask of pixels as configurations choose it. */
export const checkerboardMask = defineMask({
  name: 'checkerboard',
  summary: 'Keeps every other pixel.',
  leastPixels: 2,
  turns: 2,
  build: (_, turn) => checkerboard({ keep: turn === 0 ? 0 : 1 }),
});
