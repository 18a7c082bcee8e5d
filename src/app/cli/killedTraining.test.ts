// A training killed while it finishes: a resume completes the run, without a leftover lock or partial file. And a score
// killed while it replaces the statistics of an export.
// @module-tag system
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { ownMark } from '../../data/files/processes.ts';
import { npyBytes } from '../../data/formats/npy.ts';
import { commandProcess } from '../../testing/command.ts';
import { tinyImages, tinyTraining, writeTinyDataset } from '../../testing/tinyImages.ts';

const emerging = commandProcess();
const inRun = (...names: string[]): string => join(emerging.folder, 'run', ...names);
const training = ['train', '--data=data', ...tinyTraining, '--threads=1', '--steps=2', '--out=run'];

beforeAll(() => writeTinyDataset(join(emerging.folder, 'data')));

/** Trains in a process that dies inside a write; whether it did. */
async function diesIn(path: string, write: number): Promise<boolean> {
  const deadly = JSON.stringify({ path: join('run', path), write, share: 0.5 });
  const [, signal] = await once(emerging.start('testing/deadlyCommand', deadly, ...training), 'exit');
  return signal === 'SIGKILL';
}

function leftovers(): string[] {
  return readdirSync(inRun(), { recursive: true, encoding: 'utf8' }).filter((name) =>
    /partial|lock/.test(name),
  );
}

async function expectFinishedByResume(): Promise<void> {
  await emerging.json('train', '--resume=run', '--threads=1');
  expect(leftovers()).toEqual([]);
  const summary = JSON.parse(readFileSync(inRun('summary.json'), 'utf8'));
  expect(summary).toMatchObject({ complete: true, evaluations: [{ step: 2, split: 'test' }] });
  expect(summary.samples).toContain('step-00000002.png');
  expect(readdirSync(inRun('samples'))).toContain('step-00000002.png');
  expect(['README.md', 'curve.png'].filter((name) => !existsSync(inRun(name)))).toEqual([]);
}

it.each([
  ['the evaluation', 'summary.json', 3],
  ['the samples', 'samples', 3],
  ['the summary of the samples', 'summary.json', 4],
  ['the learning curve', 'curve.png', 1],
  ['the model card', 'README.md', 1],
  ['the last summary', 'summary.json', 5],
])('while it writes %s', async (_, path, write) => {
  rmSync(inRun(), { recursive: true, force: true });
  expect(await diesIn(path, write)).toBe(true);
  expect(leftovers()).toHaveLength(2);
  await expectFinishedByResume();
});

it('after all is done', async () => {
  rmSync(inRun(), { recursive: true, force: true });
  await emerging.json(...training);
  const { pid } = spawnSync(process.execPath, ['--version']);
  writeFileSync(inRun('training.lock'), JSON.stringify({ ...ownMark(), pid, started: '1', serial: 0 }));
  writeFileSync(inRun(`curve.png.${pid}.partial`), '');
  writeFileSync(inRun('samples', `over-time.png.${pid}.partial`), '');
  await expectFinishedByResume();
});

it('an export whose statistics are replaced by a process that is killed stays usable', async () => {
  rmSync(inRun(), { recursive: true, force: true });
  await emerging.json(...training);
  await emerging.json('export', 'run', '--out=exported');
  const images = npyBytes(tinyImages(12, 8, 3), [12, 8, 8]);
  writeFileSync(join(emerging.folder, 'others.npy'), images);
  const update = ['score', 'exported', '--update-reference', '--reference=others.npy', '--threads=1'];
  for (const write of [1, 2]) {
    const deadly = JSON.stringify({ path: join('exported', 'manifest'), write, share: 0.5 });
    const killed = emerging.start('testing/deadlyCommand', deadly, ...update, `--seed=${write}`);
    expect((await once(killed, 'exit'))[1]).toBe('SIGKILL');
    expect(await emerging.json('score', 'exported', '--data=data', '--threads=1')).toHaveProperty('images');
  }
});
