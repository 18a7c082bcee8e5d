import { expect, test } from 'vitest';
import { UserError } from '../errors.ts';
import type { NamedDataset } from './dataset.ts';
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
  const ready = { path: 'some/folder', prepared: false, todo: null };
  expect(await placeOfDataset({ ...found, open })).toEqual(ready);
  expect(await placeOfDataset(found)).toMatchObject({
    path: 'some/folder',
    todo: expect.stringMatching(
      /^nowhere-else lies at some\/folder .* emerging datasets prepare nowhere-else$/,
    ),
  });
});

test('what to do where it is missing is what its search says; another failure is one', async () => {
  const failing = (error: Error) => placeOfDataset({ ...found, locate: () => Promise.reject(error) });
  const missing = { path: null, prepared: false, todo: 'put it here' };
  expect(await failing(new UserError('put it here'))).toEqual(missing);
  await expect(failing(new Error('a mistake'))).rejects.toThrow('a mistake');
});
