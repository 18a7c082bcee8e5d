import { expect, test } from 'vitest';
import { UserError } from '../errors.ts';
import type { ImageShape } from '../numeric/imageShape.ts';
import { checkImageShape } from './imageShape.ts';

test.each<[number, ImageShape]>([
  [2, [28, 28, 1]],
  [1, [6, 4, 3]],
  [5, [32, 64, 3]],
])('%i levels fit %j', (levels, shape) => {
  expect(() => checkImageShape(levels, shape)).not.toThrow();
});

test.each<[number, ImageShape, string]>([
  [3, [28, 28, 1], '3 levels need sides divisible by 8, and the images are 28 x 28: at most 2 levels fit'],
  [4, [32, 6, 3], '4 levels need sides divisible by 16, and the images are 32 x 6: at most 1 level fits'],
  [
    1,
    [28, 27, 1],
    '1 level needs sides divisible by 2, and the images are 28 x 27: no number of levels fits an odd side, resize or crop the images',
  ],
])('%i levels do not fit %j', (levels, shape, message) => {
  expect(() => checkImageShape(levels, shape)).toThrow(new UserError(message, { exitCode: 2 }));
});
