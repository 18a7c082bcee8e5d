// Folders and archives of images, written by tar and zip.

import { cp, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { encode } from 'fast-png';
import { packTar } from 'modern-tar';
import { describe, expect, it } from 'vitest';
import { eightBit } from '../../testing/eightBit.ts';
import { openedBy } from '../../testing/openedBy.ts';
import { emptyFolder, temporaryFolder } from '../../testing/temporaryFolder.ts';
import { createZip } from '../../testing/zipFiles.ts';
import { readAll } from '../contract/dataset.ts';
import type { RawSplit } from '../contract/rawImages.ts';
import { Budget } from '../contract/reading.ts';
import { fixture, formulaImage } from '../fixtures/formula.ts';
import { npyBytes } from '../formats/npy.ts';
import { imageCollection, openDataset } from '../registry.ts';
import { classesOfNames, divide, isTestByHash } from './splitOfName.ts';
import { readStoredImages } from './storedImages.ts';

const folder = emptyFolder();
const elsewhere = temporaryFolder();

const imageNames = async (split: RawSplit): Promise<string[]> => {
  const names = [];
  for await (const { name } of split.images()) {
    names.push(name);
  }
  return names;
};
const expected = (first: number, count: number) =>
  Buffer.concat(Array.from({ length: count }, (_, index) => formulaImage(first + index, 10, 12, 3)));

const put = async (name: string, from = 'opaque.png') => {
  await mkdir(join(folder, name, '..'), { recursive: true });
  await cp(fixture(from), join(folder, name));
};

describe('an archive of images', () => {
  it.each(['pictures.tar', 'pictures.tar.gz', 'pictures.zip', 'stored.zip', 'zip64.zip'])(
    'is read exactly: %s',
    async (name) => {
      expect(await imageCollection.recognises(fixture(name))).toBe(true);
      const { train, validation, test } = await openedBy(imageCollection, fixture(name));
      expect([train.imageShape, train.count, validation?.count, test.count]).toEqual([[10, 12, 3], 3, 1, 2]);
      // Archives may store files in any order, so images are matched by name.
      const raw = await imageCollection.open(fixture(name));
      expect([raw.train.count, raw.validation?.count, raw.test.count]).toEqual([3, 1, 2]);
      const seen = new Map<string, Uint8Array>();
      for (const split of [raw.train, raw.validation!, raw.test]) {
        for await (const image of split.images()) {
          seen.set(image.name, eightBit((await image.decode()).data));
        }
      }
      for (const [split, first, count] of [
        ['train', 0, 3],
        ['validation', 10, 1],
        ['test', 20, 2],
      ] as const) {
        for (let index = 0; index < count; index++) {
          expect(seen.get(`${split}/deep/${index}.png`)).toEqual(formulaImage(first + index, 10, 12, 3));
        }
      }
      expect(seen.size).toBe(6);
    },
  );

  it('is rejected if it is encrypted, truncated or changed', async () => {
    await expect(openedBy(imageCollection, fixture('encrypted.zip'))).rejects.toThrow(
      /encrypted.zip: set\/.*\.png: encrypted; unpack it first/,
    );
    for (const name of ['pictures.tar', 'pictures.tar.gz', 'pictures.zip']) {
      const completeFile = await readFile(fixture(name));
      const path = join(folder, name);
      await writeFile(path, completeFile.subarray(0, completeFile.length / 2));
      await expect(openedBy(imageCollection, path), name).rejects.toThrow(`${path}: corrupt`);
    }
    const changed = Buffer.from(await readFile(fixture('stored.zip')));
    changed[changed.indexOf('IDAT') + 8]! ^= 1;
    await writeFile(join(folder, 'x.zip'), changed);
    await expect(openedBy(imageCollection, join(folder, 'x.zip'))).rejects.toThrow(
      /\.png: corrupt: .*checksum/,
    );
  });

  it('is never written to the paths in it', async () => {
    const png = await readFile(fixture('opaque.png'));
    const names = ['../train/out.png', '/tmp/emerging-out/test/x.png', 'train/y.png', 'train/../../z.png'];
    const entries = names.map((name) => ({
      header: { name, size: png.length, type: 'file' as const },
      body: png,
    }));
    await mkdir(join(folder, 'in'));
    await writeFile(join(folder, 'in', 'a.tar'), await packTar(entries));
    const source = await openedBy(imageCollection, join(folder, 'in', 'a.tar'));
    // Paths that lead out of the archive are names like others.
    expect([source.train.count, source.test.count]).toEqual([3, 1]);
    expect(await readdir(folder, { recursive: true })).toEqual(['in', join('in', 'a.tar')]);
    await expect(readdir('/tmp/emerging-out')).rejects.toThrow('ENOENT');
  });

  it('keeps all images of a tar archive whose names occur twice, and says that links are left out', async () => {
    const pngs = [0, 1, 2, 3].map((index) =>
      encode({ height: 10, width: 12, channels: 3, depth: 8, data: formulaImage(index, 10, 12, 3) }),
    );
    const entry = (name: string, index: number) => ({
      header: { name, size: pngs[index]!.length, type: 'file' as const },
      body: pngs[index]!,
    });
    const linked = { name: 'train/c.png', size: 0, type: 'link' as const, linkname: 'train/a.png' };
    const path = join(folder, 'a.tar');
    const files = [entry('train/a.png', 0), entry('test/b.png', 1), entry('./train/a.png', 2)];
    await writeFile(path, await packTar([...files, { header: linked }, entry('test/b.png', 3)]));
    const { train, test, warnings } = await openedBy(imageCollection, path);
    expect(Buffer.from(readAll(train))).toEqual(
      Buffer.concat([formulaImage(0, 10, 12, 3), formulaImage(2, 10, 12, 3)]),
    );
    expect(Buffer.from(readAll(test))).toEqual(
      Buffer.concat([formulaImage(1, 10, 12, 3), formulaImage(3, 10, 12, 3)]),
    );
    expect(warnings).toEqual([
      `${path}: links left out, whose images are read once (pack copies to have them twice): 1, such as train/c.png`,
      `${path}: images read although an earlier one has the same name: 2, such as train/a.png`,
    ]);
  });

  it('has the names that a zip archive stores, in UTF-8 or code page 437, without ./', async () => {
    const bytes = await readFile(fixture('opaque.png'));
    const path = join(folder, 'a.zip');
    const files = [
      { name: Buffer.from('train/\x81.png', 'latin1'), bytes },
      { name: Buffer.from('train/\x94.png', 'latin1'), bytes },
      { name: 'train/ø.png', bytes },
      { name: 'train/ü.png', bytes, flags: 0x800 },
      { name: './test/a.png', bytes },
    ];
    await writeFile(path, createZip(files));
    const raw = await imageCollection.open(path);
    expect(await imageNames(raw.train)).toEqual(['train/ü.png', 'train/ö.png', 'train/ø.png', 'train/ü.png']);
    expect(raw.train.count).toBe(4);
    expect(await imageNames(raw.test)).toEqual(['test/a.png']);
  });

  it.each([
    ['a folder', 'holiday/', true],
    ['its content', '', true],
    ['a folder and other files', 'holiday/', false],
  ])('compared with a folder, if it contains %s', async (_, top, isAlone) => {
    const files = Array.from({ length: 60 }, (_, index) => `${index % 2 ? 'a' : 'b'}/${index}.png`).sort();
    for (const name of files) {
      await put(name);
    }
    const bytes = await readFile(fixture('opaque.png'));
    const otherFiles = isAlone ? [] : [{ name: 'notes.txt', bytes: Buffer.from('no image') }];
    const path = join(elsewhere, 'a.zip');
    await writeFile(
      path,
      createZip([...files.map((name) => ({ name: `${top}${name}`, bytes })), ...otherFiles]),
    );
    const [plain, packed] = await Promise.all(
      [folder, path].map((location) => imageCollection.open(location)),
    );
    const prefix = isAlone ? '' : top;
    const inFolder = [...(await imageNames(plain!.train)), ...(await imageNames(plain!.test))];
    expect([...(await imageNames(packed!.train)), ...(await imageNames(packed!.test))].sort()).toEqual(
      inFolder.map((name) => `${prefix}${name}`).sort(),
    );
    const isSame =
      JSON.stringify(await imageNames(packed!.test)) === JSON.stringify(await imageNames(plain!.test));
    expect(isSame).toBe(isAlone);
  });

  it('keeps a folder that is a split', async () => {
    const bytes = await readFile(fixture('opaque.png'));
    const path = join(folder, 'a.zip');
    await writeFile(
      path,
      createZip(Array.from({ length: 60 }, (_, index) => ({ name: `train/${index}.png`, bytes }))),
    );
    const { train, test } = await imageCollection.open(path);
    for (const name of [...(await imageNames(train)), ...(await imageNames(test))]) {
      expect(name).toMatch(/^train\//);
    }
  });

  it('of arrays with one image each has the images of such a folder', async () => {
    const files = Array.from({ length: 40 }, (_, index) => ({
      name: `${index < 20 ? 'a' : 'b'}/${10 + index}.npy`,
      bytes: npyBytes(formulaImage(index, 4, 6, 3), [4, 6, 3]),
    }));
    for (const { name, bytes } of files) {
      await mkdir(join(folder, name, '..'), { recursive: true });
      await writeFile(join(folder, name), bytes);
    }
    const path = join(elsewhere, 'arrays.zip');
    await writeFile(path, createZip(files));
    const [plain, packed] = [await openDataset(folder), await openDataset(path)];
    for (const split of ['train', 'validation', 'test'] as const) {
      const [expectedImages, images] = [plain[split], packed[split]];
      expect(images.imageShape).toEqual([4, 6, 3]);
      expect(readAll(images)).toEqual(readAll(expectedImages));
      expect(images.labels?.classes).toEqual(['a', 'b']);
    }
  });

  it('is rejected if it decompresses to far too many bytes', async () => {
    const entries = [
      {
        header: { name: 'train/zeros.dat', size: 2 ** 28 + 2 ** 24 },
        body: new Uint8Array(2 ** 28 + 2 ** 24),
      },
    ];
    const path = join(folder, 'bomb.tar.gz');
    await writeFile(path, gzipSync(await packTar(entries), { level: 9 }));
    await expect(imageCollection.recognises(path)).rejects.toThrow(
      /bomb.tar.gz: at least 268,\d+,\d+ decompressed bytes in \d+,\d+ bytes on disk, but the limit .* 268,435,456: not/,
    );
  });
});

describe('a folder of images', () => {
  it('is split by its folders, sorted by name, without hidden and other files', async () => {
    for (const name of ['cats/train/b.png', 'cats/train/A/z.PNG', 'dogs/TEST/1.jpeg', 'dogs/val/2.webp']) {
      await put(name, { jpeg: 'smooth.jpeg', webp: 'lossless.webp' }[name.split('.')[1]!] ?? 'opaque.png');
    }
    await put('cats/train/.hidden.png');
    await writeFile(join(folder, 'readme.txt'), 'text');
    const raw = await imageCollection.open(folder);
    expect(await imageNames(raw.train)).toEqual(['cats/train/A/z.PNG', 'cats/train/b.png']);
    expect(await imageNames(raw.validation!)).toEqual(['dogs/val/2.webp']);
    expect(await imageNames(raw.test)).toEqual(['dogs/TEST/1.jpeg']);
  });

  it('has splits in folders such as training_set, if there are both and none has a plain name', () => {
    const sets = ['training_set/training_set/cats/1.png', 'test_set/test_set/dogs/1.png'];
    expect(divide(sets)).toEqual(['train', 'test']);
    expect(classesOfNames(sets)).toMatchObject({ classes: ['cats', 'dogs'] });
    expect(divide(['Train-Images/1.png', 'val images/1.png', 'testdata/1.png'])).toEqual([
      'train',
      'validation',
      'test',
    ]);
    expect(divide(['training_data/train/1.png', 'training_data/test/1.png'])).toEqual(['train', 'test']);
    const alone = Array.from({ length: 100 }, (_, index) => `test_images/${index}.png`);
    expect(new Set(divide(alone))).toEqual(new Set(['train', 'test']));
    const withStray = ['train_images/1.png', ...alone, 'sample.png'];
    expect(divide(withStray)).toEqual(withStray.map((name) => (isTestByHash(name) ? 'test' : 'train')));
  });

  it('may have a class by any name', () => {
    const names = ['constructor', '__proto__', 'cats'].flatMap((name) =>
      Array.from({ length: 20 }, (_, index) => `${name}/${index}.png`),
    );
    expect(new Set(divide(names))).toEqual(new Set(['train', 'test']));
  });

  it('uses a tenth of its images for testing, by name, without a folder named test', async () => {
    const names = Array.from({ length: 400 }, (_, index) => `${index}.png`);
    const splits = divide(names) as readonly string[];
    const test = names.filter((_, index) => splits[index] === 'test');
    expect(test.length).toBeGreaterThan(20);
    expect(test.length).toBeLessThan(60);
    // Independent of the other images and of the machine: of 0 to 19 these.
    const some = divide(names.slice(0, 20).reverse()) as readonly string[];
    expect(
      names
        .slice(0, 20)
        .reverse()
        .filter((_, index) => some[index] === 'test'),
    ).toEqual(names.slice(0, 20).reverse().filter(isTestByHash));
    expect(names.slice(0, 20).filter(isTestByHash)).toMatchInlineSnapshot(`
      [
        "0.png",
        "6.png",
        "8.png",
      ]
    `);
    expect(divide(['validation/1.png', ...names.map((name) => `train/${name}`)])).toContain('test');
  });

  it('is opened in memory, and grey images among colour become colour', async () => {
    await put('train/a.png');
    await put('train/b.png', 'grey.png');
    await put('test/c.png');
    const { train, test } = await openedBy(imageCollection, folder);
    expect(train.imageShape).toEqual([10, 12, 3]);
    const grey = formulaImage(0, 10, 12, 1);
    const tripled = Uint8Array.from({ length: 360 }, (_, index) => grey[Math.floor(index / 3)]!);
    expect(Buffer.from(readAll(train))).toEqual(Buffer.concat([expected(0, 1), tripled]));
    expect(Buffer.from(readAll(test))).toEqual(expected(0, 1));
  });

  it('names images of other formats, which are left out', async () => {
    for (const name of [
      'train/a.png',
      'train/b.BMP',
      'train/c.jxl',
      'train/d.bmp',
      'test/e.png',
      'test/f.heic',
    ]) {
      await put(name);
    }
    const { train, warnings } = await openedBy(imageCollection, folder);
    expect(train.count).toBe(1);
    expect(warnings).toEqual([
      `${folder}: images left out, of another format (.bmp, .heic, .jxl; convert them to PNG): 4, such as test/f.heic`,
    ]);
    await symlink(join(folder, 'test'), join(folder, 'train/also'));
    expect((await openedBy(imageCollection, folder)).warnings![1]).toBe(
      `${folder}: left out, neither regular files nor folders, or links to folders: 1, such as train/also`,
    );
    await rm(join(folder, 'train/also'));
    await rm(join(folder, 'test/f.heic'));
    await Promise.all(['b.BMP', 'c.jxl', 'd.bmp'].map((name) => rm(join(folder, 'train', name))));
    expect((await openedBy(imageCollection, folder)).warnings).toBeUndefined();
  });

  it('names images that cannot be used', async () => {
    await put('train/a.png');
    await put('test/b.jpeg', 'smooth.jpeg');
    await expect(openedBy(imageCollection, folder)).rejects.toThrow(
      `${folder}: all images must have the same size, but test/b.jpeg is 20x24x3 and others are 10x12x3: run prepareDataset`,
    );
    await writeFile(join(folder, 'test/b.jpeg'), 'no image');
    await expect(openedBy(imageCollection, folder)).rejects.toThrow(
      `${join(folder, 'test/b.jpeg')}: not a PNG, .npy, FITS, JPEG, WebP, GIF, TIFF or AVIF image; convert it`,
    );
    await rm(join(folder, 'test/b.jpeg'));
    await put('stray.png');
    await put('test/b.png');
    await expect(openedBy(imageCollection, folder)).rejects.toThrow(
      `${folder}: 1 of its 3 images are in no folder train, validation or test, such as stray.png, but the others are: move all`,
    );
    await rm(join(folder, 'stray.png'));
    await rm(join(folder, 'train'), { recursive: true });
    await expect(openedBy(imageCollection, folder)).rejects.toThrow(
      `${folder}: dividing its images by their folders gives 1 for test and none for train: put images into a folder train`,
    );
  });

  it('may have more images than bytes of it have been read', async () => {
    const names = Array.from({ length: 70_000 }, (_, index) => `${index}.png`);
    const store = {
      path: 'photos',
      isArchive: false,
      names: async () => names,
      async *files() {
        const budget = new Budget('photos');
        for (const name of names) {
          yield { name, source: name, budget, read: async () => new Uint8Array() };
        }
      },
    };
    expect(await imageNames(readStoredImages(store, () => true))).toEqual(names);
  });

  it('names a file that cannot be read', async () => {
    await put('train/a.png');
    await put('test/b.png');
    await symlink('nowhere', join(folder, 'test/c.png'));
    await expect(openedBy(imageCollection, folder)).rejects.toThrow(
      /^cannot read .*test\/c.png: it does not exist; check the name$/,
    );
  });
});
