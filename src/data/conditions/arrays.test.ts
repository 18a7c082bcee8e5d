// Conditions in arrays, and images as conditions: their names, sizes that differ from the images', and what is refused.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { countElements, type Values } from '../../core/numeric/arrays.ts';
import { npy, type SparseFile, sparseNpy, writeHostileFile } from '../../testing/hostile/hostileImages.ts';
import { writePng } from '../../testing/pngFiles.ts';
import { temporaryFolder } from '../../testing/temporaryFolder.ts';
import { tinyImages } from '../../testing/tinyImages.ts';
import { createZip, deflated } from '../../testing/zipFiles.ts';
import type { ImageSet } from '../contract/dataset.ts';
import { npyBytes } from '../formats/npy.ts';
import { openDataset, openSplit } from '../registry.ts';
import { readTableAt } from './conditionTable.ts';
import { componentsIn } from './table.ts';

const folder = temporaryFolder();
const inFolder = (name: string): string => join(folder, name);
const COUNT = 60;

function write(name: string, bytes: Uint8Array): string {
  mkdirSync(dirname(inFolder(name)), { recursive: true });
  writeFileSync(inFolder(name), bytes);
  return inFolder(name);
}

/** The values of a component of the first images, image after image. */
function valuesIn(images: ImageSet, name: string, count: number): number[] {
  const { shape, read } = images.conditions![name]!;
  const values = new Float64Array(count * countElements(shape));
  read([...Array(count).keys()], values);
  return [...values];
}

/** The numbers of images in the array that they are from. */
const numbersIn = (images: ImageSet) =>
  Array.from({ length: images.count }, (_, index) => Number(images.nameAt!(index)));
const counting = (length: number): Float32Array => Float32Array.from({ length }, (_, index) => index);

describe('large files', () => {
  it.each<[string, () => SparseFile | Uint8Array, RegExp]>([
    ['a.npy', () => sparseNpy('600000000', 6e8), /a.npy: too large: 600000\d+ bytes, at most 536870912$/],
    ['a.npy', () => sparseNpy('5000000', 5e6), /a.npy: 5000000 rows are too many, at most 4194304$/],
    [
      'a.npz',
      () => createZip(Array.from({ length: 4097 }, (_, index) => deflated(`${index}.npy`, npy('1', 1)))),
      /a.npz: 4097 arrays are too many, at most 4096: put several conditions into one array$/,
    ],
    [
      'a.npz',
      () =>
        createZip(
          ['a', 'b', 'c'].map((name) => ({ ...deflated(`${name}.npy`, new Uint8Array()), size: 2e8 })),
        ),
      /a.npz: too large: 600000000 bytes, at most 536870912$/,
    ],
    [
      'a.png',
      () => ({ start: npy('1', 1), size: 3e8 }),
      /a.png: 300000000 bytes are too many .*limit 268435456/,
    ],
  ])('are refused before they are read: %s', async (name, content, message) => {
    writeHostileFile(inFolder(name), content());
    await expect(readTableAt(inFolder(name))).rejects.toThrow(message);
    rmSync(inFolder(name));
  });
});

it('with more components than a model could use are refused before these are made', async () => {
  const arrays = Array.from({ length: 3 }, (_, index) => deflated(`${index}.npy`, npy('2, 30000', 60_000)));
  writeHostileFile(inFolder('wide.npz'), createZip(arrays));
  const table = await readTableAt(inFolder('wide.npz'));
  expect(() => componentsIn(table, [4, 4, 1])).toThrow(
    /wide.npz: its columns have more than 65536 numbers for each pixel or image: keep those that are needed$/,
  );
});

describe('arrays', () => {
  beforeAll(() => {
    write('maps.npy', npyBytes(tinyImages(COUNT, 4, 0), [COUNT, 4, 4]));
  });
  beforeEach(() => {
    for (const name of ['maps.conditions.npy', 'maps.conditions.npz', 'maps.conditions.csv']) {
      rmSync(inFolder(name), { force: true });
    }
  });
  const open = (values: Values, shape: readonly number[], names?: readonly string[]) => {
    write('maps.conditions.npy', npyBytes(values, shape));
    return openDataset(inFolder('maps.npy'), { conditions: { names } });
  };

  it('of numbers are in the order of the images, a component for each column', async () => {
    const { train, test } = await open(counting(COUNT), [COUNT]);
    for (const images of [train, test]) {
      expect(Object.keys(images.conditions!)).toEqual(['condition']);
      expect(valuesIn(images, 'condition', images.count)).toEqual(numbersIn(images));
    }
    const { validation } = await open(counting(2 * COUNT), [COUNT, 2]);
    expect(Object.keys(validation.conditions!)).toEqual(['condition0', 'condition1']);
    expect(valuesIn(validation, 'condition1', validation.count)).toEqual(
      numbersIn(validation).map((number) => 2 * number + 1),
    );
    const alone = await openSplit(inFolder('maps.npy'), 'test', {
      validation: 0,
      conditions: { names: ['condition0'] },
    });
    expect(Object.keys(alone.conditions!)).toEqual(['condition0']);
  });

  it('of an .npz file have their own names', async () => {
    const files = [
      { name: 'omega.npy', bytes: npyBytes(counting(COUNT), [COUNT]) },
      { name: 'low.npy', bytes: npyBytes(counting(4 * COUNT), [COUNT, 2, 2]) },
    ];
    write('maps.conditions.npz', createZip(files));
    const { train } = await openDataset(inFolder('maps.npy'), { conditions: {} });
    const [first] = numbersIn(train);
    expect(valuesIn(train, 'omega', 1)).toEqual([first]);
    expect(valuesIn(train, 'low', 1).at(-1)).toBe(4 * first! + 3);
    await expect(openDataset(inFolder('maps.npy'), { conditions: { names: ['lov'] } })).rejects.toThrow(
      "'lov': did you mean low?",
    );
    write(
      'maps.conditions.npz',
      createZip([files[0]!, { name: 'low.npy', bytes: npyBytes(counting(8), [2, 2, 2]) }]),
    );
    await expect(openDataset(inFolder('maps.npy'), { conditions: {} })).rejects.toThrow(
      'low has 2 rows, but omega 60: give a row of each for each image',
    );
  });

  it('of coarse images repeat pixels; fine ones have a component for each pixel of a cell', async () => {
    const coarse = (await open(counting(8 * COUNT), [COUNT, 2, 2, 2])).train;
    expect(Object.keys(coarse.conditions!)).toEqual(['condition0', 'condition1']);
    const first = 8 * numbersIn(coarse)[0]!;
    const rows = [1, 1, 3, 3].map((value) => value + first);
    const below = [5, 5, 7, 7].map((value) => value + first);
    expect(valuesIn(coarse, 'condition1', 1)).toEqual([...rows, ...rows, ...below, ...below]);

    const dataset = (await open(counting(16 * COUNT), [COUNT, 4, 4])).train;
    expect(valuesIn(dataset, 'condition', 1)).toEqual([...counting(16)].map((value) => value + 2 * first));

    const fine = (await open(counting(64 * COUNT), [COUNT, 8, 8])).train;
    expect(Object.keys(fine.conditions!)).toEqual(['condition0', 'condition1', 'condition2', 'condition3']);
    const start = 64 * numbersIn(fine)[0]!;
    // The lower left pixel of each cell of 2 x 2.
    const lowerLeft = [1, 3, 5, 7].flatMap((row) => [0, 2, 4, 6].map((column) => start + 8 * row + column));
    expect(valuesIn(fine, 'condition2', 1)).toEqual(lowerLeft);
  });

  it('of coarse images repeat each pixel as often, whatever the factor', async () => {
    const side = 98;
    write('wide.npy', npyBytes(tinyImages(COUNT, side, 0), [COUNT, side, side]));
    write('wide.conditions.npy', npyBytes(counting(4 * COUNT), [COUNT, 2, 2]));
    const { train } = await openDataset(inFolder('wide.npy'), { conditions: {} });
    const first = 4 * numbersIn(train)[0]!;
    const expected = Array.from({ length: side ** 2 }, (_, pixel) => {
      const [row, column] = [Math.floor(pixel / side), pixel % side];
      return first + (row < 49 ? 0 : 2) + (column < 49 ? 0 : 1);
    });
    expect(valuesIn(train, 'condition', 1)).toEqual(expected);
  });

  it.each<[Values, number[], string]>([
    [counting(59), [59], 'maps.conditions.npy has 59 rows for 60 images: give one for each'],
    [
      counting(COUNT * 9),
      [COUNT, 3, 3],
      'condition is 3x3, but the images are 4x4: one size must be a whole multiple of the other',
    ],
    [counting(COUNT * 8), [COUNT, 4, 2], 'condition is 4x2, but the images are 4x4'],
    [
      counting(COUNT * 2).fill(Number.NaN, 3, 6),
      [COUNT, 2],
      'maps.conditions.npy: 3 values are NaN or infinite, in 2 of 60 images (1, 2)',
    ],
    [counting(COUNT), [COUNT, 1, 1, 1, 1], 'expected N, N x K, N x H x W or N x H x W x C'],
    [counting(COUNT * 257), [COUNT, 257], '257 conditions are too many: choose at most 256'],
  ])('are refused: %#', async (values, shape, message) => {
    await expect(open(values, shape)).rejects.toThrow(message);
  });

  it('are refused if there are several files, or none', async () => {
    await expect(openDataset(inFolder('maps.npy'), { conditions: {} })).rejects.toThrow(
      'there is no maps.conditions.csv or maps.conditions.npy beside them',
    );
    writeFileSync(inFolder('maps.conditions.csv'), 'omega\n1\n');
    await expect(open(counting(COUNT), [COUNT])).rejects.toThrow(
      /several files of conditions, .*maps.conditions.csv and .*maps.conditions.npy: keep one/,
    );
  });
});

describe('images', () => {
  beforeAll(() => {
    for (let index = 0; index < COUNT; index++) {
      const name = `${index < 40 ? 'train' : 'test'}/${index}`;
      writePng(inFolder(`sky/${name}.png`), tinyImages(1, 8, index), [8, 8, 1]);
      writePng(inFolder(`sky.conditions/${name}.png`), new Uint8Array(16).fill(index), [4, 4, 1]);
    }
    write('sky/conditions.txt', new Uint8Array(1));
  });

  it('are those with the same name, in a folder next to the images or elsewhere', async () => {
    const { train, test } = await openDataset(inFolder('sky'), { conditions: {} });
    for (const images of [train, test]) {
      const numbers = Array.from({ length: images.count }, (_, index) =>
        Number(/\d+/.exec(images.nameAt!(index))![0]),
      );
      expect(images.conditions!.condition!.shape).toEqual([8, 8, 1]);
      expect(valuesIn(images, 'condition', images.count)).toEqual(
        numbers.flatMap((number) => new Array(64).fill(number)),
      );
    }
    // In one folder, with another extension, and next to arrays that are images.
    mkdirSync(inFolder('flat'));
    mkdirSync(inFolder('arrays/train'), { recursive: true });
    mkdirSync(inFolder('arrays/test'));
    for (let index = 0; index < COUNT; index++) {
      const split = index < 40 ? 'train' : 'test';
      cpSync(inFolder(`sky.conditions/${split}/${index}.png`), inFolder(`flat/${index}.png`));
      write(`arrays/${split}/${index}.npy`, npyBytes(tinyImages(1, 8, index), [8, 8]));
    }
    const split = await openSplit(inFolder('arrays'), 'test', {
      validation: 0,
      conditions: { from: inFolder('flat') },
    });
    expect(valuesIn(split, 'condition', split.count)).toEqual(valuesIn(test, 'condition', test.count));
    write('arrays/conditions.npy', npyBytes(counting(COUNT), [COUNT]));
    const numbers = await openDataset(inFolder('arrays'), { conditions: {} });
    expect(numbers.train.count + numbers.validation.count).toBe(40);
    expect(valuesIn(numbers.test, 'condition', 20)).toEqual([...counting(COUNT).subarray(40)]);
  });

  it('may be in an archive of a folder, as may the images', async () => {
    const zip = (name: string, files: readonly string[]): string =>
      write(
        `${name}.zip`,
        createZip(
          files.map((file) => ({ name: file.replace('sky', name), bytes: readFileSync(inFolder(file)) })),
        ),
      );
    const files = Array.from(
      { length: COUNT },
      (_, index) => `${index < 40 ? 'train' : 'test'}/${index}.png`,
    ).sort();
    const images = zip(
      'heaven',
      files.map((file) => `sky/${file}`),
    );
    zip(
      'heaven.conditions',
      files.map((file) => `sky.conditions/${file}`),
    );
    const [archived, plain] = [
      await openDataset(images, { conditions: {} }),
      await openDataset(inFolder('sky'), { conditions: {} }),
    ];
    for (const split of ['train', 'validation', 'test'] as const) {
      const { count } = plain[split];
      expect(valuesIn(archived[split], 'condition', count)).toEqual(
        valuesIn(plain[split], 'condition', count),
      );
    }
    // Images in a folder, whose names have one more part than those in an archive of it.
    cpSync(inFolder('sky'), inFolder('outer/sky'), { recursive: true });
    const conditions = { from: inFolder('heaven.conditions.zip') };
    const outer = await openSplit(inFolder('outer'), 'test', { validation: 0, conditions });
    expect(valuesIn(outer, 'condition', 20)).toEqual(valuesIn(plain.test, 'condition', 20));
  });

  it('are refused if one is missing, has another size, or is for two images', async () => {
    const openOther = (name: string) =>
      openDataset(inFolder('sky'), { conditions: { from: inFolder(name) } });
    cpSync(inFolder('sky.conditions'), inFolder('less'), { recursive: true });
    rmSync(inFolder('less/train/7.png'));
    await expect(openOther('less')).rejects.toThrow(
      'less has no image for train/7.png: add one for each image',
    );
    writePng(inFolder('less/train/7.png'), new Uint8Array(4), [2, 2, 1]);
    await expect(openOther('less')).rejects.toThrow(
      /less: all images must have the same size.*: convert them to one size/,
    );
    writePng(inFolder('less/train/7.png'), new Uint8Array(16), [4, 4, 1]);
    cpSync(inFolder('less/train/7.png'), inFolder('less/train/7.PNG'));
    await expect(openOther('less')).rejects.toThrow('less: two images are for train/7: keep one');
    mkdirSync(inFolder('empty'));
    await expect(openOther('empty')).rejects.toThrow('empty: it has no images to use as conditions');
    await expect(openOther('none')).rejects.toThrow('none');
  });
});
