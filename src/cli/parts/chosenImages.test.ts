// The choice of images of a compressed file: what is missing, and what may have been meant.
import { expect, it } from 'vitest';
import { chosenImages, positionRange } from './chosenImages.ts';

const names = ['a.png', 'b.png', 'more/B.png', 'more/a.png', 'more/c.png'];

/** What is missing of a file of five images, of which the first so many have names. */
function missing(only: string[] | undefined, range?: string, seen = 5): string | undefined {
  const chosen = chosenImages(only, range === undefined ? undefined : positionRange(range));
  names.slice(0, seen).forEach((name, index) => {
    chosen.isChosen(name, index);
  });
  const file = { source: 'f', count: 5 };
  return chosen.missingIn(file) ?? chosen.beyondEndOf(file);
}

it('finds images, folders and positions', () => {
  expect(missing(['more/', './a.png'])).toBeUndefined();
  expect(missing(undefined, '0-4')).toBeUndefined();
});

it.each([
  [['c.png'], undefined, 5, 'f has no image and no folder c.png: did you mean more/c.png?'],
  [['mor'], undefined, 5, 'f has no image and no folder mor: did you mean more?'],
  [['winter'], undefined, 5, 'f has no image and no folder winter: --list shows its names'],
  [['d.png'], undefined, 2, /^f has no image and no folder d.png; it may be among the lost images: did you/],
  [undefined, '5-9', 5, 'f has no image at position 5: it has 5 images, counted from 0'],
  [undefined, '3', 2, 'f has no image at position 3; it may be among the lost images'],
  [undefined, '3-7', 5, 'f has only 5 images: the last position is 4, not 7'],
])('says what is missing: %j %s', (only, range, seen, message) => {
  expect(missing(only, range, seen)).toEqual(
    typeof message === 'string' ? message : expect.stringMatching(message),
  );
});
