// Opening one split of a dataset: which images are decoded, and how often a folder is listed.
import { truncateSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { writePng } from '../testing/pngFiles.ts';
import { emptyFolder } from '../testing/temporaryFolder.ts';
import { writeTinyDataset } from '../testing/tinyImages.ts';
import { readAll, type Split } from './contract/dataset.ts';
import { filesBelow } from './files/folders.ts';
import { fixture, formulaImage } from './fixtures/formula.ts';
import { decodeImage } from './formats/imageDecoding.ts';
import { openDataset, openRawDataset, openReference, openSplit } from './registry.ts';

vi.mock('./files/folders.ts', async (original) => {
  const real = await original<typeof import('./files/folders.ts')>();
  return { ...real, filesBelow: vi.fn(real.filesBelow) };
});
vi.mock('./formats/imageDecoding.ts', async (original) => {
  const real = await original<typeof import('./formats/imageDecoding.ts')>();
  return { ...real, decodeImage: vi.fn(real.decodeImage) };
});

const folder = emptyFolder();
beforeEach(async () => {
  vi.mocked(filesBelow).mockClear();
  vi.mocked(decodeImage).mockClear();
});

const shape = [4, 6, 3] as const;
const put = (name: string, image: number): void =>
  writePng(join(folder, name), formulaImage(image, ...shape), [...shape]);
/** 20 training images and 4 test images, none for validation. */
const putAll = (): void => {
  for (let image = 0; image < 24; image++) {
    const split = image < 20 ? 'train' : 'test';
    put(`${split}/${String(image).padStart(2, '0')}.png`, image);
  }
};
/** The distinct folders of the decoded files. */
const decodedFolders = (): string[] => {
  const sources = vi.mocked(decodeImage).mock.calls.map(([, source]) => source);
  return [...new Set(sources.map((source) => source.slice(folder.length + 1).split(/[/\\]/)[0]!))];
};
/** How many times the whole folder was listed. */
const listings = (): number => vi.mocked(filesBelow).mock.calls.filter(([path]) => path === folder).length;

describe('images to compare with', () => {
  it('are all images of a folder that nobody has divided', async () => {
    for (let image = 0; image < 12; image++) {
      put(`${String(image).padStart(2, '0')}.png`, image);
    }
    const { images, isUndivided } = await openReference(folder, { validation: 0.1 });
    expect([images.count, isUndivided]).toEqual([12, true]);
    expect(readAll(images).subarray(0, 72)).toEqual(formulaImage(0, ...shape));
  });

  it('are too few to divide, but opened', async () => {
    put('only.png', 1);
    expect((await openReference(folder, { validation: 0.1 })).images.count).toBe(1);
  });

  it('are the validation images of a divided folder', async () => {
    putAll();
    const held = await openReference(folder, { validation: 0.25 });
    const expected = await openSplit(folder, 'validation', { validation: 0.25 });
    expect([held.images.count, held.isUndivided]).toEqual([5, false]);
    expect(readAll(held.images)).toEqual(readAll(expected));
    put('other.png', 1);
    await expect(openReference(folder, { validation: 0.25 })).rejects.toThrow('are in no folder train');
  });

  it('are all images of an array file, and the validation images of a named dataset', async () => {
    const array = await openReference(fixture('grey.npy'), { validation: 0.1 });
    expect(array).toMatchObject({ isUndivided: true, images: { count: 9 } });
    const mnist = await openReference('mnist', { validation: 0.02 });
    expect(mnist).toMatchObject({ isUndivided: false, images: { count: 1200 } });
  });
});

describe('one split of a folder of images', () => {
  it('is decoded without the others', async () => {
    putAll();
    const test = await openSplit(folder, 'test', { validation: 0.1 });
    expect([test.count, test.imageShape]).toEqual([4, shape]);
    expect(decodeImage).toHaveBeenCalledTimes(4);
    expect(decodedFolders()).toEqual(['test']);
  });

  it('can be opened if an image of another split is corrupt', async () => {
    putAll();
    truncateSync(join(folder, 'train/03.png'), 40);
    expect((await openSplit(folder, 'test', { validation: 0.1 })).count).toBe(4);
    await expect(openSplit(folder, 'train', { validation: 0.1 })).rejects.toThrow('03.png: ');
    await expect(openDataset(folder, { validation: 0.1 })).rejects.toThrow('03.png: ');
  });

  it.each<[Split, number]>([
    ['train', 0],
    ['train', 0.25],
    ['validation', 0],
    ['validation', 0.25],
    ['test', 0.25],
  ])('equals the whole dataset’s: %s, %d of the training images held out', async (split, validation) => {
    putAll();
    const { [split]: expected } = await openDataset(folder, { validation });
    const images = await openSplit(folder, split, { validation });
    expect(images.imageShape).toEqual(expected.imageShape);
    expect(readAll(images)).toEqual(readAll(expected));
  });

  it("uses the publisher's validation images if there are any", async () => {
    putAll();
    put('val/x.png', 30);
    const images = await openSplit(folder, 'validation', { validation: 0.5 });
    expect(readAll(images)).toEqual(formulaImage(30, ...shape));
    expect(decodedFolders()).toEqual(['val']);
    expect((await openSplit(folder, 'train', { validation: 0.5 })).count).toBe(20);
  });

  it('decodes no more images than requested', async () => {
    putAll();
    const images = await openSplit(folder, 'train', { validation: 0, most: 3 });
    expect(images.count).toBe(3);
    expect(decodeImage).toHaveBeenCalledTimes(3);
    const held = await openSplit(folder, 'train', { validation: 0.25, most: 3 });
    const { train } = await openDataset(folder, { validation: 0.25 });
    expect(readAll(held)).toEqual(readAll(train).subarray(0, 3 * 72));
    expect((await openSplit(folder, 'test', { validation: 0, most: 99 })).count).toBe(4);
  });

  it('is in colour if the model is, even if all its images are grey', async () => {
    putAll();
    const grey = formulaImage(5, 4, 6, 1);
    for (let image = 20; image < 24; image++) {
      writePng(join(folder, `test/${image}.png`), grey, [4, 6, 1]);
    }
    const dataset = await openDataset(folder, { validation: 0 });
    const colour = await openSplit(folder, 'test', { validation: 0, like: [4, 6, 3] });
    expect(readAll(colour)).toEqual(readAll(dataset.test));
    expect((await openSplit(folder, 'test', { validation: 0, like: [4, 6, 1] })).imageShape).toEqual([
      4, 6, 1,
    ]);
  });

  it.each<[Split, number]>([
    ['train', 0],
    ['train', 0.25],
    ['validation', 0.25],
    ['test', 0],
  ])('decodes one image of %s, %d held out, if all have a refused size', async (split, validation) => {
    putAll();
    const refused = await openSplit(folder, split, { validation, like: [5, 6, 3], oneIfOther: true });
    expect([refused.count, refused.imageShape]).toEqual([1, shape]);
    expect(decodeImage).toHaveBeenCalledTimes(1);
    const images = await openSplit(folder, split, { validation });
    const wanted = await openSplit(folder, split, { validation, like: [4, 6, 1], oneIfOther: true });
    expect(readAll(wanted)).toEqual(readAll(images));
  });
});

describe('a folder is listed once', () => {
  it.each<[string, () => Promise<unknown>]>([
    ['for one split', () => openSplit(folder, 'test', { validation: 0.1 })],
    ['for all of them', () => openDataset(folder, { validation: 0.1 })],
    [
      'to prepare it',
      async () => {
        const { train, test } = await openRawDataset(folder);
        for (const split of [train, test]) {
          for await (const image of split.images()) {
            await image.decode();
          }
        }
      },
    ],
  ])('%s', async (_, open) => {
    putAll();
    await open();
    expect(listings()).toBe(1);
  });

  it('but again for another command', async () => {
    putAll();
    await openSplit(folder, 'test', { validation: 0.1 });
    put('test/99.png', 40);
    expect((await openSplit(folder, 'test', { validation: 0.1 })).count).toBe(5);
    expect(listings()).toBe(2);
  });
});

describe('one part of a dataset of arrays', () => {
  it('can be opened if the other is corrupt: IDX files', async () => {
    writeTinyDataset(folder);
    truncateSync(join(folder, 'train-images-idx3-ubyte'), 1000);
    expect((await openSplit(folder, 'test', { validation: 0.1 })).count).toBe(48);
    await expect(openSplit(folder, 'validation', { validation: 0.1 })).rejects.toThrow('train-images');
  });

  it('can be opened if the other is corrupt: CIFAR-10', async () => {
    await writeFile(join(folder, 'data_batch_1.bin'), new Uint8Array(3072));
    await writeFile(join(folder, 'test_batch.bin'), new Uint8Array(2 * 3073).fill(9));
    const test = await openSplit(folder, 'test', { validation: 0.1 });
    expect(readAll(test)).toEqual(new Uint8Array(2 * 3072).fill(9));
    expect(listings()).toBe(1);
    await expect(openSplit(folder, 'train', { validation: 0 })).rejects.toThrow(
      'data_batch_1.bin: 3072 bytes',
    );
  });
});

it('a split can be opened in other formats too', async () => {
  const mnist = await openSplit('mnist', 'validation', { validation: 0.02, most: 10 });
  const { validation } = await openDataset('mnist', { validation: 0.02 });
  expect(readAll(mnist)).toEqual(readAll(validation).subarray(0, 7840));
  const archive = fixture('cifar-10-binary.tar.gz');
  const cifar = await openSplit(archive, 'train', { validation: 0 });
  expect(readAll(cifar)).toEqual(readAll((await openDataset(archive, { validation: 0 })).train));
  const zip = await openSplit(fixture('pictures.zip'), 'train', { validation: 0.3 });
  expect(readAll(zip)).toEqual(
    readAll((await openDataset(fixture('pictures.zip'), { validation: 0.3 })).train),
  );
  await expect(openSplit('mnits', 'test', { validation: 0 })).rejects.toThrow('did you mean mnist?');
  await expect(openSplit('mnist', 'train', { validation: 1 })).rejects.toThrow('at least 0 and below 1');
});
