// `emerging interpolate` as a process: the row of images, and its ends.
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { commandProcess } from '../../../testing/command.ts';
import { imagesInRow, writePng } from '../../../testing/pngFiles.ts';
import { tinyImages, tinyTraining, writeTinyDataset } from '../../../testing/tinyImages.ts';

const emerging = commandProcess();
const [a, b] = [tinyImages(1, 8, 21), tinyImages(1, 8, 22)];
const sheetRow = (file: string) => imagesInRow(join(emerging.folder, file), [8, 8, 1], 4);

beforeAll(async () => {
  writeTinyDataset(join(emerging.folder, 'data'));
  writePng(join(emerging.folder, 'a.png'), a, [8, 8, 1]);
  writePng(join(emerging.folder, 'b.png'), b, [8, 8, 1]);
  const options = ['--steps=3', '--out=runs/a', '--threads=1'];
  await emerging.json('train', '--data=data', ...tinyTraining, ...options);
});

it('starts and ends with the exact images', async () => {
  const result = await emerging.json('interpolate', 'runs/a', 'a.png', 'b.png', '--steps=5', '--out=i.png');
  expect(result).toEqual({ file: 'i.png', step: 3, from: 'a.png', to: 'b.png', steps: 5, overflowed: 0 });
  const row = sheetRow('i.png');
  expect(row).toHaveLength(5);
  expect(row[0]).toEqual(a);
  expect(row[4]).toEqual(b);
  expect(new Set(row.map(String)).size).toBe(5);
});

it('accepts seeds: the first image sampled with each', async () => {
  await emerging.json('interpolate', 'runs/a', 'seed:3', 'b.png', '--temperature=0.7', '--out=s.png');
  const sampling = ['--count=1', '--seed=3', '--temperature=0.7', '--out=sample.png'];
  await emerging.json('sample', 'runs/a', ...sampling);
  const row = sheetRow('s.png');
  expect(row).toHaveLength(8);
  expect(row[0]).toEqual(sheetRow('sample.png')[0]);
  expect(row[7]).toEqual(b);
});
