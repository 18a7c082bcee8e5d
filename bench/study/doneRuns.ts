// Runs of a study that are done, with all that was measured of them.
import { type CurvePoint, readLearningCurve } from '../../src/evaluation/learningCurve.ts';
import { runPaths } from '../../src/training/runFolder.ts';
import { type RunMeasurement, readMeasurement } from './measure.ts';
import { progressOf, type StudyRun, seedRun } from './runs.ts';
import { rateSearch } from './search.ts';
import { mixingsOf, type Study } from './studies.ts';

/** A run that is done. */
export interface DoneRun {
  readonly run: StudyRun;
  readonly measurement: RunMeasurement;
  /** bits/dim on validation images at each milestone. */
  readonly validation: readonly CurvePoint[];
}

/** A run with what was measured of it; null where it is not done. */
export function doneRun(run: StudyRun): DoneRun | null {
  const measurement = progressOf(run).state === 'trained' ? readMeasurement(run) : undefined;
  if (measurement === undefined) {
    return null;
  }
  const { validation } = readLearningCurve(runPaths(run.directory));
  return { run, measurement, validation };
}

/** One measured run of each mixing, that of its first seed: those whose models are timed. */
export function runsToTime(root: string, study: Study): StudyRun[] {
  return mixingsOf(study).flatMap((mixing) => {
    const { chosen } = rateSearch(root, study, mixing);
    const runs = chosen === null ? [] : study.seeds.map((seed) => seedRun(root, study, mixing, seed, chosen));
    return runs.find((run) => doneRun(run) !== null) ?? [];
  });
}
