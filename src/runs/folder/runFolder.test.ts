import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failureOf } from '../../testing/failureOf.ts';
import { createRunFolder } from './newRunFolder.ts';
import { checkpointPath, listRunFolders, openRunFolder, requireCheckpoint, runPaths } from './runFolder.ts';

let root: string;
let run: string;

beforeEach(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'runs-'));
  run = join(root, 'runs', 'quickstart');
});

afterEach(() => {
  fs.rmSync(root, { recursive: true });
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
    expect(failureOf(() => requireCheckpoint(opened)).message).toContain(
      `resume it with: resumeRun('${run}')`,
    );
  });

  it('reports what is missing in a folder that is not a run and suggests one that is', () => {
    const missing = failureOf(() => openRunFolder(join(root, 'runs', 'quickstrt')));
    expect(missing.message).toContain('it does not exist');
    expect(missing.message).toMatch(/for example runs.quickstart$/);
    expect(missing.code).toBe('not-found');
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

it('a folder that is neither a run nor an export is reported, with a nearby one that is', () => {
  const failure = (...path: string[]): string =>
    failureOf(() => openRunFolder(join(root, ...path), { orExport: true })).message;
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
