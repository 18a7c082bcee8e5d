// The layout of heat maps with unequal sides and channels.
import { expect, it } from 'vitest';
import { locateCell, placeName, tileLayout, valueAt, valueBeside } from './heatPlaces.ts';

const shape = [3, 5, 6] as const;
const indices = Array.from({ length: 3 * 5 * 6 }, (_, index) => index);

it('gives every value its own cell, and finds it there', () => {
  const { width, height } = tileLayout(shape);
  const cells = indices.map((index) => locateCell(index, shape));
  expect(new Set(cells.map(({ row, column }) => row * width + column)).size).toBe(indices.length);
  expect(cells.every(({ row, column }) => row < height && column < width)).toBe(true);
  expect(cells.map((cell) => valueAt(cell, shape))).toEqual(indices);
});

it('has no value in gaps, in places without a channel, and outside', () => {
  for (const [row, column] of [
    [0, 5],
    [3, 0],
    [4, 12],
    [-1, 0],
    [0, 24],
  ]) {
    expect(valueAt({ row: row!, column: column! }, shape), `${row}, ${column}`).toBeUndefined();
  }
});

it('moves by arrow keys, over gaps and not beyond the edge', () => {
  const last = valueAt({ row: 0, column: 4 }, shape)!;
  expect(valueBeside(last, 'ArrowRight', shape)).toBe(valueAt({ row: 0, column: 6 }, shape));
  expect(valueBeside(0, 'ArrowDown', shape)).toBe(5 * 6);
  expect(valueBeside(0, 'ArrowLeft', shape)).toBeUndefined();
  expect(valueBeside(0, 'Enter', shape)).toBeUndefined();
});

it('names a place by its row, column and channel, if there are several', () => {
  expect(placeName((1 * 5 + 2) * 6 + 3, shape)).toBe('row 2, column 3, channel 4');
  expect(placeName(7, [3, 5, 1])).toBe('row 2, column 3');
});
