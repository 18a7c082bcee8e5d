// Sets of images in the colour type of a model.
import { expect, it } from 'vitest';
import { conditioned } from '../contract/conditions.ts';
import { imagesInMemory, readAll, subset } from '../contract/dataset.ts';
import { interleaved, matchColour, grey as toGrey } from './channels.ts';

const grey = Uint8Array.from({ length: 3 * 6 }, (_, pixel) => (37 * pixel) % 256);
const stored = Uint8Array.from({ length: 3 * 18 }, (_, index) => grey[Math.floor(index / 3)]!);
const names = ['a', 'b', 'c'];

it('are converted if nothing is lost', () => {
  const asGrey = matchColour(imagesInMemory(stored, [2, 3, 3], names), [2, 3, 1]);
  expect(asGrey.imageShape).toEqual([2, 3, 1]);
  expect(readAll(asGrey)).toEqual(grey);
  expect(readAll(subset(asGrey, [2, 0]))).toEqual(
    Uint8Array.from([...grey.subarray(12), ...grey.subarray(0, 6)]),
  );
  expect(asGrey.nameAt!(1)).toBe('b');
  const dated = conditioned(imagesInMemory(grey, [2, 3, 1]), { year: [1, 2, 3] }, 'dated');
  const asColour = matchColour(dated, [2, 3, 3]);
  expect(asColour.conditions).toBe(dated.conditions);
  expect(asColour.imageShape).toEqual([2, 3, 3]);
  expect(readAll(asColour)).toEqual(stored);
});

it('are unchanged if they are of real numbers', () => {
  for (const [shape, wanted] of [
    [
      [2, 3, 1],
      [2, 3, 3],
    ],
    [
      [2, 1, 3],
      [2, 1, 1],
    ],
  ] as const) {
    const images = imagesInMemory(new Float32Array(18), shape);
    expect(matchColour(images, wanted)).toBe(images);
  }
});

it('are unchanged if one has colour', () => {
  const images = imagesInMemory(
    stored.map((value, index) => (index === 40 ? value ^ 1 : value)),
    [2, 3, 3],
  );
  expect(matchColour(images, [2, 3, 1])).toBe(images);
});

it('copy Buffers, whose slices are views', () => {
  const colour = Buffer.from(stored);
  expect([...toGrey(colour)]).toEqual([...grey]);
  expect([...interleaved(colour, 3)]).toEqual([...interleaved(stored, 3)]);
  expect([...colour]).toEqual([...stored]);
});
