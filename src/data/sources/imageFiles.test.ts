// Images by path: which are found, how they are named, which are skipped or rejected.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encode } from 'fast-png';
import { afterEach, expect, it, vi } from 'vitest';
import { UserError } from '../../core/errors.ts';
import { npy, sparseNpy, writeHostileFile } from '../../testing/hostile/hostileImages.ts';
import { emptyFolder } from '../../testing/temporaryFolder.ts';
import { decodeImage } from '../formats/imageDecoding.ts';
import { npyBytes } from '../formats/npy.ts';
import { readImageFiles } from './imageFiles.ts';

const shape = [1, 2, 1] as const;
const folder = emptyFolder();

afterEach(() => vi.restoreAllMocks());

/** Writes files by path in the folder: an image of two pixels for a number, a text file for a string. */
function write(files: Record<string, number | string>): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, typeof content === 'string' ? content : png([content, content + 1]));
  }
}

function png(pixels: readonly number[], width = 2): Uint8Array {
  const height = pixels.length / width;
  return encode({ width, height, channels: 1, depth: 8, data: Uint8Array.from(pixels) });
}

const read = (...paths: string[]) =>
  readImageFiles(
    paths.map((path) => join(folder, path)),
    shape,
  );

it('finds PNG files in folders and subfolders, sorted by name, and nothing else', async () => {
  write({ 'b.png': 20, 'sub/a.PNG': 30, 'a.png': 10, 'notes.txt': 'no image', '.hidden.png': 'no' });
  write({ '.thumbnails/a.png': 40, '__MACOSX/a.png': 50 });
  const { names, pixels, skipped } = await read('.');
  expect(names).toEqual(['a.png', 'b.png', 'sub/a.PNG']);
  expect([...pixels]).toEqual([10, 11, 20, 21, 30, 31]);
  expect(skipped).toEqual([]);
});

it('reads all images of an array, called by their rows', async () => {
  writeFileSync(join(folder, 'three.npy'), npyBytes(Uint8Array.of(1, 2, 3, 4, 5, 6), [3, 1, 2, 1]));
  writeFileSync(join(folder, 'one.npy'), npyBytes(Uint8Array.of(8, 9), [1, 2]));
  const { names, paths, pixels } = await read('three.npy', 'one.npy');
  expect(names).toEqual(['three.npy/0', 'three.npy/1', 'three.npy/2', 'one.npy']);
  expect(paths![1]).toBe(join(folder, 'three.npy/1'));
  expect([...pixels]).toEqual([1, 2, 3, 4, 5, 6, 8, 9]);
  const first = await readImageFiles([join(folder, 'three.npy')], shape, { most: 2 });
  expect(first.names).toEqual(['0', '1']);
  // Without channels, an array of more than four columns is a stack too.
  writeFileSync(join(folder, 'wide.npy'), npyBytes(new Uint8Array(30), [3, 2, 5]));
  expect((await readImageFiles([join(folder, 'wide.npy')], [2, 5, 1])).names).toHaveLength(3);
});

it('reads no more images of an array than are wanted', async () => {
  // float32 cannot hold the last value.
  const values = Float64Array.of(1, 2, 3, 4, 5, 1e39);
  const path = join(folder, 'f8.npy');
  writeFileSync(path, Buffer.concat([npy('3, 1, 2, 1', 0, '<f8'), new Uint8Array(values.buffer)]));
  expect([...(await readImageFiles([path], shape, { most: 2 })).pixels]).toEqual([1, 2, 3, 4]);
  await expect(readImageFiles([path], shape)).rejects.toThrow('f8.npy: image /2: float32 cannot hold');
  // In a folder, it is skipped as a whole or not at all.
  await expect(readImageFiles([folder], shape)).rejects.toThrow('f8.npy: image /2: float32 cannot hold');
  await expect(readImageFiles([path], [2, 2, 1])).rejects.toThrow(/f8.npy\/0 is 1x2x1/);
});

it('refuses more images than fit into memory', async () => {
  vi.spyOn(process, 'availableMemory').mockReturnValue(2 ** 25);
  writeHostileFile(join(folder, 'many.npy'), sparseNpy('1000000, 1, 1, 1', 1e6));
  await expect(readImageFiles([join(folder, 'many.npy')], [1, 1, 1])).rejects.toThrow(
    /^copies of \d+ images take 0.1 GiB of memory, but only 0.0 GiB is available: read fewer at a time$/,
  );
});

it('keeps the order of the paths, accepts any file name, and reads each file once', async () => {
  write({ 'x/1.png': 1, 'x/2.png': 2, 'y/1.png': 3, image: 4 });
  const { names, pixels } = await read('y', 'image', 'x', 'x/1.png');
  expect(names).toEqual(['y/1.png', 'image', 'x/1.png', 'x/2.png']);
  expect([...pixels]).toEqual([3, 4, 4, 5, 1, 2, 2, 3]);
});

it('reads only the first `most` images, over all paths', async () => {
  write({ 'x/1.png': 'text', 'x/2.png': 2, 'y/1.png': 3, 'y/2.png': 'text' });
  const paths = ['x', 'y'].map((path) => join(folder, path));
  const { names, pixels, skipped } = await readImageFiles(paths, shape, { most: 2 });
  expect([names, [...pixels], skipped.length]).toEqual([['x/2.png', 'y/1.png'], [2, 3, 3, 4], 1]);
  await expect(readImageFiles(paths, shape, { most: 0 })).rejects.toThrow(/most must be .*not 0/);
});

it('names images relative to their innermost common folder', async () => {
  write({ 'x/deep/1.png': 1, 'x/deeper/1.png': 2, 'x/deep/er/3.png': 3 });
  expect((await read('x/deep/1.png')).names).toEqual(['1.png']);
  expect((await read('x')).names).toEqual(['deep/1.png', 'deep/er/3.png', 'deeper/1.png']);
  expect((await read('x/deep/er', 'x/deep/1.png')).names).toEqual(['er/3.png', '1.png']);
});

it('skips files in a folder that cannot be read, and reports them', async () => {
  write({ 'a.png': 1, 'b.png': 'text', 'c.jpg': 'a photo', 'd.png': '', 'e.png': 5 });
  const reported: string[] = [];
  const options = { onSkip: (reason: string) => reported.push(reason) };
  const { names, pixels, skipped } = await readImageFiles([folder], shape, options);
  expect(names).toEqual(['a.png', 'e.png']);
  expect([...pixels]).toEqual([1, 2, 5, 6]);
  expect(skipped).toEqual([
    `${join(folder, 'b.png')}: not a PNG, .npy, FITS, JPEG, WebP, GIF, TIFF or AVIF image; convert it`,
    `${join(folder, 'c.jpg')}: not a PNG, .npy, FITS, JPEG, WebP, GIF, TIFF or AVIF image; convert it`,
    `${join(folder, 'd.png')}: empty; use another copy`,
  ]);
  expect(reported).toEqual(skipped);
});

it.each<[string, Record<string, number | string>, string[], RegExp]>([
  ['a missing path', {}, ['none'], /^cannot read .*none: it does not exist; check the name$/],
  [
    'a given file that is not an image',
    { 'a.png': 1, b: 'text' },
    ['a.png', 'b'],
    /b: not a PNG, .npy, FITS, JPEG, WebP, GIF, TIFF or AVIF image; convert/,
  ],
  [
    'a folder without images',
    { 'x/a.txt': '' },
    ['x'],
    /x: no PNG, .npy, FITS, JPEG, WebP, GIF, TIFF or AVIF images found; pass image files or folders/,
  ],
  ['a folder without readable images', { 'a.png': '' }, ['.'], /: none of its images can be read; pass/],
])('rejects %s', async (_, files, paths, message) => {
  write(files);
  await expect(read(...paths)).rejects.toThrow(UserError);
  await expect(read(...paths)).rejects.toThrow(message);
});

it('rejects an image of another size, in a folder too, unless resizing is allowed', async () => {
  write({ 'a.png': 1 });
  writeFileSync(join(folder, 'b.png'), png([10, 20, 30, 40], 4));
  const message = /b\.png is 1x4x1 grey, but the model takes 1x2x1 grey .*: add resize: true to fit it$/;
  await expect(read('.')).rejects.toThrow(message);
  const { pixels } = await readImageFiles([folder], shape, { resize: true });
  expect([...pixels]).toEqual([1, 2, 17, 33]);
});

it('reads JPEG and WebP as for training, and composites transparency onto white', async () => {
  const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
  for (const name of ['grey.jpeg', 'transparent.webp', 'transparent.png']) {
    const path = fixture(name);
    const { width, height, channels, data } = await decodeImage(readFileSync(path), path);
    const { names, pixels } = await readImageFiles([path], [height, width, channels]);
    expect(names).toEqual([name]);
    expect([...pixels]).toEqual([...data]);
  }
});
