// Trains a tiny run in the given folder, or resumes it, with a checkpoint after every step: a process for
// tests to kill. Prints a line per step. It can also kill itself inside a write, where no other process could
// be sure to hit it.
import fs, { existsSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import type { OptimizerName } from '../optimizers/registry.ts';
import { runPaths } from '../training/folder/runFolder.ts';
import { resumeRun, startRun } from '../training/run/run.node.ts';
import { train } from '../training/train.ts';
import { tinyConfig, tinyDataset } from './tinyRuns.ts';

/** A write in which the process dies. */
export interface DeadlyWrite {
  /** A part of the paths of the files that count. */
  readonly path: string;
  /** Which write of these files it is, from 1 on. */
  readonly write: number;
  /** The share of its bytes that reach the file, between 0 and 1. */
  readonly share: number;
}

/** Kills this process inside a write, as `kill -9` would. */
function dieIn({ path, write, share }: DeadlyWrite): void {
  const { openSync, writeSync } = fs;
  const counted = new Set<number>();
  let writes = 0;
  fs.openSync = (name, ...rest) => {
    const file = openSync(name, ...rest);
    // Descriptors are used again.
    counted.delete(file);
    if (String(name).includes(path)) {
      counted.add(file);
    }
    return file;
  };
  const writeUntil = (file: number, bytes: Uint8Array, offset = 0, length?: number, position?: number) => {
    if (counted.has(file) && ++writes === write) {
      writeSync(file, bytes, offset, Math.floor(share * (bytes.length - offset)), position);
      process.kill(process.pid, 'SIGKILL');
    }
    return writeSync(file, bytes, offset, length, position);
  };
  fs.writeSync = writeUntil as typeof fs.writeSync;
  syncBuiltinESMExports();
}

const [directory, optimizer, steps, deadly] = process.argv.slice(2) as [
  string,
  OptimizerName,
  string,
  string?,
];
if (deadly !== undefined) {
  dieIn(JSON.parse(deadly) as DeadlyWrite);
}
const dataset = tinyDataset(8);
const run = existsSync(runPaths(directory).config)
  ? await resumeRun(directory, {}, { dataset })
  : await startRun(tinyConfig({ optimizer, steps: Number(steps) }), directory, { dataset });
const onStep = (step: number): void => {
  process.stdout.write(`step ${step}\n`);
};
await train({ ...run, threads: 1, checkpointSeconds: 0, events: { onStep } });
