// Run from the TypeScript sources, as by `npm run emerging`, threads and child processes load the sources too.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { environmentIn } from '../../testing/command.ts';
import { temporaryFolder } from '../../testing/temporaryFolder.ts';
import { tinyTraining, writeTinyDataset } from '../../testing/tinyImages.ts';

const main = fileURLToPath(new URL('../../app/cli/main.ts', import.meta.url));
const folder = temporaryFolder();

it('trains with two workers and draws a curve', async () => {
  writeTinyDataset(join(folder, 'data'));
  const options = [...tinyTraining, '--steps=2', '--no-test', '--threads=2', '--workers=2', '--out=run'];
  const words = ['--import', import.meta.resolve('tsx'), main, 'train', '--data=data', ...options, '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, words, {
    cwd: folder,
    env: environmentIn(folder),
  });
  expect(JSON.parse(stdout)).toMatchObject({ complete: true, workers: 2 });
  expect(existsSync(join(folder, 'run/curve.png'))).toBe(true);
});
