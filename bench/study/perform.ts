// A unit of work: the search for the learning rates, the runs of a seed, and their measurements.
import { existsSync } from 'node:fs';
import type { Interruption } from '../../src/app/cli/terminal/interruption.ts';
import { withProgress } from '../../src/app/cli/terminal/progress.ts';
import { UserError } from '../../src/core/errors.ts';
import { runPaths } from '../../src/runs/folder/runFolder.ts';
import { callEmerging } from '../shared/processes.ts';
import { measure, readMeasurement } from './measure.ts';
import { isDone, runsOf, type Unit } from './plan.ts';
import { progressOf, recordFailure, type StudyRun, trainOptions } from './runs.ts';

/** Where and how runs are trained. */
interface Work {
  readonly root: string;
  /** More options of `emerging train`. */
  readonly training: readonly string[];
  readonly interruption: Interruption;
}

/** Does the remaining work of a unit; `announce` is called before each run. */
export async function perform(unit: Unit, work: Work, announce: (run: StudyRun) => void): Promise<void> {
  for (;;) {
    // Recomputed each time: the outcome of a search determines the runs after it.
    const run = runsOf(unit, work.root).find((one) => !isDone(one));
    if (run === undefined) {
      return;
    }
    announce(run);
    if (progressOf(run).state !== 'trained') {
      await trainRun(run, work);
    }
    if (progressOf(run).state === 'trained' && !run.search && readMeasurement(run) === undefined) {
      await measureRun(run, work.interruption);
    }
  }
}

/** Starts or resumes a run until all its steps are done. One that diverges is recorded as failed. */
async function trainRun(run: StudyRun, { training, interruption }: Work): Promise<void> {
  const begun = existsSync(runPaths(run.directory).config);
  const start = begun ? ['--resume', run.directory] : [...trainOptions(run), '--out', run.directory];
  const { code, json } = await callEmerging(interruption, 'train', ...start, ...training, '--no-test');
  interruption.signal.throwIfAborted();
  if (code === 0) {
    if (progressOf(run).state !== 'trained') {
      throw new UserError(
        'not-ready',
        `${run.directory}: the training ended before its last step; start the study again`,
      );
    }
    return;
  }
  const reason = String(json.error ?? `exit code ${code}`);
  if (!reason.includes('diverged')) {
    throw new UserError('io', `${run.directory}: ${reason}`);
  }
  recordFailure(run, reason);
}

async function measureRun(run: StudyRun, interruption: Interruption): Promise<void> {
  try {
    await withProgress(
      (show) =>
        measure(run, (done, total) => {
          interruption.signal.throwIfAborted();
          show('testing', done, total);
        }),
      'images',
    );
  } catch (error) {
    if (!(error instanceof RangeError)) {
      throw error;
    }
    recordFailure(run, error.message);
  }
}
