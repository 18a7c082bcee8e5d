// Pictures of a run whose folder has files of others in it.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { decode, encode } from 'fast-png';
import { expect, it } from 'vitest';
import { contactSheet, rowHeight } from '../../data/pictures/contactSheet.ts';
import type { FlowModel } from '../../model/flowModel.ts';
import { runPaths } from '../../runs/folder/runFolder.ts';
import { temporaryFolder } from '../../testing/temporaryFolder.ts';
import { drawSamples, type Sheet, samplesPath, stackRows } from './runPictures.ts';

const folder = temporaryFolder();
const paths = runPaths(folder);
const imageShape = [2, 2, 1] as const;
const model = {
  imageShape,
  model: { imageShape, options: {}, condition: {} },
  classes: [],
  sample: ({ count }: { count: number }) => Promise.resolve(new Uint8Array(4 * count).fill(7)),
} as unknown as FlowModel;

it('stacks the first rows of all sheets, and decompresses none beyond the size in its header', async () => {
  await drawSamples(model, 20, paths);
  const { height: sheetHeight } = decode(readFileSync(join(paths.samples, 'over-time.png')));
  writeFileSync(samplesPath(paths, 1), contactSheet(new Uint8Array(4 * 64), { imageShape }));
  // Of a step that is trained again.
  writeFileSync(samplesPath(paths, 21), contactSheet(new Uint8Array(4 * 64), { imageShape }));
  await drawSamples(model, 20, paths);
  const { height, width, channels, data } = decode(readFileSync(join(paths.samples, 'over-time.png')));
  expect([channels, height]).toEqual([1, 2 * sheetHeight + 2]);
  expect([data[0], data[width * (height - 1)]]).toEqual([0, 7]);

  const large = encode({ width: 4096, height: 4096, channels: 1, data: new Uint8Array(2 ** 24) });
  const view = new DataView(large.buffer, large.byteOffset);
  view.setUint32(16, 1);
  view.setUint32(20, 1);
  view.setUint32(29, crc32(large.subarray(12, 29)));
  writeFileSync(samplesPath(paths, 2), large);
  await expect(drawSamples(model, 20, paths)).rejects.toThrow(/step-00000002\.png: corrupt/);
});

it('stacks the first row of every sheet, and omits sheets that do not fit', () => {
  const imageShape = [20, 30, 3] as const;
  const createSheet = (value: number, columns: number): Sheet => {
    const images = Uint8Array.from({ length: 4 * 1800 }, (_, index) => value + (index < 2 * 1800 ? 1 : 0));
    const { data, ...size } = decode(contactSheet(images, { imageShape, columns }));
    return { ...size, data: Uint8Array.from(data) };
  };
  const sheets = [createSheet(10, 2), createSheet(20, 3), createSheet(30, 2)];
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
