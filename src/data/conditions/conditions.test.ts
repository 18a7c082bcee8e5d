// The conditions of images in files: next to them or elsewhere, by name or in order, and what is refused.
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { writePng } from '../../testing/pngFiles.ts';
import { temporaryFolder } from '../../testing/temporaryFolder.ts';
import { tinyImages, writeTinyDataset } from '../../testing/tinyImages.ts';
import { createZip } from '../../testing/zipFiles.ts';
import type { ImageSet } from '../contract/dataset.ts';
import { openDataset, openSplit } from '../registry.ts';
import { conditionsOfFiles, namesInFolders } from './conditionsOfFiles.ts';

const folder = temporaryFolder();
const inFolder = (name: string): string => join(folder, name);
const write = (name: string, lines: readonly string[]): void =>
  writeFileSync(inFolder(name), lines.join('\n'));

/** The values of a component, and what follows from the names of the images. */
function valuesIn(images: ImageSet, name: string): number[] {
  const values = new Float64Array(images.count);
  images.conditions![name]!.read([...values.keys()], values);
  return [...values];
}

beforeAll(() => {
  const pixels = tinyImages(1, 8, 0);
  for (const split of ['train', 'test']) {
    for (let index = 0; index < 30; index++) {
      writePng(inFolder(`maps/${split}/${index}.png`), pixels, [8, 8, 1]);
    }
  }
  writeTinyDataset(inFolder('idx'), { tests: 2 });
});

const numberIn = (images: ImageSet) =>
  Array.from({ length: images.count }, (_, index) => Number(/(\d+)\.png/.exec(images.nameAt!(index))![1]));
const names = ['train', 'test'].flatMap((split) =>
  Array.from({ length: 30 }, (_, index) => `${split}/${index}.png`),
);
const table = (rows: readonly string[]) => [
  'file,omega,note',
  ...rows.map((name, row) => `${name},${row / 10},x`),
];

describe('by file name', () => {
  it('are next to the images, in any order, for each split', async () => {
    write('maps/conditions.csv', table(names.toReversed()));
    const conditions = { names: ['omega'] };
    const { train, validation, test } = await openDataset(inFolder('maps'), { validation: 0.2, conditions });
    expect(Object.keys(train.conditions!)).toEqual(['omega']);
    expect(validation.count).toBeGreaterThan(2);
    for (const images of [train, validation]) {
      expect(valuesIn(images, 'omega')).toEqual(numberIn(images).map((number) => (59 - number) / 10));
    }
    expect(valuesIn(test, 'omega')).toEqual(numberIn(test).map((number) => (29 - number) / 10));
    for (const split of ['train', 'validation', 'test'] as const) {
      const alone = await openSplit(inFolder('maps'), split, { validation: 0.2, conditions });
      const images = { train, validation, test }[split];
      expect(valuesIn(alone, 'omega')).toEqual(valuesIn(images, 'omega'));
    }
    expect((await openDataset(inFolder('maps'))).train.conditions).toBeUndefined();
  });

  it('are found for files given by path, and of folders', async () => {
    write('maps/conditions.csv', table(names));
    write('maps/test/conditions.csv', ['omega,file', '7,3.png']);
    const readConditions = (files: readonly string[], folders: readonly string[]) =>
      conditionsOfFiles(
        files.map(inFolder),
        folders.map(inFolder),
        [{ name: 'omega', shape: [1] }],
        [8, 8, 1],
      );
    const conditions = await readConditions(
      ['maps/train/2.png', 'maps/test/0.png'],
      ['maps', 'maps/test/3.png'],
    );
    const values = new Float64Array(2);
    conditions.omega!.read([0, 1], values);
    expect([...values]).toEqual([0.2, 3]);
    const alone = await readConditions(['maps/test/3.png'], ['maps/test/3.png']);
    alone.omega!.read([0], values.subarray(0, 1));
    expect(values[0]).toBe(7);
    await expect(readConditions(['idx/a.png'], ['idx'])).rejects.toThrow(
      'there is no conditions.csv or conditions.npy beside them',
    );
    write('maps/test/conditions.csv', ['omega', '7']);
    await expect(readConditions(['maps/test/3.png', 'maps/test/4.png'], ['maps/test'])).rejects.toThrow(
      'conditions.csv has 1 rows for 2 images: give one for each, or add a column file',
    );
    rmSync(inFolder('maps/test/conditions.csv'));
  });

  it('are found by the paths in the working directory', () => {
    for (const here of ['.', './']) {
      expect(namesInFolders(['0.png', join('train', '0.png')], [here])).toEqual(['0.png', 'train/0.png']);
    }
  });

  it.each([
    [table(names.slice(3)), 'has no row for train/0.png and 2 more: add one for each image'],
    [table([...names, names[4]!]), 'two rows are for train/4.png: keep one'],
    [
      table(names.map((name) => name.slice(name.indexOf('/') + 1)).slice(0, 30)),
      'is for several images, such as',
    ],
    [['file,omega', 'train/0.png,0.1', 'train/1.png,'], "conditions.csv:3: omega is '': expected a number"],
    [
      ['file,omega', 'train/0.png,1e999'],
      "conditions.csv:2: omega is '1e999': too large for float32; scale the column",
    ],
    [['file,Omega', 'train/0.png,1'], 'unknown condition of'],
    [['file,sigma', 'train/0.png,1'], 'known: sigma'],
  ])('are refused: %#', async (lines, message) => {
    write('maps/conditions.csv', lines);
    await expect(openDataset(inFolder('maps'), { conditions: { names: ['omega'] } })).rejects.toThrow(
      message,
    );
  });
});

describe('of images with one name', () => {
  it('are refused', async () => {
    const bytes = readFileSync(inFolder('maps/train/0.png'));
    for (const split of ['train', 'test']) {
      mkdirSync(inFolder('parts'), { recursive: true });
      writeFileSync(inFolder(`parts/${split}.zip`), createZip([{ name: '0.png', bytes }]));
    }
    write('parts/conditions.csv', ['file,omega', '0.png,1']);
    await expect(openDataset(inFolder('parts'), { validation: 0, conditions: {} })).rejects.toThrow(
      "conditions.csv can't tell two images with the name 0.png apart: rename one",
    );
  });

  it('are refused if it differs only in its extension, and the conditions are images', async () => {
    for (const name of ['twins/test/a.png', 'twins/train/b.png', 'twins/train/b.jpeg']) {
      mkdirSync(dirname(inFolder(name)), { recursive: true });
      copyFileSync(inFolder('maps/train/0.png'), inFolder(name));
    }
    for (const name of ['test/a.png', 'train/b.png']) {
      mkdirSync(dirname(inFolder(`twins.conditions/${name}`)), { recursive: true });
      copyFileSync(inFolder('maps/train/0.png'), inFolder(`twins.conditions/${name}`));
    }
    await expect(openDataset(inFolder('twins'), { validation: 0, conditions: {} })).rejects.toThrow(
      'train/b.png is for several images, such as train/b.jpeg and train/b.png',
    );
  });
});

describe('in order', () => {
  const rows = Array.from({ length: 162 }, (_, row) => String(row));

  it('are for all images, whichever split is opened', async () => {
    write('elsewhere.csv', ['omega', ...rows]);
    const conditions = { from: inFolder('elsewhere.csv') };
    const { train, validation, test } = await openDataset(inFolder('idx'), { validation: 0.1, conditions });
    expect(valuesIn(test, 'omega')).toEqual([160, 161]);
    const values = [...valuesIn(train, 'omega'), ...valuesIn(validation, 'omega')].sort((a, b) => a - b);
    expect(values).toEqual(rows.slice(0, 160).map(Number));
    const alone = await openSplit(inFolder('idx'), 'validation', { validation: 0.1, conditions });
    expect(valuesIn(alone, 'omega')).toEqual(valuesIn(validation, 'omega'));
    const two = await openSplit(inFolder('idx'), 'test', { validation: 0.1, conditions, most: 1 });
    expect(valuesIn(two, 'omega')).toEqual([160]);
  });

  it('are refused for another number of images, without a file, or with names for images without', async () => {
    write('elsewhere.csv', ['omega', ...rows.slice(1)]);
    const open = (from?: string) => openDataset(inFolder('idx'), { conditions: { from } });
    await expect(open(inFolder('elsewhere.csv'))).rejects.toThrow(
      'elsewhere.csv has 161 rows for 162 images: give one for each',
    );
    await expect(open()).rejects.toThrow(
      'there is no conditions.csv or conditions.npy beside them: write one, or name a file',
    );
    write('named.csv', ['file,omega', ...rows.map((row) => `${row}.png,${row}`)]);
    await expect(open(inFolder('named.csv'))).rejects.toThrow(
      'has a column file, but these images have no names',
    );
    await expect(open(inFolder('none.csv'))).rejects.toThrow('none.csv');
    mkdirSync(inFolder('a.csv'));
    await expect(open(inFolder('a.csv'))).rejects.toThrow('a.csv');
  });
});
