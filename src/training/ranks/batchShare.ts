// The share of each batch that one of several ranks computes.
import type { Ranks } from '../../cluster/ranks.ts';
import { UserError } from '../../errors.ts';

/** The images of a batch that a rank computes. */
export interface BatchShare {
  /** The first one in the batch. */
  readonly first: number;
  /** How many. */
  readonly images: number;
  /** How many at a time: the largest divisor of `images` that is no more than the configuration's. */
  readonly microBatch: number;
}

/**
 * The share of a rank.
 *
 * @throws UserError (`invalid-argument`) if the ranks do not divide the batch
 */
export function shareOf(
  { batchSize, microBatch }: { readonly batchSize: number; readonly microBatch: number },
  { rank, size }: Pick<Ranks, 'rank' | 'size'>,
): BatchShare {
  if (size > batchSize) {
    throw new UserError(
      'invalid-argument',
      `${size} ranks are more than the ${batchSize} images of a batch: start at most ${batchSize}, or use a larger ` +
        'training.batchSize',
    );
  }
  if (batchSize % size !== 0) {
    throw new UserError(
      'invalid-argument',
      `${size} ranks cannot divide a batch of ${batchSize} images evenly: start ${nearestDivisor(batchSize, size)}, or use ` +
        `a training.batchSize that is a multiple of ${size}`,
    );
  }
  const images = batchSize / size;
  return { first: rank * images, images, microBatch: nearestDivisor(images, microBatch) };
}

/** The largest divisor of a number that is no more than `most`. */
function nearestDivisor(number: number, most: number): number {
  let divisor = Math.min(number, most);
  while (number % divisor !== 0) {
    divisor--;
  }
  return divisor;
}
