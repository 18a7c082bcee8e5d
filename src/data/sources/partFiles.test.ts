// Arrays written by NumPy, Parquet written by hyparquet-writer and zstd, and invalid
// files.

import { execFileSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openedBy } from '../../testing/openedBy.ts';
import { emptyFolder } from '../../testing/temporaryFolder.ts';
import { createZip } from '../../testing/zipFiles.ts';
import { readAll, readOne } from '../contract/dataset.ts';
import type { DecodedImage } from '../contract/rawImages.ts';
import { fixture, formulaImage } from '../fixtures/formula.ts';
import { npyBytes } from '../formats/npy.ts';
import { imagenet32 } from '../sets/imagenet.ts';
import { loadImages } from './loadImages.ts';
import { findParts, openParts, partFiles } from './partFiles.ts';

const folder = emptyFolder();
afterEach(() => vi.unstubAllEnvs());

/** All images of a file, in order. */
async function decodeImages(path: string): Promise<DecodedImage[]> {
  const split = await openParts([{ split: 'train', path }]);
  const images = [];
  for await (const raw of split!.images()) {
    images.push(await raw.decode());
  }
  expect(split!.count ?? images.length).toBe(images.length);
  return images;
}

describe('arrays', () => {
  it.each<[string, number, number[], number]>([
    ['colour.npy', 9, [4, 6, 3], 0],
    ['grey.npy', 9, [4, 6, 1], 0],
    ['train_data_batch_1.npz', 4, [8, 8, 3], 0],
    ['val_data.npz', 3, [8, 8, 3], 50],
    ['Imagenet8_train_npz.zip', 7, [8, 8, 3], 0],
    ['plain.parquet', 6, [10, 12, 3], 0],
    ['snappy.parquet', 6, [10, 12, 3], 0],
    ['zstd.parquet', 6, [10, 12, 3], 0],
    ['dictionary.parquet', 6, [10, 12, 3], 0],
    ['top.parquet', 6, [10, 12, 3], 0],
  ])('in %s are read exactly', async (name, count, [height, width, channels], first) => {
    const images = await decodeImages(fixture(name));
    expect(images).toHaveLength(count);
    images.forEach((image, index) => {
      expect([image.height, image.width, image.channels]).toEqual([height, width, channels]);
      expect([...image.data]).toEqual([...formulaImage(first + index, height!, width!, channels!)]);
    });
  });

  it('of an .npz file are divided by their names, and others are noted', async () => {
    const images = (values: readonly number[]) => npyBytes(Uint8Array.from(values), [values.length, 1, 1]);
    const path = join(folder, 'sets.npz');
    const write = (files: Readonly<Record<string, Uint8Array>>) =>
      writeFile(
        path,
        createZip(Object.entries(files).map(([name, bytes]) => ({ name: `${name}.npy`, bytes }))),
      );
    const decodedValues = async (): Promise<(number[] | undefined)[]> => {
      const { train, validation, test } = await openedBy(partFiles, path);
      return [train, validation, test].map((set) => set && [...readAll(set)]);
    };
    await write({ test: images([4, 5]), train: images([1, 2, 3]) });
    expect(await decodedValues()).toEqual([[1, 2, 3], undefined, [4, 5]]);
    // The names of Keras and of MedMNIST.
    await write({
      x_train: images([1, 2]),
      y_train: images([7, 7]),
      x_test: images([3]),
      y_test: images([7]),
    });
    expect(await decodedValues()).toEqual([[1, 2], undefined, [3]]);
    const labels = npyBytes(new Uint8Array(1), [1]);
    await write({
      train_images: images([1, 2]),
      train_labels: labels,
      val_images: images([3]),
      test_images: images([4]),
      parameters: labels,
    });
    expect(await decodedValues()).toEqual([[1, 2], [3], [4]]);
    const { notes } = await openedBy(partFiles, path);
    expect(notes).toEqual({ 'labels not read': 4, 'parameters.npy not read': 4 });
    await expect(partFiles.recognises(path)).resolves.toBe(true);
  });

  it.each<[string, number]>([
    ['field-f4.npy', 3],
    ['field-f4big.npy', 3],
    ['field-f8.npy', 3],
    ['field-f8big.npy', 3],
    ['field.npz', 1],
    ['field-data.npz', 1],
  ])('in %s are read to the bit', async (name, channels) => {
    const images = await decodeImages(fixture(name));
    expect(images).toHaveLength(9);
    images.forEach(({ data, rounding }, index) => {
      // The .npz files have only the formula's first channel.
      const channelValues = formulaImage(index, 4, 6, 3).filter((_, valueIndex) => valueIndex % 3 < channels);
      const exact = Float64Array.from(channelValues, (value) => (value - 100) / 7);
      expect(data).toEqual(Float32Array.from(exact));
      const error = Math.max(...exact.map((value, valueIndex) => Math.abs(data[valueIndex]! - value)));
      expect(rounding ?? 0).toBe(name.includes('f8') ? error / Math.max(...exact.map(Math.abs)) : 0);
    });
  });

  it('in a pickle are refused, with what to do', async () => {
    const path = join(folder, 'train_data_batch_1');
    await writeFile(path, Uint8Array.of(0x80, 4, 0x4e, 0x2e));
    await expect(decodeImages(path)).rejects.toThrow(
      'or Parquet; save the array in a pickle with numpy.savez(file, data=array)',
    );
  });

  it('in an .npz file whose names start with ./ are read', async () => {
    const path = join(folder, 'train.npz');
    await writeFile(path, createZip([{ name: './data.npy', bytes: await readFile(fixture('grey.npy')) }]));
    expect(await decodeImages(path)).toHaveLength(9);
  });

  it.each<[string, RegExp]>([
    ['fortran.npy', /fortran.npy: stored in Fortran order: save numpy.ascontiguousarray\(array\) instead/],
    ['channelsFirst.npy', /does not contain images: .*; transpose\(0, 2, 3, 1\) puts channels last/],
  ])('are rejected in %s', async (name, message) => {
    await expect(decodeImages(fixture(name))).rejects.toThrow(message);
  });

  it.each([
    [8, /, found c0, c1, c2, c3, c4, c5, c6, c7$/],
    [9, /, found c0, c1, c2, c3, c4, c5, c6, c7, …$/],
  ])('are missing in a Parquet file of %i other columns, which are named', async (count, message) => {
    const columnData = Array.from({ length: count }, (_, column) => ({ name: `c${column}`, data: [1, 2] }));
    const path = join(folder, 'x.parquet');
    await writeFile(path, new Uint8Array(parquetWriteBuffer({ columnData })));
    await expect(decodeImages(path)).rejects.toThrow(message);
  });

  it('are rejected in the words of the file if a byte of a Parquet footer is wrong', async () => {
    const completeFile = await readFile(fixture('plain.parquet'));
    const path = join(folder, 'x.parquet');
    const footer = completeFile.length - 8 - completeFile.readUInt32LE(completeFile.length - 8);
    let rejected = 0;
    for (let offset = footer; offset < completeFile.length - 8; offset += 3) {
      for (const value of [0, 0x15, 0xff]) {
        await writeFile(path, Uint8Array.from(completeFile).with(offset, value));
        const message = await decodeImages(path).then(
          () => '',
          (error: Error) => `${error.name}: ${error.message}`,
        );
        rejected += message === '' ? 0 : 1;
        expect(message, `${offset}, ${value}`).not.toMatch(
          /undefined|null|not a function|not iterable|Offset is/,
        );
      }
    }
    expect(rejected).toBeGreaterThan(20);
  });

  it.each(['colour.npy', 'val_data.npz', 'zstd.parquet', 'snappy.parquet'])(
    'are rejected if %s is truncated',
    async (name) => {
      const completeFile = await readFile(fixture(name));
      for (const length of [0, 3, 20, Math.floor(completeFile.length / 2), completeFile.length - 1]) {
        const path = join(folder, name);
        await writeFile(path, completeFile.subarray(0, length));
        await expect(decodeImages(path), `${length}`).rejects.toMatchObject({
          name: 'UserError',
          message: expect.stringContaining(path),
        });
      }
    },
  );
});

describe('a path', () => {
  it('to one file has a tenth of its images for testing, by number', async () => {
    expect(await partFiles.recognises(fixture('colour.npy'))).toBe(true);
    const path = join(folder, 'x.npy');
    await writeFile(path, npyBytes(new Uint8Array(600).fill(7), [300, 2, 1]));
    const { train, test } = await openedBy(partFiles, path);
    expect(train.count + test.count).toBe(300);
    expect(test.count).toBeGreaterThan(15);
    expect(test.count).toBeLessThan(45);
    expect([train.imageShape, readOne(test, 0)]).toEqual([[2, 1, 1], Uint8Array.of(7, 7)]);
  });

  it('to a folder is split by file name, in numerical order', async () => {
    for (const name of ['train_data_batch_2.npz', 'train_data_batch_1.npz', 'val_data.npz']) {
      cpSync(fixture(name), join(folder, name.replace('batch_2', 'batch_10')));
    }
    expect((await findParts(folder)).map(({ split, path }) => [split, basename(path)])).toEqual([
      ['train', 'train_data_batch_1.npz'],
      ['train', 'train_data_batch_10.npz'],
      ['validation', 'val_data.npz'],
    ]);
    expect(await partFiles.recognises(folder)).toBe(true);
    await cp(fixture('train_data_batch_2.npz'), join(folder, 'test-00000-of-00001.npz'));
    const { train, validation, test } = await openedBy(partFiles, folder);
    expect([train.count, validation?.count, test.count]).toEqual([7, 3, 3]);
    expect([...readAll(test)]).toEqual([4, 5, 6].flatMap((image) => [...formulaImage(image, 8, 8, 3)]));
  });
});

describe('ImageNet', () => {
  it.each(['tar', 'folder', 'both'])("is read from van den Oord's images as %s", async (form) => {
    vi.stubEnv('EMERGING_DATA', folder);
    for (const [name, first, count] of [
      ['train_32x32', 0, 3],
      ['valid_32x32', 50, 2],
    ] as const) {
      await mkdir(join(folder, name));
      const { default: sharp } = await import('sharp');
      for (let image = 0; image < count; image++) {
        const raw = { width: 32, height: 32, channels: 3 as const };
        await sharp(formulaImage(first + image, 32, 32, 3), { raw })
          .png()
          .toFile(join(folder, name, `000${image}.png`));
      }
      if (form !== 'folder') {
        execFileSync('tar', ['--sort=name', '-cf', `${name}.tar`, name], { cwd: folder });
      }
      if (form === 'tar') {
        await rm(join(folder, name), { recursive: true });
      }
    }
    const { train, validation, test } = await loadImages(await imagenet32.open(), 'imagenet32');
    expect([train.count, validation, test.count]).toEqual([3, undefined, 2]);
    expect(readOne(train, 2)).toEqual(formulaImage(2, 32, 32, 3));
    expect(readOne(test, 1)).toEqual(formulaImage(51, 32, 32, 3));
  });

  it('rejects images of another size and half of a dataset', async () => {
    vi.stubEnv('EMERGING_DATA', folder);
    await mkdir(join(folder, 'imagenet32'));
    await cp(fixture('train_data_batch_1.npz'), join(folder, 'imagenet32', 'train_data_batch_1.npz'));
    await expect(imagenet32.open()).rejects.toThrow(
      /no file next to it has the validation images \(valid_32x32.tar\)/,
    );
    await cp(fixture('val_data.npz'), join(folder, 'imagenet32', 'val_data.npz'));
    await expect(loadImages(await imagenet32.open(), '')).rejects.toThrow(
      /0: 8x8, but all images should be 32x32/,
    );
  });
});
