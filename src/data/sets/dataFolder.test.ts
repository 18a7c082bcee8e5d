import { mkdir, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { call, phrase, UserError } from '../../core/errors.ts';
import { emptyFolder } from '../../testing/temporaryFolder.ts';
import type { NamedDataset } from '../contract/rawImages.ts';
import { dataFolders, findInDataFolders, placeOfDataset } from './dataFolder.ts';

describe('dataFolders', () => {
  it('is the folder in the environment, or else data and then the cache', () => {
    expect(dataFolders({ EMERGING_DATA: '/sets', XDG_CACHE_HOME: '/cache' })).toEqual(['/sets']);
    expect(dataFolders({ EMERGING_DATA: '', XDG_CACHE_HOME: '/cache' })).toEqual([
      'data',
      join('/cache', 'emerging-flows'),
    ]);
    expect(dataFolders({})).toEqual(['data', join(homedir(), '.cache', 'emerging-flows')]);
  });
});

describe('findInDataFolders', () => {
  const root = emptyFolder();
  beforeEach(async () => {
    await Promise.all(['a', 'b'].map((name) => mkdir(join(root, name))));
  });
  const wanted = {
    name: 'cifar10',
    candidates: ['some.tar.gz', 'unpacked'],
    from: 'https://example.org',
    downloads: [],
  };
  const find = () => findInDataFolders(wanted, [join(root, 'a'), join(root, 'b'), join(root, 'c')]);

  it('returns the first candidate in the first folder that has one', async () => {
    await writeFile(join(root, 'b', 'some.tar.gz'), '');
    expect(await find()).toBe(join(root, 'b', 'some.tar.gz'));
    await mkdir(join(root, 'a', 'unpacked'));
    expect(await find()).toBe(join(root, 'a', 'unpacked'));
    await writeFile(join(root, 'a', 'some.tar.gz'), '');
    expect(await find()).toBe(join(root, 'a', 'some.tar.gz'));
  });

  it('says in one line where to get a missing dataset, which file, and the command', async () => {
    await expect(find()).rejects.toMatchObject({
      name: 'UserError',
      code: 'not-ready',
      message:
        "cifar10 was not found: run downloadDataset('cifar10'), or put some.tar.gz (https://example.org) into " +
        ['a', 'b', 'c'].map((folder) => join(root, folder)).join(' or '),
    });
  });
});

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

it('a dataset is ready, or must be prepared first', async () => {
  const ready = { state: 'ready', path: 'some/folder', todo: null };
  expect(await placeOfDataset(dataset)).toEqual(ready);
  expect(await placeOfDataset({ ...dataset, toPrepare: true })).toEqual({
    state: 'unprepared',
    path: 'some/folder',
    todo: phrase`${name} is at ${'some/folder'} and must be prepared before use: run ${call('prepareDataset', name)}`,
  });
});

it('a missing dataset is distinguished from an unusable one, and from a bug', async () => {
  const failing = (error: Error) => placeOfDataset({ ...dataset, locate: () => Promise.reject(error) });
  const missing = { state: 'missing', path: null, todo: ['put it here'] };
  expect(await failing(new UserError('not-ready', 'put it here'))).toEqual(missing);
  const unusable = { state: 'unusable', path: null, todo: ['half of it is there'] };
  expect(await failing(new UserError('invalid-data', 'half of it is there'))).toEqual(unusable);
  await expect(failing(new Error('a mistake'))).rejects.toThrow('a mistake');
});
