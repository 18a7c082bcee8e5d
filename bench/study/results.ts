// The results of a study, from the folders of its runs: plain data for tables and plots.

import { readJsonLines } from '../../src/data/files/files.ts';
import type { DequantisationName } from '../../src/flows/models/dequantisation.ts';
import { checkMetrics, checkTimings, timeOf, troubleIn } from '../../src/runs/contents/logLines.ts';
import { runPaths } from '../../src/runs/folder/runFolder.ts';
import { machine } from '../shared/machine.ts';
import { readBudget } from './budget.ts';
import { type ComparisonResult, compare, type VariantSearch } from './comparison.ts';
import { type DoneRun, doneRunsOf } from './doneRuns.ts';
import { boundOfVariant, progressOf, type StudyRun, searchRuns, seedRun } from './runs.ts';
import { rateSearch } from './search.ts';
import { type Study, variantsOf } from './studies.ts';
import { readTimings, type StudyTimings } from './timings.ts';

/** One trained run. */
interface RunResult {
  readonly run: string;
  readonly variant: string;
  readonly seed: number;
  readonly validationBitsPerDim: number | null;
  readonly testBitsPerDim: number;
  readonly standardError: number | null;
  readonly samplingError: number | null;
  /** Of its steps, as measured. */
  readonly trainingSeconds: number;
  /** How often the training rolled back to earlier weights. */
  readonly rollbacks: number;
}

/** All results of a study so far. */
export interface StudyResults {
  readonly study: Study;
  readonly machine: string;
  readonly images: { readonly test: number };
  /** Which bound on the likelihood the bits/dim of each variant are. */
  readonly bounds: Readonly<Record<string, DequantisationName>>;
  /** The search of each variant; `rollbacks` is absent for failed runs. */
  readonly searches: readonly (Omit<VariantSearch, 'tried'> & {
    readonly tried: readonly (VariantSearch['tried'][number] & { readonly rollbacks?: number })[];
  })[];
  readonly runs: readonly RunResult[];
  /** Runs that could not be trained or measured. */
  readonly failures: readonly { readonly run: string; readonly reason: string }[];
  readonly comparisons: readonly ComparisonResult[];
  readonly timings: StudyTimings | null;
}

/** The results of a study; null if no run of a variant with a known rate has been measured. */
export function resultsOf(root: string, study: Study): StudyResults | null {
  const searches = variantsOf(study).map((variant) => ({ variant, ...rateSearch(root, study, variant) }));
  const done = searches.flatMap(({ variant }) => doneRunsOf(root, study, variant));
  if (done.length === 0) {
    return null;
  }
  const timings = readTimings(root, study);
  // In a study with a time for its runs, the times count from which their steps were computed.
  const stepTimes = study.seconds === undefined ? (timings?.secondsPerStep ?? {}) : readBudget(root, study);
  return {
    study,
    machine: machine(),
    images: { test: done[0]!.measurement.perImage.length },
    bounds: Object.fromEntries(searches.map(({ variant }) => [variant, boundOfVariant(study, variant)])),
    searches: searches.map((search) => withRollbacks(search, searchRuns(root, study, search.variant))),
    runs: done.map(runResult),
    failures: searches.flatMap(({ variant, chosen }) => failuresOf(root, study, variant, chosen)),
    comparisons: study.comparisons.map(({ title, variants }) => ({
      title,
      ...compare({ seeds: study.seeds, variants, done, searches, stepTimes }),
    })),
    timings: timings ?? null,
  };
}

function runResult({ run, measurement, validation }: DoneRun): RunResult {
  const { bitsPerDim: testBitsPerDim, standardError, samplingError } = measurement;
  return {
    run: run.directory,
    variant: run.variant,
    seed: run.seed,
    validationBitsPerDim: validation.at(-1)?.bitsPerDim ?? null,
    ...{ testBitsPerDim, standardError, samplingError },
    trainingSeconds: timeOf(readJsonLines(runPaths(run.directory).timings, checkTimings)).seconds,
    rollbacks: rollbacksOf(run),
  };
}

/** A search with the rollbacks of its runs, which are in the order of the rates tried. */
function withRollbacks(search: VariantSearch, runs: readonly StudyRun[]): StudyResults['searches'][number] {
  const tried = search.tried.map((one, index) =>
    one.bitsPerDim === null ? one : { ...one, rollbacks: rollbacksOf(runs[index]!) },
  );
  return { ...search, tried };
}

function rollbacksOf({ directory }: StudyRun): number {
  return troubleIn(readJsonLines(runPaths(directory).metrics, checkMetrics)).setbacks;
}

function failuresOf(
  root: string,
  study: Study,
  variant: string,
  chosen: number | null,
): { run: string; reason: string }[] {
  const seeds = chosen === null ? [] : study.seeds;
  const runs = [
    ...searchRuns(root, study, variant),
    ...seeds.map((seed) => seedRun(root, study, variant, seed, chosen!)),
  ];
  return runs.flatMap((run) => {
    const { failure } = progressOf(run);
    return failure === undefined ? [] : { run: run.directory, reason: failure };
  });
}
