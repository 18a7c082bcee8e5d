import fs from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { catchUserError } from '../../testing/catchUserError.ts';
import { temporaryFolder } from '../../testing/temporaryFolder.ts';
import { readChosenCheckpoint } from '../contents/chosenCheckpoint.ts';
import { folderStore } from './folderStore.ts';
import { createRunFolder } from './newRunFolder.ts';
import { checkpointPath, listRunFolders, requireRun, savedSteps } from './runFolder.ts';

const folder = temporaryFolder();
let root: string;
let run: string;

beforeEach(() => {
  root = fs.mkdtempSync(join(folder, 'runs-'));
  run = join(root, 'runs', 'quickstart');
});

describe('requireRun', () => {
  it('lists checkpoints by step and nothing else', () => {
    const paths = createRunFolder(run, 'seed: 0\n');
    for (const step of [40, 100_000_000, 9, 120]) {
      fs.writeFileSync(checkpointPath(paths, step), '');
    }
    for (const name of ['step-00000200.safetensors.7.partial', 'step-200.safetensors', 'notes.txt']) {
      fs.writeFileSync(join(paths.checkpoints, name), '');
    }
    expect(requireRun(run)).toEqual(paths);
    expect(savedSteps(paths)).toEqual([9, 40, 120, 100_000_000]);
    expect(checkpointPath(paths, 40)).toBe(join(run, 'checkpoints', 'step-00000040.safetensors'));
  });

  it('opens a run that has no checkpoint yet, and says how to get one', async () => {
    createRunFolder(run, 'seed: 0\n');
    fs.rmdirSync(join(run, 'checkpoints'));
    const paths = requireRun(run);
    expect(savedSteps(paths)).toEqual([]);
    await expect(readChosenCheckpoint(folderStore(paths), { check: () => {} })).rejects.toThrow(
      `${run} has no checkpoint yet; resume it with: resumeRun('${run}')`,
    );
  });

  it('reports what is missing in a folder that is not a run and suggests one that is', () => {
    const missing = catchUserError(() => requireRun(join(root, 'runs', 'quickstrt')));
    expect(missing.message).toContain('it does not exist');
    expect(missing.message).toMatch(/for example runs.quickstart$/);
    expect(missing.code).toBe('not-found');
    createRunFolder(run, '');
    createRunFolder(join(root, 'runs', 'another'), '');
    expect(catchUserError(() => requireRun(join(root, 'runs', 'quickstrt'))).message).toMatch(
      new RegExp(`for example ${run}$`),
    );
    expect(catchUserError(() => requireRun(join(root, 'runs'))).message).toMatch(
      /it has no config\.yaml; .*another$/,
    );
  });
});

it('a folder that is neither a run nor an export is reported, with a nearby one that is', () => {
  const failure = (...path: string[]): string =>
    catchUserError(() => requireRun(join(root, ...path), { orExport: true })).message;
  createRunFolder(run, '');
  fs.mkdirSync(join(root, 'runs', 'mnist'));
  expect(failure('runs', 'mnist')).toMatch(
    /it has neither a config\.yaml nor a manifest\.json; .*quickstart$/,
  );
  fs.writeFileSync(join(root, 'runs', 'mnist', 'manifest.json'), '{}');
  expect(failure('runs', 'mnst')).toMatch(
    /neither a run folder nor an export: it does not exist; .* for example .*mnist$/,
  );
  expect(failure('runs', 'mnist')).toContain('it has a manifest.json and no model.safetensors');
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
