import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dataFolders, findInDataFolders } from './dataFolder.ts';

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
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'emerging-folders-'));
    await Promise.all(['a', 'b'].map((name) => mkdir(join(root, name))));
  });
  afterEach(() => rm(root, { recursive: true }));
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
