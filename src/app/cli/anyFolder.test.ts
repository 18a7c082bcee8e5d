// Runs whose images are at a relative path, used from other folders than the one they were made in.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { commandProcess } from '../../testing/command.ts';
import { tinyTraining, writeTinyDataset } from '../../testing/tinyImages.ts';

const emerging = commandProcess();
const inFolder = (...path: string[]): string => join(emerging.folder, ...path);
const evaluation = ['--draws=1', '--threads=1'];
let expected: number;

beforeAll(async () => {
  writeTinyDataset(inFolder('home/data'));
  mkdirSync(inFolder('away'));
  const home = emerging.inside('home');
  const options = ['--steps=4', '--stop-at=2', '--no-test', '--threads=1', '--out=runs/a'];
  await home.json('train', '--data=data', ...tinyTraining, ...options);
  expected = (await home.json('evaluate', 'runs/a', ...evaluation)).bitsPerDim;
});

it('finds the images where the run was made, and says so', async () => {
  const { code, stdout, stderr } = await emerging
    .inside('away')
    .run('evaluate', '../home/runs/a', ...evaluation, '--json');
  expect(code, stderr).toBe(0);
  expect(JSON.parse(stdout).bitsPerDim).toBe(expected);
  expect(stderr).toMatch(/^using the images data in the folder where the run was created: .*home.data\n/m);
  expect(await emerging.inside('home/runs/a').json('evaluate', '.', ...evaluation)).toMatchObject({
    bitsPerDim: expected,
  });
});

it('is resumed and repeated from anywhere', async () => {
  cpSync(inFolder('home/runs/a'), inFolder('home/runs/b'), { recursive: true });
  const away = emerging.inside('away');
  const resumed = await away.json('train', '--resume=../home/runs/b', '--no-test', '--threads=1');
  expect(resumed).toMatchObject({ steps: 4, complete: true });
  const config = ['--config=config.yaml', '--stop-at=2', '--no-test', '--threads=1', '--out=../again'];
  await emerging.inside('home/runs/a').json('train', ...config);
  const again = await away.json('evaluate', '../home/runs/again', ...evaluation);
  expect(again.bitsPerDim).toBe(expected);
});

it('uses the working directory if the images are no longer there, and says so; else it says where they were', async () => {
  cpSync(inFolder('home/runs/a'), inFolder('away/runs/deep/a'), { recursive: true });
  const away = emerging.inside('away');
  expect(await away.refusedWith(2, 'evaluate', 'runs/deep/a', ...evaluation)).toMatch(
    /^the images of the run, data, are neither at .*data nor in the working directory: name them with --data data if you mean these$/,
  );
  const homeResult = await emerging.inside('home').run('evaluate', '../away/runs/deep/a', ...evaluation);
  expect(homeResult.code, homeResult.stderr).toBe(0);
  expect(homeResult.stderr).toMatch(
    /^using the images data in the working directory: there are none where the run was created/m,
  );
});

it.each([
  ['another account has made', (mark: string) => mark.replace(/^./, (digit) => (digit === '0' ? '1' : '0'))],
  ['was told another folder', (mark: string) => `${mark}/..`],
])('opens no images outside the working directory for a run that %s', async (_, change) => {
  cpSync(inFolder('home/runs/a'), inFolder('home/runs/c'), { recursive: true });
  const path = inFolder('home/runs/c/data.mark');
  writeFileSync(path, change(readFileSync(path, 'utf8')));
  cpSync(inFolder('home/data'), inFolder('data'), { recursive: true });
  const away = emerging.inside('away');
  expect(await away.refusedWith(2, 'evaluate', '../home/runs/c', ...evaluation)).toContain(
    "unknown file, folder or dataset 'data'",
  );
  rmSync(inFolder('data'), { recursive: true });
});
