// Undoing convolutions by substitution.
import { expect, it } from 'vitest';
import { normals } from './random.ts';
import { convolved, type Kind, sequences, undone } from './substitution.ts';

const SIDE = 5;
const draw = normals(7);
const image = Array.from({ length: SIDE ** 2 }, draw);

/** The image after a sequence of convolutions, undone again. */
function back(kind: Kind): readonly (number | undefined)[] {
  const sequence = sequences[kind];
  let values: number[] = image;
  for (const kernel of sequence) {
    values = convolved(values, kernel);
  }
  for (const kernel of [...sequence].reverse()) {
    values = undone(values, kernel, SIDE ** 2).values as number[];
  }
  return values;
}

it.each(['corner', 'emerging'] as const)('restores what %s convolutions did', (kind) => {
  back(kind).forEach((value, pixel) => {
    expect(value).toBeCloseTo(image[pixel]!, 10);
  });
});

it('fails for an ordinary convolution, and counts the pixels that it had to guess', () => {
  expect(Math.abs(back('ordinary')[0]! - image[0]!)).toBeGreaterThan(0.01);
  const y = convolved(image, sequences.ordinary[0]);
  expect(undone(y, sequences.ordinary[0], 1)).toMatchObject({ last: 0, guessed: 3 });
  expect(undone(y, sequences.ordinary[0], SIDE + 2)).toMatchObject({ last: SIDE + 1, guessed: 4 });
  expect(undone(y, sequences.ordinary[0], SIDE ** 2)).toMatchObject({ last: SIDE ** 2 - 1, guessed: 0 });
  expect(undone(y, sequences.ordinary[0], 3).values.filter((value) => value !== undefined)).toHaveLength(3);
});

it('convolves with zeros outside', () => {
  // The centre has weight 1, its neighbours a quarter.
  const ones = Array<number>(9).fill(1);
  expect(convolved(ones, sequences.ordinary[0])).toEqual([1.75, 2.25, 1.75, 2.25, 3, 2.25, 1.75, 2.25, 1.75]);
  expect(convolved(ones, sequences.corner[0])).toEqual([1, 1.25, 1.25, 1.25, 1.75, 1.75, 1.25, 1.75, 1.75]);
});
