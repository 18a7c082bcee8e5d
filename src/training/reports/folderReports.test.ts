// The pictures of a run: their title names the folder itself, and the curve appears while the run trains.
import { existsSync, mkdirSync, realpathSync, rmdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { runPaths } from '../../runs/folder/runFolder.ts';
import { startRun } from '../../runs/open/run.node.ts';
import { resolveConfig } from '../../runs/settings/resolve.ts';
import { temporaryFolder } from '../../testing/temporaryFolder.ts';
import { tinyConfig, tinyDataset } from '../../testing/tinyRuns.ts';
import type { TrainingEvents } from '../loop/trainingEvents.ts';
import { pictureTitle } from './runPictures.ts';
import { trainRun } from './trainRun.ts';

const folder = temporaryFolder();
mkdirSync(join(folder, 'run'));

const reportTitle = (directory: string): string => {
  const preset = 'mnist-quickstart';
  return pictureTitle({ preset, config: resolveConfig({ preset }), paths: runPaths(directory) });
};

it('is the same for a link to the folder', () => {
  symlinkSync('run', join(folder, 'link'));
  const title = `mnist-quickstart, ${join(folder, 'run')}`;
  expect([reportTitle(join(folder, 'run')), reportTitle(join(folder, 'link'))]).toEqual([title, title]);
});

it('has the path from the working directory if the folder is in it', () => {
  expect(reportTitle(join(process.cwd(), 'src', 'app', 'cli'))).toBe('mnist-quickstart, src/app/cli');
  expect(reportTitle('.')).toBe(`mnist-quickstart, ${realpathSync('.')}`);
});

it('redraws the curve at milestones that are five seconds apart, and at the end', async () => {
  let time = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => time++);
  const run = join(folder, 'run', 'watched');
  const curve = join(run, 'curve.png');
  const seen: [number, boolean][] = [];
  const troubles: string[] = [];
  const events: TrainingEvents = {
    onStep(step) {
      if (step === 3 || step === 7) {
        time += 5000;
      }
      if (step === 5) {
        rmSync(curve);
      } else if (step === 7) {
        mkdirSync(curve);
      } else if (step === 9) {
        rmdirSync(curve);
      }
    },
    onMilestone: (step) => void seen.push([step, existsSync(curve) && statSync(curve).isFile()]),
    onTrouble: (_, text) => void troubles.push(text),
  };
  try {
    const started = await startRun(tinyConfig({ steps: 10 }), run, { dataset: tinyDataset(8) });
    expect(await trainRun({ ...started, threads: 1, events })).toMatchObject({ complete: true });
  } finally {
    clock.mockRestore();
  }
  expect(seen).toEqual([
    [2, false],
    [4, true],
    [6, false],
    [8, false],
    [10, false],
  ]);
  expect(troubles).toEqual([expect.stringMatching(/^no learning curve of step 8: .*curve\.png/)]);
  expect(statSync(curve).isFile()).toBe(true);
});
