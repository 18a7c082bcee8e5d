// The runs whose models are timed for a study, and whether stored times are of them.
import { isDeepStrictEqual } from 'node:util';
import { doneRunsOf } from './doneRuns.ts';
import type { StudyRun } from './runs.ts';
import { type Study, variantsOf } from './studies.ts';

/** A run whose model was timed. */
export interface TimedRun {
  /** Its folder. */
  readonly run: string;
  /** Distinguishes it from a run trained later in the same folder. */
  readonly testBitsPerDim: number;
}

/** A run whose model is to be timed, and how it is identified. */
export interface RunToTime extends StudyRun {
  readonly timed: TimedRun;
}

/** One measured run of each variant, that of its first seed. */
export function runsToTime(root: string, study: Study): RunToTime[] {
  return variantsOf(study).flatMap((variant) => {
    const [first] = doneRunsOf(root, study, variant);
    if (first === undefined) {
      return [];
    }
    const { run, measurement } = first;
    return { ...run, timed: { run: run.directory, testBitsPerDim: measurement.bitsPerDim } };
  });
}

/** Whether stored times are of these runs in their current state. */
export function areTimesOf(
  stored: { readonly runs: readonly TimedRun[] } | null | undefined,
  runs: readonly RunToTime[],
): boolean {
  return isDeepStrictEqual(
    stored?.runs,
    runs.map(({ timed }) => timed),
  );
}
