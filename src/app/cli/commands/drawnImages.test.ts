// `emerging sample`, `interpolate` and `edit`: the images that one model draws, and what they report.
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { commandProcess } from '../../../testing/command.ts';
import { imagesInRow, writePng } from '../../../testing/pngFiles.ts';
import { tinyImages } from '../../../testing/tinyImages.ts';

const emerging = commandProcess();
const [a, b] = [tinyImages(1, 8, 21), tinyImages(1, 8, 22)];
const sheetRow = (file: string) => imagesInRow(join(emerging.folder, file), [8, 8, 1], 4);
const sum = (pixels: Uint8Array | undefined): number => pixels!.reduce((total, value) => total + value, 0);

beforeAll(async () => {
  writePng(join(emerging.folder, 'a.png'), a, [8, 8, 1]);
  writePng(join(emerging.folder, 'b.png'), b, [8, 8, 1]);
  // Two groups that differ only in brightness.
  const pictures = tinyImages(20, 8, 4);
  for (let index = 0; index < 20; index++) {
    const dark = pictures.subarray(64 * index, 64 * (index + 1)).map((value) => value / 2);
    writePng(join(emerging.folder, 'dark', `${index}.png`), dark, [8, 8, 1]);
    const bright = dark.map((value) => value + 100);
    writePng(join(emerging.folder, 'bright', `${index}.png`), bright, [8, 8, 1]);
  }
  await emerging.trainTiny('--steps=3', '--no-test', '--out=runs/a');
});

it('samples distinct images', async () => {
  const result = await emerging.json('sample', 'runs/a', '--count=2', '--threads=1', '--out=two.png');
  expect(result).toEqual({
    file: 'two.png',
    step: 3,
    count: 2,
    temperature: 1,
    seed: 0,
    seconds: expect.any(Number),
    overflowed: 0,
  });
  const [first, second] = sheetRow('two.png');
  expect(second).not.toEqual(first);
});

it('interpolates from one exact image to another', async () => {
  const result = await emerging.json('interpolate', 'runs/a', 'a.png', 'b.png', '--steps=5', '--out=i.png');
  expect(result).toEqual({ file: 'i.png', step: 3, from: 'a.png', to: 'b.png', steps: 5, overflowed: 0 });
  const row = sheetRow('i.png');
  expect(row).toHaveLength(5);
  expect(row[0]).toEqual(a);
  expect(row[4]).toEqual(b);
  expect(new Set(row.map(String)).size).toBe(5);
});

it('interpolates from a seed: the first image sampled with it', async () => {
  await emerging.json('interpolate', 'runs/a', 'seed:3', 'b.png', '--temperature=0.7', '--out=s.png');
  const sampling = ['--count=1', '--seed=3', '--temperature=0.7', '--out=sample.png'];
  await emerging.json('sample', 'runs/a', ...sampling);
  const row = sheetRow('s.png');
  expect(row).toHaveLength(8);
  expect(row[0]).toEqual(sheetRow('sample.png')[0]);
  expect(row[7]).toEqual(b);
});

const edit = (...args: string[]) => emerging.json('edit', 'runs/a', 'a.png', '--out=e.png', ...args);

it('moves an image along the difference, in proportion to the amount, in both directions', async () => {
  const groups = ['--from=dark', '--towards=bright'];
  const result = await edit(...groups, '--amount=0.5', '--amount=1', '--amount=-0.5', '--amount=0');
  expect(result).toEqual({
    file: 'e.png',
    step: 3,
    image: 'a.png',
    amounts: [0.5, 1, -0.5, 0],
    images: { from: 20, towards: 20 },
    separation: { from: 20, towards: 20 },
    skipped: [],
  });
  const [original, reconstruction, half, full, back, none] = sheetRow('e.png');
  expect(original).toEqual(a);
  expect(reconstruction).toEqual(a);
  expect(none).toEqual(a);
  expect(sum(half)).toBeGreaterThan(sum(original));
  expect(sum(full)).toBeGreaterThan(sum(half));
  expect(sum(back)).toBeLessThan(sum(original));
});

it('moves by the full difference by default', async () => {
  expect((await edit('--from=dark', '--towards=bright')).amounts).toEqual([1]);
  const forth = sheetRow('e.png');
  expect(forth).toHaveLength(3);
  const again = ['--from=bright', '--towards=dark', '--amount=-1', '--out=e.png'];
  const { stdout, stderr } = await emerging.run('edit', 'runs/a', 'a.png', ...again);
  expect(stdout).toBe(
    'a.png from 20 images towards 20 images by -1: e.png\ncolumns: original, reconstruction, -1\n' +
      'separation: 20 of 20 images in bright and 20 of 20 in dark are nearer to the mean latents of the other images of ' +
      'their folder (about half if the folders do not differ)\n',
  );
  expect(stderr).toBe('e.png exists, and will be replaced when the result is complete\n');
  expect(sheetRow('e.png')).toEqual(forth);
});
