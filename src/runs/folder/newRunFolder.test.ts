import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { catchUserError } from '../../testing/catchUserError.ts';
import { createRunFolder, nextFreeRunFolder, requireOutsideImages } from './newRunFolder.ts';
import { runFiles, runPaths } from './runFolder.ts';

let root: string;
let run: string;

beforeEach(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'runs-'));
  run = join(root, 'runs', 'quickstart');
});

afterEach(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
  fs.rmSync(root, { recursive: true });
});

describe('createRunFolder', () => {
  it('creates the folder, its parents and the config', () => {
    const paths = createRunFolder(run, 'seed: 0\n');
    expect(fs.readFileSync(paths.config, 'utf8')).toBe('seed: 0\n');
    expect(fs.readdirSync(run).sort()).toEqual(['checkpoints', 'config.yaml', 'samples']);
  });

  it('accepts an existing folder with other files', () => {
    fs.mkdirSync(join(run, 'checkpoints'), { recursive: true });
    fs.writeFileSync(join(run, 'log.txt'), 'x');
    createRunFolder(run, 'seed: 0\n');
    expect(fs.readFileSync(join(run, 'config.yaml'), 'utf8')).toBe('seed: 0\n');
    expect(fs.readFileSync(join(run, 'log.txt'), 'utf8')).toBe('x');
  });

  it.each(['README.md', 'curve.png', 'data.json', 'config.schema.json'])(
    'rejects a folder with a %s',
    (name) => {
      fs.mkdirSync(run, { recursive: true });
      fs.writeFileSync(join(run, name), 'mine');
      const error = catchUserError(() => createRunFolder(run, 'seed: 0\n'));
      expect(error.message).toBe(`the run would replace ${join(run, name)}; choose another folder for it`);
      expect(fs.readFileSync(join(run, name), 'utf8')).toBe('mine');
    },
  );

  it('rejects a folder that holds a run, suggests a free one and changes nothing', () => {
    createRunFolder(run, 'seed: 0\n');
    createRunFolder(`${run}-2`, 'seed: 2\n');
    const error = catchUserError(() => createRunFolder(run, 'seed: 1\n'));
    expect(error.message).toContain(`${run} already holds a run`);
    expect(error.message).toMatch(/for example .*quickstart-3$/);
    expect(error.code).toBe('exists');
    expect(fs.readFileSync(join(run, 'config.yaml'), 'utf8')).toBe('seed: 0\n');
  });

  it('rejects the remains of a run without a config', () => {
    fs.mkdirSync(run, { recursive: true });
    fs.writeFileSync(join(run, 'metrics.jsonl'), '{"step":1}\n');
    expect(catchUserError(() => createRunFolder(run, '')).message).toContain('already holds a run');
    expect(fs.readdirSync(run)).toEqual(['metrics.jsonl']);
  });

  it('waits for no other process that creates or trains a run there: its folder is taken', () => {
    fs.mkdirSync(run, { recursive: true });
    const lock = runFiles(runPaths(run)).lock();
    expect(catchUserError(() => createRunFolder(run, '')).code).toBe('locked');
    expect(nextFreeRunFolder(run)).toBe(`${run}-2`);
    expect(fs.readdirSync(run)).toEqual(['training.lock']);
    lock.release();
    createRunFolder(run, '');
    expect(fs.readdirSync(run).sort()).toEqual(['checkpoints', 'config.yaml', 'samples']);
  });

  it('rejects a file in place of it or of a parent', () => {
    fs.mkdirSync(join(root, 'runs'));
    fs.writeFileSync(run, 'x');
    expect(catchUserError(() => createRunFolder(run, '')).message).toContain('it is a file');
    expect(catchUserError(() => createRunFolder(join(run, 'inner'), '')).message).toContain(
      'there is a file where',
    );
    expect(fs.readFileSync(run, 'utf8')).toBe('x');
  });

  it.each([
    ['mkdirSync', 'EACCES', /cannot create the folder .*quickstart: permission denied/],
    ['fsyncSync', 'ENOSPC', /cannot write .*config\.yaml: no space is left/],
  ] as const)('leaves nothing if %s fails with %s', (call, code, message) => {
    fs.writeFileSync(join(root, 'other'), 'x');
    vi.spyOn(fs, call).mockImplementation(() => {
      throw Object.assign(new Error(code), { code, syscall: call });
    });
    syncBuiltinESMExports();
    expect(catchUserError(() => createRunFolder(run, 'seed: 0\n')).message).toMatch(message);
    expect(fs.readdirSync(root)).toEqual(['other']);
  });

  it('leaves no first checkpoint without a config', () => {
    const { renameSync } = fs;
    vi.spyOn(fs, 'renameSync').mockImplementation((from, to) => {
      if (String(to).endsWith('config.yaml')) {
        throw Object.assign(new Error('EIO'), { code: 'EIO', syscall: 'rename' });
      }
      renameSync(from, to);
    });
    syncBuiltinESMExports();
    catchUserError(() => createRunFolder(run, 'seed: 0\n', new Uint8Array(8)));
    expect(fs.readdirSync(root)).toEqual([]);
  });

  it('keeps existing files when it fails', () => {
    fs.mkdirSync(run, { recursive: true });
    vi.spyOn(fs, 'renameSync').mockImplementation(() => {
      throw Object.assign(new Error('EIO'), { code: 'EIO', syscall: 'rename' });
    });
    syncBuiltinESMExports();
    catchUserError(() => createRunFolder(run, 'seed: 0\n'));
    expect(fs.readdirSync(run)).toEqual([]);
  });
});

describe('requireOutsideImages', () => {
  it.each([
    ['photos', true],
    ['photos/new', true],
    ['photos/inner/new', true],
    ['link/new', true],
    ['photos-2', false],
    ['runs/photos', false],
  ])('%s: inside is %s', (folder, isInside) => {
    fs.mkdirSync(join(root, 'photos/inner'), { recursive: true });
    fs.symlinkSync(join(root, 'photos'), join(root, 'link'), 'junction');
    const check = () => requireOutsideImages(join(root, folder), join(root, 'photos'));
    if (isInside) {
      expect(catchUserError(check).message).toContain('is in the folder of its images');
    } else {
      check();
    }
  });
});

describe('nextFreeRunFolder', () => {
  it('counts from 2, skipping runs and files', () => {
    expect(nextFreeRunFolder(run)).toBe(run);
    createRunFolder(run, '');
    expect(nextFreeRunFolder(run)).toBe(`${run}-2`);
    expect(nextFreeRunFolder(`${run}/`)).toBe(`${run}-2`);
    createRunFolder(`${run}-2`, '');
    fs.writeFileSync(`${run}-3`, '');
    expect(nextFreeRunFolder(run)).toBe(`${run}-4`);
  });
});
