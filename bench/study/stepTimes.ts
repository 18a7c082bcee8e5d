// How long a training step of each variant of a study takes, in turn in one process, so that
// other load on the machine slows all of them equally.
import { join } from 'node:path';
import type { Interruption } from '../../src/cli/terminal/interruption.ts';
import type { Config } from '../../src/experiments/configSchema.ts';
import type { ImageShape } from '../../src/numeric/imageShape.ts';
import { median } from '../../src/numeric/statistics.ts';
import { readJson, writeJson } from '../../src/storage/jsonFile.ts';
import { loadRun } from '../../src/trained/loading/loadRun.ts';
import { readBudget } from './budget.ts';
import { type Study, studyFolder } from './studies.ts';
import { areTimesOf, type RunToTime, type TimedRun } from './timedRuns.ts';
import { timeModels } from './timeModels.ts';

/** The runs whose models were timed, and their times. */
interface StepTimes {
  readonly runs: readonly TimedRun[];
  /** Seconds per step, the median of the rounds. */
  readonly seconds: Partial<Record<string, number>>;
}

/** A step of these models takes some 30 ms: the median of fewer rounds moves with the load of the machine. */
const ROUNDS = 61;

/** The stored seconds per step of each variant; in a study with a budget, those that the budget was computed from. */
export function readStepTimes(root: string, study: Study): StepTimes['seconds'] {
  return study.seconds === undefined
    ? (readJson<StepTimes>(timesPath(root, study))?.seconds ?? {})
    : readBudget(root, study);
}

/**
 * Times the steps of the models of one run of each variant, unless the same runs have been timed before, or the study has
 * a budget, whose times count.
 */
export async function timeStepsOf(
  root: string,
  study: Study,
  runs: readonly RunToTime[],
  interruption: Interruption,
): Promise<void> {
  if (
    study.seconds !== undefined ||
    runs.length === 0 ||
    areTimesOf(readJson<StepTimes>(timesPath(root, study)), runs)
  ) {
    return;
  }
  const trained = await Promise.all(runs.map(({ directory }) => loadRun(directory)));
  const label = `timing steps of ${study.name}`;
  const configs = trained.map(({ config }) => config);
  const times = await timeSteps(label, configs, trained[0]!.model.imageShape, interruption);
  const seconds = Object.fromEntries(times.map((time, index) => [runs[index]!.variant, time]));
  const stored: StepTimes = { runs: runs.map(({ timed }) => timed), seconds };
  writeJson(timesPath(root, study), stored, 2);
}

/** The seconds per step of models, timed in turn; `label` precedes the progress. */
export async function timeSteps(
  label: string,
  configs: readonly Config[],
  imageShape: ImageShape,
  interruption: Interruption,
): Promise<number[]> {
  const times = await timeModels(label, configs, { imageShape, rounds: ROUNDS }, interruption);
  return times.map(({ steps }) => median(steps));
}

function timesPath(root: string, study: Study): string {
  return join(studyFolder(root, study), 'steps.json');
}
