import { expect, test } from 'vitest';
import { call, phrase, UserError } from '../../core/errors.ts';
import type { NamedDataset } from '../contract/rawImages.ts';
import { placeOfDataset } from './dataFolder.ts';

const name = 'nowhere-else';
const dataset: NamedDataset = {
  name,
  description: '',
  imageShape: [4, 6, 1],
  source: '',
  licence: '',
  locate: async () => 'some/folder',
  open: () => Promise.reject(new Error('nothing is read')),
};

test('a dataset is ready, or must be prepared first', async () => {
  const ready = { state: 'ready', path: 'some/folder', todo: null };
  expect(await placeOfDataset(dataset)).toEqual(ready);
  expect(await placeOfDataset({ ...dataset, toPrepare: true })).toEqual({
    state: 'unprepared',
    path: 'some/folder',
    todo: phrase`${name} is at ${'some/folder'} and must be prepared before use: run ${call('prepareDataset', name)}`,
  });
});

test('a missing dataset is distinguished from an unusable one, and from a bug', async () => {
  const failing = (error: Error) => placeOfDataset({ ...dataset, locate: () => Promise.reject(error) });
  const missing = { state: 'missing', path: null, todo: ['put it here'] };
  expect(await failing(new UserError('not-ready', 'put it here'))).toEqual(missing);
  const unusable = { state: 'unusable', path: null, todo: ['half of it is there'] };
  expect(await failing(new UserError('invalid-data', 'half of it is there'))).toEqual(unusable);
  await expect(failing(new Error('a mistake'))).rejects.toThrow('a mistake');
});
