// Labels from their files to the batches of training: they belong to their images wherever these go.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { openedBy } from '../../testing/openedBy.ts';
import { emptyFolder } from '../../testing/temporaryFolder.ts';
import { idxBytes } from '../../testing/tinyImages.ts';
import { BatchStream } from '../batches.ts';
import { fixture } from '../fixtures/formula.ts';
import { readPackedHeader, verifyPackedFile } from '../packed/packedFile.ts';
import { prepareDataset } from '../prepareDataset.ts';
import { openDataset, openSplit } from '../registry.ts';
import { cifar10Files } from '../sets/cifar10.ts';
import { fashionMnist } from '../sets/mnist.ts';
import { classesOfNames } from '../sources/splitOfName.ts';
import { countClasses, type ImageSet, imagesInMemory, labelled, readOne, subset } from './dataset.ts';

const folder = emptyFolder();

const validation = 0.2;
const listLabels = ({ count, labels }: ImageSet): number[] =>
  Array.from({ length: count }, (_, index) => labels!.classAt(index));

/** The class stored in an image's first pixel. */
const classesIn = (images: ImageSet): number[] =>
  Array.from({ length: images.count }, (_, index) => readOne(images, index)[0]! % 10);

function idx(name: string, shape: readonly number[], data: ArrayLike<number>): void {
  writeFileSync(join(folder, name), idxBytes(shape, data));
}

/** A folder of IDX files whose images of 2 x 2 pixels have their class as every pixel. */
function idxDataset({ labels = 30, tests = 8 } = {}): void {
  for (const [name, count, labelled] of [
    ['train', 30, labels],
    ['t10k', 8, tests],
  ] as const) {
    const labelAt = (image: number): number => (7 * image) % 5;
    idx(
      `${name}-images-idx3-ubyte`,
      [count, 2, 2],
      Array.from({ length: 4 * count }, (_, i) => labelAt(i >> 2)),
    );
    idx(
      `${name}-labels-idx1-ubyte`,
      [labelled],
      Array.from({ length: labelled }, (_, i) => labelAt(i)),
    );
  }
}

/** Writes a PNG of 4 x 4 pixels of one value. */
function png(name: string, value: number): void {
  mkdirSync(join(folder, name, '..'), { recursive: true });
  const data = new Uint8Array(16).fill(value);
  writeFileSync(join(folder, name), encode({ width: 4, height: 4, channels: 1, data }));
}

describe('a folder of IDX files', () => {
  it('has the labels of its files, in every split and in the order of a batch', async () => {
    idxDataset();
    const dataset = await openDataset(folder, { validation });
    expect(dataset.train.labels!.classes).toEqual(['0', '1', '2', '3', '4']);
    for (const split of ['train', 'validation', 'test'] as const) {
      expect(listLabels(dataset[split])).toEqual(classesIn(dataset[split]));
      const alone = await openSplit(folder, split, { validation });
      expect(listLabels(alone)).toEqual(listLabels(dataset[split]));
    }
    const stream = new BatchStream(dataset.train, 7, 3, ['shift', 'flip']);
    for (const step of [0, 5, 2]) {
      const out = new Uint8Array(5 * 4);
      stream.batchAt(step, out, 2);
      expect(stream.indicesAt(step, 5, 2).map((index) => dataset.train.labels!.classAt(index))).toEqual(
        [0, 1, 2, 3, 4].map((image) => out[4 * image]!),
      );
    }
    expect(() => stream.indicesAt(0, 6, 2)).toThrow(RangeError);
  });

  it('is refused if a file of labels is damaged, and has no labels if one is missing', async () => {
    const refused = (message: string) =>
      expect(openDataset(folder, { validation })).rejects.toMatchObject({
        name: 'UserError',
        message: `${folder}/${message}`,
      });
    idxDataset({ labels: 29 });
    await refused('train-labels-idx1-ubyte: 29 labels for 30 images; use another copy');
    idxDataset({ tests: 9 });
    await refused('t10k-labels-idx1-ubyte: 9 labels for 8 images; use another copy');
    const file = join(folder, 'train-labels-idx1-ubyte');
    writeFileSync(file, readFileSync(file).subarray(0, 20));
    await refused(
      'train-labels-idx1-ubyte: the IDX data is truncated: 30 needs 30 bytes after the header, found 12',
    );
    rmSync(file);
    const { train, warnings, whyNoLabels } = await openDataset(folder, { validation });
    expect(train.labels).toBeUndefined();
    expect(warnings).toBeUndefined();
    expect(whyNoLabels).toBe('train-labels-idx1-ubyte is missing (uncompressed or as .gz)');
  });
});

it('MNIST and CIFAR-10 have their labels and the names of their classes', async () => {
  const test = await openSplit('mnist', 'test', { validation: 0 });
  expect(listLabels(test).slice(0, 10)).toEqual([7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
  expect(test.labels!.classes).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
  expect(countClasses(test)).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
  const photos = await openedBy(cifar10Files, fixture('cifar-10-binary.tar.gz'));
  expect(photos.train.labels!.classes.slice(3, 6)).toEqual(['cat', 'deer', 'dog']);
  expect(listLabels(photos.train)).toHaveLength(5);
});

it('Fashion-MNIST has the labels of its files and the names of its classes, as published', async () => {
  for (const [name, count] of [
    ['train', 30],
    ['t10k', 20],
  ] as const) {
    // Every pixel is the label of its image: 9, 8, … 0, 9, ….
    const numbers = Array.from({ length: count }, (_, image) => 9 - (image % 10));
    idx(
      `${name}-images-idx3-ubyte`,
      [count, 2, 2],
      numbers.flatMap((number) => Array(4).fill(number)),
    );
    idx(`${name}-labels-idx1-ubyte`, [count], numbers);
  }
  const { locate } = fashionMnist;
  Object.assign(fashionMnist, { locate: async () => folder });
  try {
    const { train, test } = await fashionMnist.open();
    for (const images of [await train.set!(), await test.set!()]) {
      expect(listLabels(images)).toEqual(classesIn(images));
      expect(images.labels!.classes).toEqual([
        'T-shirt/top',
        'trouser',
        'pullover',
        'dress',
        'coat',
        'sandal',
        'shirt',
        'sneaker',
        'bag',
        'ankle boot',
      ]);
    }
    // A label that no class has is not quietly a class of its own.
    idx('t10k-labels-idx1-ubyte', [20], Array(20).fill(10));
    const wrong = await fashionMnist.open();
    await expect(wrong.test.set!()).rejects.toThrow(
      't10k-labels-idx1-ubyte: image 0 has label 10, expected 0 to 9; use another copy',
    );
  } finally {
    Object.assign(fashionMnist, { locate });
  }
});

describe('folders by class', () => {
  const write = (): void => {
    for (let index = 0; index < 12; index++) {
      png(`train/dog/${index}.png`, 10 + index * 10);
      png(`train/cat/${index}.png`, 11 + index * 10);
    }
    png('test/dog/0.png', 140);
    png('test/bird/0.png', 142);
    png('test/dog/same.png', 10);
  };

  it('give the classes of all splits, sorted, and stay with the images that are prepared', async () => {
    write();
    // In their first pixel, dogs have 0, cats 1 and birds 2.
    const inPixels = ['dog', 'cat', 'bird'];
    const check = (images: ImageSet): void => {
      const { classes } = images.labels!;
      expect(classes).toEqual(['bird', 'cat', 'dog']);
      expect(listLabels(images).map((number) => classes[number])).toEqual(
        classesIn(images).map((value) => inPixels[value]),
      );
    };
    const opened = await openDataset(folder, { validation });
    check(opened.train);
    check(opened.test);
    check(await openSplit(folder, 'test', { validation, most: 1 }));
    const ways = [
      {},
      { unique: true },
      { crop: 'tiles', leastDeviation: 0, size: 2 },
      { limit: 20 },
    ] as const;
    for (const [way, options] of ways.entries()) {
      const out = join(folder, `${way}.images`);
      await prepareDataset(folder, { size: 4, channels: 1, out, ...options });
      const prepared = await openDataset(out, { validation });
      check(prepared.train);
      check(prepared.validation);
      check(prepared.test);
      expect((await verifyPackedFile(out)).labels).toBeDefined();
    }
    expect((await openDataset(join(folder, '0.images'), { validation })).test.count).toBe(3);
    expect((await openDataset(join(folder, '1.images'), { validation })).test.count).toBe(2);
  });

  it('are none if images are in no such folder, or all in one', async () => {
    for (let index = 0; index < 40; index++) {
      png(`photos/${index}.png`, index);
    }
    expect((await openDataset(folder, { validation })).train.labels).toBeUndefined();
    png('others/1.png', 3);
    png('1.png', 3);
    const dataset = await openDataset(folder, { validation });
    expect(dataset.train.labels).toBeUndefined();
    // It is said to those who ask for classes, and to nobody else.
    expect(dataset.warnings).toBeUndefined();
    expect(dataset.whyNoLabels).toBe('only some of its images are in class folders: 1 is not, such as 1.png');
    const out = join(folder, 'plain.images');
    await prepareDataset(folder, { size: 4, channels: 1, out });
    expect(readPackedHeader(out)).not.toHaveProperty('labels');
  });

  it.each([
    ['below the split', ['train/a/1.png', 'train/b/x/2.png', 'test/a/3.png'], ['a', 'b'], [0, 1, 0]],
    ['above the split', ['b/train/1.png', 'a/test/2.png'], ['a', 'b'], [1, 0]],
    [
      'in a class named train',
      ['train/train/1.png', 'train/plane/2.png', 'test/train/3.png'],
      ['plane', 'train'],
      [1, 0, 1],
    ],
    ['below repeated splits', ['Train/train/a/1.png', 'test/test/b/2.png'], ['a', 'b'], [0, 1]],
    ['below folders that all share', ['set/x/a/1.png', 'set/x/b/2.png'], ['a', 'b'], [0, 1]],
  ])('%s', (_, names, classes, numbers) => {
    const classNames = classesOfNames(names);
    if (typeof classNames !== 'object') {
      throw new Error(`no classes: ${classNames}`);
    }
    expect(classNames.classes).toEqual(classes);
    expect(names.map(classNames.labelOf)).toEqual(numbers);
  });
});

it('a prepared file with damaged labels is refused', async () => {
  idxDataset();
  const out = join(folder, 'all.images');
  await prepareDataset(folder, { size: 2, channels: 1, out });
  const bytes = readFileSync(out);
  // The labels come before the checksums.
  const { checksums } = readPackedHeader(out);
  bytes[bytes.length - checksums!.bytes - 2]! ^= 1;
  writeFileSync(out, bytes);
  await expect(openDataset(out, { validation })).rejects.toThrow(
    `${out}: corrupt: its labels do not match their checksum; prepare it again`,
  );
  writeFileSync(out, bytes.subarray(0, -2));
  await expect(openDataset(out, { validation })).rejects.toThrow(/all.images: corrupt: it has \d+ bytes/);
});

it('labels that are not classes, or differ in number from the images, are refused', () => {
  const images = imagesInMemory(new Uint8Array(3), [1, 1, 1]);
  expect(() => labelled(images, ['a', 'b'], [0, 1], 'here')).toThrow('here: 2 labels for 3 images');
  for (const wrong of [2, 0.5, -1, 65_536, Number.NaN]) {
    expect(() => labelled(images, ['a', 'b'], [0, wrong, 1], 'here')).toThrow(
      `here: image 1 has label ${wrong}, expected 0 to 1`,
    );
  }
  const two = subset(labelled(images, ['a', 'b'], [0, 1, 1], 'here'), [2, 0]);
  expect(listLabels(two)).toEqual([1, 0]);
  expect(() => two.labels!.classAt(2)).toThrow(RangeError);
});
