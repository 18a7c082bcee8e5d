import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { UserError } from '../errors.ts';
import {
  checkpointPath,
  createRunFolder,
  listRunFolders,
  nextFreeRunFolder,
  openRunFolder,
  requireCheckpoint,
  runPaths,
} from './runFolder.ts';

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

function failureOf(action: () => unknown): UserError {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).message).not.toContain('\n');
    return error as UserError;
  }
  throw new Error('it did not fail');
}

describe('createRunFolder', () => {
  it('creates the folder, its parents and the config', () => {
    const paths = createRunFolder(run, 'seed: 0\n');
    expect(fs.readFileSync(paths.config, 'utf8')).toBe('seed: 0\n');
    expect(fs.readdirSync(run).sort()).toEqual(['checkpoints', 'config.yaml', 'samples']);
  });

  it('takes a folder that is there, whatever else lies in it', () => {
    fs.mkdirSync(join(run, 'checkpoints'), { recursive: true });
    fs.writeFileSync(join(run, 'log.txt'), 'x');
    createRunFolder(run, 'seed: 0\n');
    expect(openRunFolder(run).configText).toBe('seed: 0\n');
    expect(fs.readFileSync(join(run, 'log.txt'), 'utf8')).toBe('x');
  });

  it('refuses a folder that holds a run, names a free one and changes nothing', () => {
    createRunFolder(run, 'seed: 0\n');
    createRunFolder(`${run}-2`, 'seed: 2\n');
    const error = failureOf(() => createRunFolder(run, 'seed: 1\n'));
    expect(error.message).toContain(`${run} already holds a run`);
    expect(error.message).toMatch(/for example .*quickstart-3$/);
    expect(error.exitCode).toBe(2);
    expect(openRunFolder(run).configText).toBe('seed: 0\n');
  });

  it('refuses the remains of a run without a config', () => {
    fs.mkdirSync(run, { recursive: true });
    fs.writeFileSync(join(run, 'metrics.jsonl'), '{"step":1}\n');
    expect(failureOf(() => createRunFolder(run, '')).message).toContain('already holds a run');
    expect(fs.readdirSync(run)).toEqual(['metrics.jsonl']);
  });

  it('refuses a file in its place or in the place of a parent', () => {
    fs.mkdirSync(join(root, 'runs'));
    fs.writeFileSync(run, 'x');
    expect(failureOf(() => createRunFolder(run, '')).message).toContain('it is a file');
    expect(failureOf(() => createRunFolder(join(run, 'inner'), '')).message).toContain('a file stands where');
    expect(fs.readFileSync(run, 'utf8')).toBe('x');
  });

  it.each([
    ['mkdirSync', 'EACCES', /cannot create the run folder .*quickstart: permission denied/],
    ['fsyncSync', 'ENOSPC', /cannot write .*config\.yaml: no space is left/],
  ] as const)('leaves nothing if %s fails with %s', (call, code, message) => {
    fs.writeFileSync(join(root, 'other'), 'x');
    vi.spyOn(fs, call).mockImplementation(() => {
      throw Object.assign(new Error(code), { code, syscall: call });
    });
    syncBuiltinESMExports();
    expect(failureOf(() => createRunFolder(run, 'seed: 0\n')).message).toMatch(message);
    expect(fs.readdirSync(root)).toEqual(['other']);
  });

  it('keeps what was there before when it fails', () => {
    fs.mkdirSync(run, { recursive: true });
    vi.spyOn(fs, 'renameSync').mockImplementation(() => {
      throw Object.assign(new Error('EIO'), { code: 'EIO', syscall: 'rename' });
    });
    syncBuiltinESMExports();
    failureOf(() => createRunFolder(run, 'seed: 0\n'));
    expect(fs.readdirSync(run)).toEqual([]);
  });
});

describe('nextFreeRunFolder', () => {
  it('counts from 2 past runs and files', () => {
    expect(nextFreeRunFolder(run)).toBe(run);
    createRunFolder(run, '');
    expect(nextFreeRunFolder(run)).toBe(`${run}-2`);
    expect(nextFreeRunFolder(`${run}/`)).toBe(`${run}-2`);
    createRunFolder(`${run}-2`, '');
    fs.writeFileSync(`${run}-3`, '');
    expect(nextFreeRunFolder(run)).toBe(`${run}-4`);
  });
});

describe('openRunFolder', () => {
  it('lists checkpoints by step and nothing else', () => {
    const paths = createRunFolder(run, 'seed: 0\n');
    for (const step of [40, 100_000_000, 9, 120]) {
      fs.writeFileSync(checkpointPath(paths, step), '');
    }
    for (const other of ['step-00000200.safetensors.7.partial', 'step-200.safetensors', 'notes.txt']) {
      fs.writeFileSync(join(paths.checkpoints, other), '');
    }
    const opened = openRunFolder(run);
    expect(opened.checkpoints.map(({ step }) => step)).toEqual([9, 40, 120, 100_000_000]);
    expect(opened.checkpoints[1]!.path).toBe(join(run, 'checkpoints', 'step-00000040.safetensors'));
    expect(opened.latestCheckpoint).toEqual({ step: 100_000_000, path: checkpointPath(paths, 100_000_000) });
    expect(requireCheckpoint(opened)).toEqual(opened.latestCheckpoint);
    expect(opened.paths).toEqual(runPaths(run));
  });

  it('opens a run that has no checkpoint yet, and says how to get one', () => {
    createRunFolder(run, 'seed: 0\n');
    fs.rmdirSync(join(run, 'checkpoints'));
    const opened = openRunFolder(run);
    expect(opened.latestCheckpoint).toBeNull();
    expect(failureOf(() => requireCheckpoint(opened)).message).toContain(`emerging train --resume ${run}`);
  });

  it('says what is missing in a folder that is no run and names one that is', () => {
    const missing = failureOf(() => openRunFolder(join(root, 'runs', 'quickstrt')));
    expect(missing.message).toContain('it does not exist');
    expect(missing.message).toMatch(/for example runs.quickstart$/);
    expect(missing.exitCode).toBe(2);
    createRunFolder(run, '');
    createRunFolder(join(root, 'runs', 'another'), '');
    expect(failureOf(() => openRunFolder(join(root, 'runs', 'quickstrt'))).message).toMatch(
      new RegExp(`for example ${run}$`),
    );
    expect(failureOf(() => openRunFolder(join(root, 'runs'))).message).toMatch(
      /it has no config\.yaml; .*another$/,
    );
  });
});

describe('listRunFolders', () => {
  it('names the runs of a folder', () => {
    expect(listRunFolders(join(root, 'runs'))).toEqual([]);
    createRunFolder(`${run}-2`, '');
    createRunFolder(run, '');
    fs.mkdirSync(join(root, 'runs', 'empty'));
    fs.writeFileSync(join(root, 'runs', 'file'), '');
    expect(listRunFolders(join(root, 'runs'))).toEqual([run, `${run}-2`]);
  });
});
