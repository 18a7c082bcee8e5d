// Changes in a folder from a stranger: nothing outside of it changes, whatever links it holds.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failureOf } from '../testing/failureOf.ts';
import { ClosedFolder } from './closedFolder.ts';

let root: string;
let folder: string;
let outside: string;
let files: ClosedFolder;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'closed-'));
  [folder, outside] = [join(root, 'folder'), join(root, 'outside')];
  mkdirSync(folder);
  mkdirSync(outside);
  writeFileSync(join(outside, 'mine'), 'mine');
  files = new ClosedFolder(folder);
});

afterEach(() => {
  expect(readdirSync(outside)).toEqual(['mine']);
  expect(readFileSync(join(outside, 'mine'), 'utf8')).toBe('mine');
  rmSync(root, { recursive: true });
});

const inFolder = (...names: string[]): string => join(folder, ...names);

describe('a link to a file', () => {
  it.each(['mine', 'new'])('is not written through, whether there is one or not (%s)', (target) => {
    symlinkSync(join(outside, target), inFolder('link'));
    for (const change of [
      () => files.write(inFolder('link'), 'x'),
      () => files.append(inFolder('link'), 'x'),
      () => files.flush(inFolder('link')),
    ]) {
      expect(failureOf(change)).toMatchObject({
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
    files.rename(inFolder('link'), inFolder('link.damaged'));
    expect(lstatSync(inFolder('link.damaged')).isSymbolicLink()).toBe(true);
    files.remove(inFolder('link.damaged'));
    expect(readdirSync(folder)).toEqual([]);
  });

  it('in place of a partial file is removed', () => {
    symlinkSync(join(outside, 'mine'), inFolder(`file.${process.pid}.partial`));
    files.write(inFolder('file'), 'x');
    expect(readdirSync(folder)).toEqual(['file']);
  });
});

describe('a link to a folder', () => {
  it('is not led through', () => {
    writeFileSync(join(outside, '1.partial'), 'x');
    symlinkSync(outside, inFolder('link'));
    mkdirSync(inFolder('deep'));
    symlinkSync(outside, inFolder('deep', 'link'));
    for (const link of [inFolder('link'), inFolder('deep', 'link')]) {
      for (const change of [
        () => files.write(join(link, 'new'), 'x'),
        () => files.append(join(link, 'mine'), 'x'),
        () => files.rename(join(link, 'mine'), inFolder('stolen')),
        () => files.rename(inFolder('deep'), join(link, 'deep')),
        () => files.remove(join(link, 'mine')),
        () => files.makeFolder(join(link, 'new')),
        () => files.makeFolder(link),
        () => files.removePartialFiles(link),
      ]) {
        expect(failureOf(change).message).toMatch(/ is a link, and links in .* are not followed; /);
      }
    }
    rmSync(join(outside, '1.partial'));
  });

  it('is followed if it is the folder itself, which the user has named', () => {
    symlinkSync(folder, join(root, 'name'));
    const named = new ClosedFolder(join(root, 'name'));
    named.makeFolder(join(root, 'name', 'deep'));
    named.write(join(root, 'name', 'deep', 'file'), 'x');
    expect(readFileSync(inFolder('deep', 'file'), 'utf8')).toBe('x');
  });
});

it('a file with another name outside keeps its content there', () => {
  for (const name of ['appended', 'written']) {
    linkSync(join(outside, 'mine'), inFolder(name));
  }
  files.append(inFolder('appended'), ' and more');
  files.append(inFolder('appended'), ' and more');
  files.write(inFolder('written'), 'other');
  expect(readFileSync(inFolder('appended'), 'utf8')).toBe('mine and more and more');
  expect(readFileSync(inFolder('written'), 'utf8')).toBe('other');
});

it.runIf(process.platform !== 'win32')('does not wait for a FIFO', () => {
  spawnSync('mkfifo', [inFolder('fifo')]);
  expect(() => files.append(inFolder('fifo'), 'x')).toThrow(/cannot write .*fifo: /);
  expect(() => files.write(inFolder('fifo'), 'x')).toThrow(/cannot write .*fifo: /);
});

it('never renames over another file', () => {
  writeFileSync(inFolder('a'), 'a');
  writeFileSync(inFolder('b'), 'b');
  expect(failureOf(() => files.rename(inFolder('a'), inFolder('b'))).code).toBe('exists');
});

it('changes nothing outside of it, and nothing at all after a refusal', () => {
  expect(() => files.write(join(outside, 'mine'), 'x')).toThrow('is not in');
  const refusing = new ClosedFolder(folder, {
    beforeChange() {
      throw new Error('refused');
    },
  });
  for (const change of [
    () => refusing.write(inFolder('file'), 'x'),
    () => refusing.append(inFolder('file'), 'x'),
    () => refusing.makeFolder(inFolder('new')),
    () => refusing.remove(inFolder('file')),
    () => refusing.rename(inFolder('file'), inFolder('other')),
    () => refusing.removePartialFiles(folder),
  ]) {
    expect(change).toThrow('refused');
  }
  expect(existsSync(inFolder('new'))).toBe(false);
});

it('says whether it has created a folder, and what is in its place', () => {
  expect([files.makeFolder(inFolder('new')), files.makeFolder(inFolder('new'))]).toEqual([true, false]);
  writeFileSync(inFolder('file'), '');
  expect(() => files.makeFolder(inFolder('file'))).toThrow('there is a file where a folder is needed');
});
