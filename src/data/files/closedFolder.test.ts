// Changes in a folder from a stranger: nothing outside of it changes, whatever links it holds.
import { spawnSync } from 'node:child_process';
import fs, {
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { catchUserError } from '../../testing/catchUserError.ts';
import { emptyFolder } from '../../testing/temporaryFolder.ts';
import { ClosedFolder } from './closedFolder.ts';

const root = emptyFolder();
const [folder, outside] = [join(root, 'folder'), join(root, 'outside')];
let files: ClosedFolder;

beforeEach(() => {
  mkdirSync(folder);
  mkdirSync(outside);
  writeFileSync(join(outside, 'mine'), 'mine');
  files = new ClosedFolder(folder);
});

afterEach(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
  expect(readdirSync(outside)).toEqual(['mine']);
  expect(readFileSync(join(outside, 'mine'), 'utf8')).toBe('mine');
});

const inFolder = (...names: string[]): string => join(folder, ...names);

describe('a link to a file', () => {
  it.each(['mine', 'new'])('is not written through, whether there is one or not (%s)', (target) => {
    symlinkSync(join(outside, target), inFolder('link'));
    for (const change of [
      () => files.write('link', 'x'),
      () => files.append('link', 'x'),
      () => files.flush('link'),
    ]) {
      expect(catchUserError(change)).toMatchObject({
        code: 'invalid-data',
        message:
          `cannot change ${inFolder('link')}: it is a link, and links in ${folder} are not followed; ` +
          'delete the link or replace it with a copy of what it leads to',
      });
    }
    expect(readdirSync(folder)).toEqual(['link']);
  });

  it('is renamed and removed itself', () => {
    symlinkSync(join(outside, 'mine'), inFolder('link'));
    expect(files.setAside('link')).toBe('link.damaged');
    expect(lstatSync(inFolder('link.damaged')).isSymbolicLink()).toBe(true);
    files.remove('link.damaged');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('in place of a partial file is removed', () => {
    symlinkSync(join(outside, 'mine'), inFolder(`file.${process.pid}.partial`));
    files.write('file', 'x');
    expect(readdirSync(folder)).toEqual(['file']);
  });
});

describe('a link to a folder', () => {
  it('is not led through', () => {
    writeFileSync(join(outside, '1.partial'), 'x');
    symlinkSync(outside, inFolder('link'));
    mkdirSync(inFolder('deep'));
    symlinkSync(outside, inFolder('deep', 'link'));
    for (const link of ['link', 'deep/link']) {
      for (const change of [
        () => files.write(`${link}/new`, 'x'),
        () => files.write(`${link}/new/new`, 'x'),
        () => files.append(`${link}/mine`, 'x'),
        () => files.setAside(`${link}/mine`),
        () => files.remove(`${link}/mine`),
        () => files.begin(inFolder(link, 'new')),
        () => files.makeFolder(inFolder(link, 'new')),
        () => files.makeFolder(inFolder(link)),
        () => files.removePartialFiles(inFolder(link)),
      ]) {
        expect(catchUserError(change).message).toMatch(/ is a link, and links in .* are not followed; /);
      }
    }
    rmSync(join(outside, '1.partial'));
  });

  it('is followed if it is the folder itself, which the user has named', () => {
    symlinkSync(folder, join(root, 'name'));
    const named = new ClosedFolder(join(root, 'name'));
    named.makeFolder(join(root, 'name', 'empty'));
    named.write('deep/file', 'x');
    expect(readFileSync(inFolder('deep', 'file'), 'utf8')).toBe('x');
  });
});

it('a file with another name outside keeps its content there', () => {
  for (const name of ['appended', 'written']) {
    linkSync(join(outside, 'mine'), inFolder(name));
  }
  files.append('appended', ' and more');
  files.append('appended', ' and more');
  files.write('written', 'other');
  expect(readFileSync(inFolder('appended'), 'utf8')).toBe('mine and more and more');
  expect(readFileSync(inFolder('written'), 'utf8')).toBe('other');
});

it.runIf(process.platform !== 'win32')('does not wait for a FIFO', () => {
  spawnSync('mkfifo', [inFolder('fifo')]);
  expect(() => files.append('fifo', 'x')).toThrow(/cannot write .*fifo: /);
  expect(() => files.write('fifo', 'x')).toThrow(/cannot write .*fifo: /);
});

it('never renames over another file, nor over a link that leads nowhere', () => {
  writeFileSync(inFolder('a'), 'a');
  writeFileSync(inFolder('a.damaged'), 'b');
  symlinkSync(join(outside, 'none'), inFolder('a.damaged-2'));
  expect(files.setAside('a')).toBe('a.damaged-3');
  expect(readFileSync(inFolder('a.damaged'), 'utf8')).toBe('b');
});

it('appends to what is there, and removes a part that was written before a failure', () => {
  files.append('log', 'one');
  files.append('log', Uint8Array.of(50));
  const { writeSync } = fs;
  let calls = 0;
  vi.spyOn(fs, 'writeSync').mockImplementation(((file: number, bytes: Uint8Array) => {
    if (calls++ > 0) {
      throw Object.assign(new Error('ENOSPC: it failed, write'), { code: 'ENOSPC', syscall: 'write' });
    }
    return writeSync(file, bytes, 0, 1);
  }) as typeof fs.writeSync);
  syncBuiltinESMExports();
  expect(catchUserError(() => files.append('log', 'three')).message).toContain('no space is left');
  expect(readFileSync(inFolder('log'), 'utf8')).toBe('one2');
  expect(catchUserError(() => files.append('gone/log', '')).message).toContain('there is no folder');
});

it('changes nothing outside of it, and nothing at all after it has lost its lock', () => {
  expect(() => files.write('../outside/mine', 'x')).toThrow('is not in');
  expect(() => files.setAside('../outside/mine')).toThrow('is not in');
  expect(() => files.begin(join(outside, 'mine'))).toThrow('is not in');
  const locked = new ClosedFolder(folder, { lockFile: 'lock' });
  locked.write('file', 'x');
  const lock = locked.lock();
  expect([locked.isLocked(), files.isLocked()]).toEqual([true, false]);
  locked.write('file', 'y');
  writeFileSync(inFolder('lock'), '{}');
  for (const change of [
    () => locked.write('file', 'z'),
    () => locked.write('new/file', 'z'),
    () => locked.append('file', 'z'),
    () => locked.begin(inFolder('other')),
    () => locked.makeFolder(inFolder('new')),
    () => locked.remove('file'),
    () => locked.setAside('file'),
    () => locked.removePartialFiles(folder),
  ]) {
    expect(change).toThrow('this training of');
  }
  expect(readdirSync(folder)).toEqual(['file', 'lock']);
  expect(readFileSync(inFolder('file'), 'utf8')).toBe('y');
  lock.release();
});

it('says whether it has created a folder, and what is in its place', () => {
  expect([files.makeFolder(inFolder('new')), files.makeFolder(inFolder('new'))]).toEqual([true, false]);
  writeFileSync(inFolder('file'), '');
  expect(() => files.makeFolder(inFolder('file'))).toThrow('there is a file where a folder is needed');
});
