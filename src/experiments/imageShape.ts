// Whether the images of a dataset fit the model of a configuration.

import { UserError } from '../errors.ts';
import type { ImageShape } from '../numeric/imageShape.ts';

/**
 * Checks that every level can halve the image: height and width divisible by 2^levels.
 *
 * @throws UserError that names both, and the number of levels that would do
 */
export function checkImageShape(levels: number, imageShape: ImageShape): void {
  const [height, width] = imageShape;
  const possible = Math.min(timesHalved(height), timesHalved(width));
  if (levels <= possible) {
    return;
  }
  const remedy =
    possible === 0
      ? 'no number of levels fits an odd side, resize or crop the images'
      : `at most ${possible} ${possible === 1 ? 'level fits' : 'levels fit'}`;
  throw new UserError(
    `${levels} ${levels === 1 ? 'level needs' : 'levels need'} sides divisible by ${2 ** levels}, ` +
      `and the images are ${height} x ${width}: ${remedy}`,
    { exitCode: 2 },
  );
}

/** How many times `length` can be halved without remainder. */
function timesHalved(length: number): number {
  let times = 0;
  for (let rest = length; rest > 0 && rest % 2 === 0; rest /= 2) {
    times++;
  }
  return times;
}
