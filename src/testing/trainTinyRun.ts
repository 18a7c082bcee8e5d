// Trains a tiny run in the given folder, or resumes it, with a checkpoint after every step: a process for
// tests to kill. Prints a line per step. It can also kill itself inside a write.
import { existsSync } from 'node:fs';
import { runPaths } from '../runs/folder/runFolder.ts';
import { resumeRun, startRun } from '../runs/open/run.node.ts';
import { train } from '../training/loop/train.ts';
import { type DeadlyWrite, dieInWrite } from './dieInWrite.ts';
import { tinyConfig, tinyDataset } from './tinyRuns.ts';

const [directory, optimizer, steps, deadly] = process.argv.slice(2) as [string, string, string, string?];
if (deadly !== undefined) {
  dieInWrite(JSON.parse(deadly) as DeadlyWrite);
}
const dataset = tinyDataset(8);
const run = existsSync(runPaths(directory).config)
  ? await resumeRun(directory, {}, { dataset })
  : await startRun(tinyConfig({ optimizer, steps: Number(steps) }), directory, { dataset });
const onStep = (step: number): void => {
  process.stdout.write(`step ${step}\n`);
};
await train({ ...run, threads: 1, checkpointSeconds: 0, events: { onStep } });
