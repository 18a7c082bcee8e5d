// The title of a run's pictures names the folder itself, however it was opened.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { resolveConfig } from '../../experiments/resolve.ts';
import { runPaths } from '../../runs/folder/runFolder.ts';
import { pictureTitle } from './folderReports.ts';

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'title-')));
  mkdirSync(join(folder, 'run'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const titleOf = (directory: string): string => {
  const preset = 'mnist-quickstart';
  return pictureTitle({ preset, config: resolveConfig({ preset }), paths: runPaths(directory) });
};

it('is the same for a link to the folder', () => {
  symlinkSync('run', join(folder, 'link'));
  const title = `mnist-quickstart, ${join(folder, 'run')}`;
  expect([titleOf(join(folder, 'run')), titleOf(join(folder, 'link'))]).toEqual([title, title]);
});

it('has the path from the working directory if the folder is in it', () => {
  expect(titleOf(join(process.cwd(), 'src', 'cli'))).toBe('mnist-quickstart, src/cli');
  expect(titleOf('.')).toBe(`mnist-quickstart, ${realpathSync('.')}`);
});
