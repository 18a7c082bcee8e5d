// Points from memory and from files: the same points, divided in the same way; and what is refused.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { RandomStream } from '../core/numeric/random.ts';
import { temporaryFolder } from '../testing/temporaryFolder.ts';
import { readAll } from './contract/dataset.ts';
import { npyBytes } from './formats/npy.ts';
import { pointFiles } from './pointFiles.ts';
import { pointsDataset } from './points.ts';
import { openDataset, openRawDataset } from './registry.ts';

const folder = temporaryFolder();
const write = (name: string, content: string | Uint8Array): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};

const values = Float32Array.from(new RandomStream(0, 'points').normals(600));
const csv = (numbers: ArrayLike<number>, columns = ['a', 'b', 'c']): string =>
  [
    columns.join(','),
    ...Array.from({ length: numbers.length / columns.length }, (_, row) =>
      Array.from(numbers)
        .slice(row * columns.length, (row + 1) * columns.length)
        .join(','),
    ),
  ].join('\n');

it('reads the same points from memory, a table and an array, and divides them equally', async () => {
  const inMemory = pointsDataset(values, 3);
  expect(inMemory.imageShape).toEqual([1, 1, 3]);
  const counts = (['train', 'validation', 'test'] as const).map((split) => inMemory[split].count);
  expect(counts.reduce((sum, count) => sum + count)).toBe(200);
  expect(counts.every((count) => count > 5)).toBe(true);
  for (const path of [write('p.csv', csv(values)), write('p.npy', npyBytes(values, [200, 3]))]) {
    const opened = await openDataset(path);
    for (const split of ['train', 'validation', 'test'] as const) {
      expect(readAll(opened[split])).toEqual(readAll(inMemory[split]));
    }
    expect(opened.test.nameAt!(0)).toBe(inMemory.test.nameAt!(0));
  }
});

it('reads the splits in a folder', async () => {
  mkdirSync(join(folder, 'splits'));
  write('splits/train.csv', csv(values));
  write('splits/test.npy', npyBytes(values.subarray(0, 30), [10, 3]));
  const { train, validation, test } = await openDataset(join(folder, 'splits'), { validation: 0.1 });
  expect([train.count + validation.count, test.count]).toEqual([200, 10]);
  expect(readAll(test)).toEqual(values.subarray(0, 30));
  write('splits/test.npy', npyBytes(values.subarray(0, 30), [15, 2]));
  await expect(openDataset(join(folder, 'splits'))).rejects.toThrow(
    'points of 3 numbers in one file and of 2',
  );
  write('splits/test.npy', npyBytes(values.subarray(0, 30), [10, 3]));
  write('splits/validation.csv', 'a,b,c\n');
  await expect(openDataset(join(folder, 'splits'))).rejects.toThrow(
    'validation.csv: it has no rows: add points, or remove the file',
  );
  write('splits/validation.csv', csv(values.subarray(0, 30), ['a', 'c', 'b']));
  await expect(openDataset(join(folder, 'splits'))).rejects.toThrow(
    'train.csv has the columns a, b, c, but validation.csv a, c, b: give all splits the same columns',
  );
});

it('leaves a table of labels next to folders of images to these', async () => {
  const name = 'labelled';
  mkdirSync(join(folder, name, 'train'), { recursive: true });
  write(`${name}/train.csv`, csv(values));
  expect(await pointFiles.recognises(join(folder, name), () => Promise.reject())).toBe(true);
  write(`${name}/train/one.png`, '');
  expect(await pointFiles.recognises(join(folder, name), () => Promise.reject())).toBe(false);
});

it.each([
  [
    'text',
    `${csv(values)}\n1,two,3`,
    /t\.csv:202: b is 'two': expected a number: leave this row or column out/,
  ],
  ['no header', csv(values).split('\n').slice(1).join('\n'), /first row has only numbers/],
  ['a number too large for float32', `${csv(values)}\n1,1e39,3`, /too large for float32/],
  ['one number each', csv(values, ['a']), /points of one number: a flow needs at least 2/],
  ['few points', csv(values.subarray(0, 3)), /1 points are too few to divide/],
])('refuses a table with %s', async (_, text, message) => {
  await expect(openDataset(write('t.csv', text))).rejects.toThrow(message);
});

it('refuses values that are not finite, and arguments that aren’t points', async () => {
  const wrong = values.slice();
  wrong[7] = Number.NaN;
  expect(() => pointsDataset(wrong, 3)).toThrow('point 2: 1 value is NaN or infinite');
  await expect(openDataset(write('nan.npy', npyBytes(wrong, [200, 3])))).rejects.toThrow('NaN or infinite');
  for (const dimensions of [7, 1.5, -3]) {
    expect(() => pointsDataset(values, dimensions)).toThrow('pointsDataset needs');
  }
});

it('does not turn points into images', async () => {
  const { train } = await openRawDataset(write('q.csv', csv(values)));
  await expect(train.images()[Symbol.asyncIterator]().next()).rejects.toThrow(
    'points of 3 numbers, not images',
  );
});
