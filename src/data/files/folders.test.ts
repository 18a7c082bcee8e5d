// Folders that are written atomically.
import { lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { emptyFolder } from '../../testing/temporaryFolder.ts';
import { requireNewFolder, writeNewFolder } from './folders.ts';

const root = emptyFolder();

const files = { 'a.txt': 'one', 'b.bin': Uint8Array.of(1, 2, 3) };

it('writes all files, into folders that do not exist yet', () => {
  const folder = join(root, 'deep', 'down');
  expect(writeNewFolder(folder, files)).toEqual([join(folder, 'a.txt'), join(folder, 'b.bin')]);
  expect(readdirSync(folder).sort()).toEqual(['a.txt', 'b.bin']);
  expect(readFileSync(join(folder, 'a.txt'), 'utf8')).toBe('one');
  expect([...readFileSync(join(folder, 'b.bin'))]).toEqual([1, 2, 3]);
  expect(readdirSync(join(root, 'deep'))).toEqual(['down']);
});

it('does not write into what a link leads to that has the temporary name', () => {
  mkdirSync(join(root, 'mine'));
  symlinkSync(join(root, 'mine'), join(root, `new.${process.pid}.partial`));
  writeNewFolder(join(root, 'new'), files);
  expect(readdirSync(join(root, 'mine'))).toEqual([]);
  expect(lstatSync(join(root, 'new')).isDirectory()).toBe(true);
  expect(readdirSync(root).sort()).toEqual(['mine', 'new']);
});

it('fills a folder that is empty', () => {
  mkdirSync(join(root, 'empty'));
  writeNewFolder(join(root, 'empty'), files);
  expect(readdirSync(join(root, 'empty')).sort()).toEqual(['a.txt', 'b.bin']);
  expect(readdirSync(root)).toEqual(['empty']);
});

it('rejects a folder that is not empty, and a file, and does not touch them', () => {
  const [full, file] = [join(root, 'full'), join(root, 'file')];
  mkdirSync(full);
  writeFileSync(join(full, 'mine.txt'), 'mine');
  writeFileSync(file, 'mine');
  for (const check of [requireNewFolder, (path: string) => writeNewFolder(path, files)]) {
    expect(() => check(full)).toThrow(`${full} is not empty (it contains mine.txt); choose another folder`);
    expect(() => check(file)).toThrow(`cannot create the folder ${file}: it is a file; choose another name`);
  }
  expect(readdirSync(root).sort()).toEqual(['file', 'full']);
  expect(readdirSync(full)).toEqual(['mine.txt']);
});

it('leaves nothing behind if a file cannot be written', () => {
  const folder = join(root, 'new', 'folder');
  expect(() => writeNewFolder(folder, { 'a.txt': 'one', [`${'b'.repeat(300)}.txt`]: 'two' })).toThrow(
    /^cannot .*: the name is too long; choose a shorter one$/,
  );
  expect(readdirSync(root)).toEqual([]);
});

it('refuses names that are the same file on some systems', () => {
  for (const names of [
    ['a.png', 'A.png'],
    ['é', 'e\u0301'],
    ['x/a', 'X/a'],
  ]) {
    const write = () =>
      writeNewFolder(join(root, 'new'), Object.fromEntries(names.map((name) => [name, ''])));
    expect(write).toThrow(
      `cannot write both ${names[0]} and ${names[1]}: on some systems these are the same file`,
    );
    expect(readdirSync(root)).toEqual([]);
  }
});
