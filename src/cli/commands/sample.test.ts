// `emerging sample` as a process: the picture that it writes, and what it depends on.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { beforeAll, expect, it } from 'vitest';
import { commandProcess } from '../../testing/command.ts';
import { tinyTraining, writeTinyDataset } from '../../testing/tinyImages.ts';

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

it('writes the same bytes with the same seed, and different ones with another', async () => {
  await sampleSix('one.png', '--seed=3');
  await sampleSix('same.png', '--seed=3');
  await sampleSix('other.png', '--seed=4');
  expect(read('same.png').equals(read('one.png'))).toBe(true);
  expect(read('other.png').equals(read('one.png'))).toBe(false);
});

it('writes the same picture with either inverse', async () => {
  await sampleSix('wavefront.png', '--inverse=wavefront');
  await sampleSix('sequential.png', '--inverse=sequential');
  expect(read('sequential.png').equals(read('wavefront.png'))).toBe(true);
});

it('spreads the images with the temperature; at 0 all are the same', async () => {
  await sampleSix('cold.png', '--temperature=0');
  await sampleSix('hot.png', '--temperature=1');
  const [first, ...others] = imagesOn('cold.png');
  for (const image of others) {
    expect(image).toEqual(first);
  }
  const spread = (file: string): number => {
    const images = imagesOn(file);
    return images[0]!.reduce((total, value, pixel) => total + Math.abs(value - images[1]![pixel]!), 0);
  };
  await sampleSix('warm.png', '--temperature=0.5');
  expect(spread('warm.png')).toBeGreaterThan(0);
  expect(spread('hot.png')).toBeGreaterThan(spread('warm.png'));
});

it('prints a summary as text', async () => {
  const { stdout } = await emerging.run('sample', 'runs/a', '--count=2', '--out=two.png');
  expect(stdout).toMatch(/^2 images at temperature 1 in \S+: two\.png\n$/);
});
