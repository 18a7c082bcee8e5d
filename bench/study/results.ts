// The results of a study, from the folders of its runs: plain data for tables and plots.
import type { Mixing } from '../../src/models/mixing.ts';
import { runPaths } from '../../src/training/folder/runFolder.ts';
import { trainingTime } from '../../src/training/folder/runLogs.ts';
import { machine } from '../shared/machine.ts';
import { type ComparisonResult, compare, type MixingSearch } from './comparison.ts';
import { type DoneRun, doneRunsOf } from './doneRuns.ts';
import { progressOf, searchRuns, seedRun } from './runs.ts';
import { readSamplingTimes, type StudySamplingTimes } from './sampling.ts';
import { rateSearch } from './search.ts';
import { readStepTimes } from './stepTimes.ts';
import { mixingsOf, type Study } from './studies.ts';

/** One trained run. */
interface RunResult {
  readonly run: string;
  readonly mixing: Mixing;
  readonly seed: number;
  readonly validationBitsPerDim: number | null;
  readonly testBitsPerDim: number;
  readonly standardError: number | null;
  readonly samplingError: number | null;
  /** Of its steps, as measured. */
  readonly trainingSeconds: number;
}

/** All results of a study so far. */
export interface StudyResults {
  readonly study: Study;
  readonly machine: string;
  readonly images: { readonly test: number };
  readonly searches: readonly MixingSearch[];
  readonly runs: readonly RunResult[];
  /** Runs that could not be trained or measured. */
  readonly failures: readonly { readonly run: string; readonly reason: string }[];
  readonly comparisons: readonly ComparisonResult[];
  readonly sampling: StudySamplingTimes | null;
}

/** The results of a study; null if no run of a mixing with a known rate has been measured. */
export function resultsOf(root: string, study: Study): StudyResults | null {
  const searches = mixingsOf(study).map((mixing) => ({ mixing, ...rateSearch(root, study, mixing) }));
  const done = searches.flatMap(({ mixing }) => doneRunsOf(root, study, mixing));
  if (done.length === 0) {
    return null;
  }
  const stepTimes = readStepTimes(root, study);
  return {
    study,
    machine: machine(),
    images: { test: done[0]!.measurement.perImage.length },
    searches,
    runs: done.map(runResult),
    failures: searches.flatMap(({ mixing, chosen }) => failuresOf(root, study, mixing, chosen)),
    comparisons: study.comparisons.map(({ title, mixings }) => ({
      title,
      ...compare({ seeds: study.seeds, mixings, done, searches, stepTimes }),
    })),
    sampling: readSamplingTimes(root, study),
  };
}

function runResult({ run, measurement, validation }: DoneRun): RunResult {
  const { bitsPerDim: testBitsPerDim, standardError, samplingError } = measurement;
  return {
    run: run.directory,
    mixing: run.mixing,
    seed: run.seed,
    validationBitsPerDim: validation.at(-1)?.bitsPerDim ?? null,
    ...{ testBitsPerDim, standardError, samplingError },
    trainingSeconds: trainingTime(runPaths(run.directory)).seconds,
  };
}

function failuresOf(
  root: string,
  study: Study,
  mixing: Mixing,
  chosen: number | null,
): { run: string; reason: string }[] {
  const seeds = chosen === null ? [] : study.seeds;
  const runs = [
    ...searchRuns(root, study, mixing),
    ...seeds.map((seed) => seedRun(root, study, mixing, seed, chosen!)),
  ];
  return runs.flatMap((run) => {
    const { failure } = progressOf(run);
    return failure === undefined ? [] : { run: run.directory, reason: failure };
  });
}
