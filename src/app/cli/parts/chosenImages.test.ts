// The choice of images of a compressed file: what is missing.
import { expect, it } from 'vitest';
import { chosenImages, positionRange } from './chosenImages.ts';

const names = ['a.png', 'b.png', 'more/B.png', 'more/a.png', 'more/c.png'];

/** The selected names that are missing from the first `seen` images of a file. */
function missing(only: string[] | undefined, range?: string, seen = 5): string | undefined {
  const chosen = chosenImages(only, range === undefined ? undefined : positionRange(range));
  names.slice(0, seen).forEach((name, index) => {
    chosen.isChosen(name, index);
  });
  const file = { source: 'f', count: 5 };
  return chosen.missingIn(file) ?? chosen.describeBeyondEnd(file);
}

it('finds images, folders and positions', () => {
  expect(missing(['more/', './a.png'])).toBeUndefined();
  expect(missing(undefined, '0-4')).toBeUndefined();
});

it('chooses by the name of the written file, and by folders at any depth', () => {
  const chosen = chosenImages(['a', 'x/y', 'x/y/z', 'b/'], undefined);
  const isChosen = (name: string): boolean => chosen.isChosen(name, 0);
  expect(['a', 'x/y/z/1.png', 'x/y', 'b/c'].map(isChosen)).toEqual([true, true, true, true]);
  expect(['a.jpg', 'x/yy/1.png', 'aa', '/b', `${'/'.repeat(2 ** 20)}b`].map(isChosen)).toEqual(
    Array(5).fill(false),
  );
  expect(chosenImages(['a.png'], undefined).isChosen('a', 0)).toBe(true);
});

it('knows where images may be only if no names are chosen', () => {
  const range = positionRange('10-19');
  const blocks = [0, 5, 10, 15, 20].map((first) => [first, 5] as const);
  const inRange = chosenImages(undefined, range);
  expect(blocks.map(([first, count]) => inRange.mayInclude(first, count))).toEqual([
    false,
    false,
    true,
    true,
    false,
  ]);
  expect(inRange.mayInclude(9, 2)).toBe(true);
  for (const chosen of [chosenImages(['a'], range), chosenImages(undefined, undefined)]) {
    expect(blocks.every(([first, count]) => chosen.mayInclude(first, count))).toBe(true);
  }
});

it.each([
  [['winter'], undefined, 5, 'f has no image and no folder winter: --list shows its names'],
  [
    ['d.png'],
    undefined,
    2,
    'f has no image and no folder d.png; it may be among the lost images: --list shows its names',
  ],
  [undefined, '5-9', 5, 'f has no image at position 5: it has 5 images, counted from 0'],
  [undefined, '3', 2, 'f has no image at position 3; it may be among the lost images'],
  [undefined, '3-7', 5, 'f has only 5 images: the last position is 4, not 7'],
])('says what is missing: %j %s', (only, range, seen, message) => {
  expect(missing(only, range, seen)).toBe(message);
});
