// The mask of Glow: a coupling keeps the first half of the channels.

import type { ImageShape } from '../../core/numeric/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import { concatenate, split, sum } from '../../tensor/operations/index.ts';
import { defineMask } from './definitions.ts';
import type { Mask } from './mask.ts';

/**
 * Keeps the first ⌊C/2⌋ channels, which the conditioner sees, and changes the others. Source: Dinh et al., Real NVP (2017).
 *
 * @throws with fewer than 2 channels
 */
export function channelHalves([height, width, channels]: ImageShape): Mask {
  const kept = Math.floor(channels / 2);
  if (kept === 0) {
    throw new Error('coupling: needs at least 2 channels');
  }
  const changed = channels - kept;
  return {
    seenShape: [height, width, kept],
    changedShape: [height, width, changed],
    divide(x) {
      const [first, second] = split(x, 3, [kept, changed]) as [Tensor, Tensor];
      return { kept: first, changed: second };
    },
    see: (values) => values,
    select: (numbers) => numbers,
    join: (parts) => concatenate([parts.kept, parts.changed], 3),
    perPixel: (values) => sum(values, [3]),
  };
}

/** The mask of channels as configurations choose it. */
export const channelsMask = defineMask({
  name: 'channels',
  summary: 'Keeps half of the channels.',
  build: () => channelHalves,
});
