// The finished runs of a study, with all their measurements.

import { readJsonLines } from '../../src/data/files/files.ts';
import { checkMetrics } from '../../src/runs/contents/logLines.ts';
import { runPaths } from '../../src/runs/folder/runFolder.ts';
import type { CurvePoint } from '../../src/training/reports/curvePlot.ts';
import { learningCurveOf } from '../../src/training/reports/learningCurve.ts';
import { type RunMeasurement, readMeasurement } from './measure.ts';
import { progressOf, type StudyRun, seedRun } from './runs.ts';
import { rateSearch } from './search.ts';
import type { Study } from './studies.ts';

/** A finished run. */
export interface DoneRun {
  readonly run: StudyRun;
  readonly measurement: RunMeasurement;
  /** bits/dim on validation images at each milestone. */
  readonly validation: readonly CurvePoint[];
}

/**
 * The finished runs of a variant, in the order of the study's seeds; none until its learning rate is known.
 */
export function doneRunsOf(root: string, study: Study, variant: string): DoneRun[] {
  const { chosen } = rateSearch(root, study, variant);
  const seeds = chosen === null ? [] : study.seeds;
  return seeds.flatMap((seed) => doneRun(seedRun(root, study, variant, seed, chosen)) ?? []);
}

/** A run with its measurements; null if it is not done. */
function doneRun(run: StudyRun): DoneRun | null {
  const measurement = progressOf(run).state === 'trained' ? readMeasurement(run) : undefined;
  if (measurement === undefined) {
    return null;
  }
  const { validation } = learningCurveOf(readJsonLines(runPaths(run.directory).metrics, checkMetrics));
  return { run, measurement, validation };
}
