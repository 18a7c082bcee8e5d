// `emerging sample` as a process: the picture that it writes, and what it depends on.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { beforeAll, expect, it } from 'vitest';
import { commandProcess } from '../../../testing/command.ts';
import { tinyTraining, writeTinyDataset } from '../../../testing/tinyImages.ts';

const emerging = commandProcess();
const read = (file: string): Buffer => readFileSync(join(emerging.folder, file));

/** Samples six images into a file. */
const sampleSix = (file: string, ...args: string[]) =>
  emerging.json('sample', 'runs/a', '--count=6', '--threads=1', `--out=${file}`, ...args);

/** The 8 x 8 images on a sheet of 2 rows and 3 columns, from the first pixel of each 4 x 4 block. */
function imagesOn(file: string): number[][] {
  const { width, height, channels, depth, data } = decode(read(file));
  expect({ width, height, channels, depth }).toEqual({ width: 100, height: 66, channels: 1, depth: 8 });
  return Array.from({ length: 6 }, (_, image) => {
    const [top, left] = [34 * Math.floor(image / 3), 34 * (image % 3)];
    return Array.from({ length: 64 }, (_, pixel) => {
      const [row, column] = [top + 4 * Math.floor(pixel / 8), left + 4 * (pixel % 8)];
      const block = [0, 1, 2, 3].flatMap((down) =>
        [0, 1, 2, 3].map((right) => data[(row + down) * width + column + right]!),
      );
      expect(new Set(block).size).toBe(1);
      return block[0]!;
    });
  });
}

beforeAll(async () => {
  writeTinyDataset(join(emerging.folder, 'data'));
  const options = ['--steps=3', '--out=runs/a', '--threads=1'];
  await emerging.json('train', '--data=data', ...tinyTraining, ...options);
});

it('writes a grid of distinct images', async () => {
  const result = await sampleSix('a.png');
  expect(result).toEqual({
    file: 'a.png',
    step: 3,
    count: 6,
    temperature: 1,
    seed: 0,
    seconds: expect.any(Number),
    overflowed: 0,
  });
  const images = imagesOn('a.png');
  expect(new Set(images.map((image) => image.join())).size).toBe(6);
  const { data, width } = decode(read('a.png'));
  const gap = Array.from({ length: width }, (_, column) => [
    data[32 * width + column],
    data[33 * width + column],
  ]);
  expect(new Set(gap.flat())).toEqual(new Set([128]));
});
