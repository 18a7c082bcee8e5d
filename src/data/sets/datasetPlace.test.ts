import { expect, test } from 'vitest';
import { UserError } from '../../errors.ts';
import { MissingDataset, type NamedDataset } from '../dataset.ts';
import { placeOfDataset } from './datasetPlace.ts';

const found: NamedDataset = {
  name: 'nowhere-else',
  description: '',
  imageShape: [4, 6, 1],
  source: '',
  licence: '',
  locate: async () => 'some/folder',
};

test('a set is ready where it lies, or has to be prepared first', async () => {
  const open = () => Promise.reject(new Error('nothing is read'));
  const ready = { state: 'ready', path: 'some/folder', todo: null };
  expect(await placeOfDataset({ ...found, open })).toEqual(ready);
  expect(await placeOfDataset(found)).toEqual({
    state: 'unprepared',
    path: 'some/folder',
    todo: expect.stringMatching(
      /^nowhere-else lies at some\/folder .* emerging datasets prepare nowhere-else$/,
    ),
  });
});

test('a set that is missing is told from one that is there and cannot be used; a mistake is neither', async () => {
  const failing = (error: Error) => placeOfDataset({ ...found, locate: () => Promise.reject(error) });
  const missing = { state: 'missing', path: null, todo: 'put it here' };
  expect(await failing(new MissingDataset('put it here'))).toEqual(missing);
  const unusable = { state: 'unusable', path: null, todo: 'half of it is there' };
  expect(await failing(new UserError('half of it is there'))).toEqual(unusable);
  await expect(failing(new Error('a mistake'))).rejects.toThrow('a mistake');
});
