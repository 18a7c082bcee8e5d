// The first rows of sheets, pixel for pixel.
import { decode } from 'fast-png';
import { expect, it } from 'vitest';
import { contactSheet, rowHeight } from './contactSheet.ts';
import { type Sheet, stackRows } from './stackRows.ts';

it('stacks the first row of every sheet, and omits sheets that do not fit', () => {
  const imageShape = [20, 30, 3] as const;
  const sheetOf = (value: number, columns: number): Sheet => {
    const images = Uint8Array.from({ length: 4 * 1800 }, (_, index) => value + (index < 2 * 1800 ? 1 : 0));
    const { data, ...size } = decode(contactSheet(images, { imageShape, columns }));
    return { ...size, data: Uint8Array.from(data) };
  };
  const sheets = [sheetOf(10, 2), sheetOf(20, 3), sheetOf(30, 2)];
  const { width, height, data, channels } = decode(stackRows(sheets, rowHeight(imageShape)));
  // Twice the size, since 30 pixels fit twice into 64; two pixels between images.
  expect([width, height, channels]).toEqual([122, 82, 3]);
  const row = (y: number): number[] => [...new Set(data.subarray(y * width * 3, (y + 1) * width * 3))].sort();
  expect(row(0)).toEqual([11, 128]);
  expect(row(39)).toEqual([11, 128]);
  expect(row(40)).toEqual([128]);
  expect(row(42)).toEqual([128, 31]);
  expect(row(81)).toEqual([128, 31]);
});
