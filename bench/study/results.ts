// The results of a study, out of the folders of its runs: plain data, from which tables and plots are made.
import { type CurvePoint, readLearningCurve } from '../../src/evaluation/learningCurve.ts';
import type { Mixing } from '../../src/models/mixing.ts';
import { runPaths } from '../../src/training/runFolder.ts';
import { trainingTime } from '../../src/training/timings.ts';
import { machine } from '../report.ts';
import { commonEnd, overSeconds, type TimedPoint, valueAt } from './curves.ts';
import { type RunMeasurement, readMeasurement } from './measure.ts';
import { secondsPerStep } from './rates.ts';
import { progressOf, type StudyRun, searchRuns, seedRun } from './runs.ts';
import { readSamplingTimes, type SamplingTimes } from './sampling.ts';
import { type RateSearch, rateSearch } from './search.ts';
import { overSeeds, pairedDifferences, type SeedMean } from './statistics.ts';
import { readStepTimes } from './stepTimes.ts';
import { mixingsOf, type Study } from './studies.ts';

/** One mixing of a comparison, over the seeds that all its mixings have. */
export interface ComparisonRow {
  readonly mixing: Mixing;
  readonly parameters: number;
  readonly learningRate: number;
  /** Whether a rate outside the grid may be better. */
  readonly rateAtEdge: boolean;
  /** bits/dim of the test images after the last step. */
  readonly test: SeedMean;
  /** The same less the first mixing's, image by image within each seed; null for the first itself. */
  readonly difference: SeedMean | null;
  /** At the moment when the fastest of the mixings was done, on validation images; null where a curve does not cover it. */
  readonly atEqualSeconds: { readonly value: SeedMean; readonly difference: SeedMean | null } | null;
  /** Timed in turn with the other mixings; until all of them are, the median over all steps of all its runs. */
  readonly secondsPerStep: number;
  /** Of all its seeds, the worst. */
  readonly roundTrip: RunMeasurement['roundTrip'];
  /** The validation curve: bits/dim over seeds at each milestone, and the difference to the first mixing. */
  readonly curve: readonly {
    readonly step: number;
    readonly seconds: number;
    readonly value: SeedMean;
    /** Of each seed. */
    readonly values: readonly number[];
    readonly difference: SeedMean | null;
    /** Of each seed; null where `difference` is. */
    readonly differences: readonly number[] | null;
  }[];
}

/** Mixings beside one another. */
export interface ComparisonResult {
  readonly title: string;
  /** Seeds that are done with every mixing; the table is about these alone. */
  readonly seeds: readonly number[];
  /** The training seconds at which the mixings are compared at equal time; null where there are no seeds. */
  readonly equalSeconds: number | null;
  /** Empty where no seed is done. */
  readonly rows: readonly ComparisonRow[];
}

/** One trained run. */
interface RunResult {
  readonly run: string;
  readonly mixing: Mixing;
  readonly seed: number;
  readonly validationBitsPerDim: number | null;
  readonly testBitsPerDim: number;
  readonly standardError: number | null;
  readonly samplingError: number | null;
  /** Of its steps, as they were measured. */
  readonly trainingSeconds: number;
}

/** All that a study has found so far. */
export interface StudyResults {
  readonly study: Study;
  readonly machine: string;
  readonly images: { readonly test: number };
  readonly searches: readonly ({ readonly mixing: Mixing } & RateSearch)[];
  readonly runs: readonly RunResult[];
  /** Runs that could not be trained or measured. */
  readonly failures: readonly { readonly run: string; readonly reason: string }[];
  readonly comparisons: readonly ComparisonResult[];
  readonly sampling: SamplingTimes | null;
}

/** A run that is done, with all that was measured of it. */
interface DoneRun {
  readonly run: StudyRun;
  readonly measurement: RunMeasurement;
  readonly validation: readonly CurvePoint[];
}

/** The results of a study; null where no run has been measured. */
export function resultsOf(root: string, study: Study): StudyResults | null {
  const searches = mixingsOf(study).map((mixing) => ({ mixing, ...rateSearch(root, study, mixing) }));
  const done = searches.flatMap(({ mixing, chosen }) =>
    chosen === null
      ? []
      : study.seeds.flatMap((seed) => doneRun(seedRun(root, study, mixing, seed, chosen)) ?? []),
  );
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
      ...compare(study, mixings, done, searches, stepTimes),
    })),
    sampling: readSamplingTimes(root, study),
  };
}

/** One measured run of each mixing, that of its first seed: those whose models are timed. */
export function runsToTime(root: string, study: Study): StudyRun[] {
  return mixingsOf(study).flatMap((mixing) => {
    const { chosen } = rateSearch(root, study, mixing);
    const runs = chosen === null ? [] : study.seeds.map((seed) => seedRun(root, study, mixing, seed, chosen));
    return runs.find((run) => doneRun(run) !== null) ?? [];
  });
}

function doneRun(run: StudyRun): DoneRun | null {
  const measurement = progressOf(run).state === 'trained' ? readMeasurement(run) : undefined;
  if (measurement === undefined) {
    return null;
  }
  const { validation } = readLearningCurve(runPaths(run.directory));
  return { run, measurement, validation };
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

function compare(
  study: Study,
  mixings: readonly Mixing[],
  done: readonly DoneRun[],
  searches: StudyResults['searches'],
  stepTimes: ReturnType<typeof readStepTimes>,
): Omit<ComparisonResult, 'title'> {
  const find = (mixing: Mixing, seed: number): DoneRun | undefined =>
    done.find(({ run }) => run.mixing === mixing && run.seed === seed);
  const seeds = study.seeds.filter((seed) => mixings.every((mixing) => find(mixing, seed) !== undefined));
  if (seeds.length === 0) {
    return { seeds, equalSeconds: null, rows: [] };
  }
  // All from one source: times of training and of timing are not to be compared with one another.
  const allTimed = mixings.every((mixing) => stepTimes[mixing] !== undefined);
  const contenders = mixings.map((mixing) => {
    const runs = seeds.map((seed) => find(mixing, seed)!);
    const own = done.filter(({ run }) => run.mixing === mixing);
    const stepSeconds = allTimed ? stepTimes[mixing]! : stepSecondsOf(own);
    const curves = runs.map(({ validation }) => overSeconds(validation, stepSeconds));
    return { mixing, runs, stepSeconds, curves };
  });
  const equalSeconds = commonEnd(contenders.flatMap(({ curves }) => curves));
  const first = contenders[0]!;
  const rows = contenders.map((contender): ComparisonRow => {
    const { mixing, runs, stepSeconds, curves } = contender;
    const isFirst = contender === first;
    const differenceTo = (values: readonly number[][], base: readonly number[][]): SeedMean | null =>
      isFirst ? null : overSeeds(pairedDifferences(values, base));
    const test = perImageOf(runs);
    const search = searches.find((one) => one.mixing === mixing)!;
    const roundTrips = runs.map(({ measurement }) => measurement.roundTrip);
    return {
      mixing,
      parameters: runs[0]!.measurement.parameters,
      learningRate: search.chosen!,
      rateAtEdge: search.atEdge,
      test: overSeeds(test),
      difference: differenceTo(test, perImageOf(first.runs)),
      atEqualSeconds: equalSeconds === null ? null : atSeconds(equalSeconds, curves, first.curves, isFirst),
      secondsPerStep: stepSeconds,
      roundTrip: {
        images: roundTrips[0]!.images,
        largestError: Math.max(...roundTrips.map(({ largestError }) => largestError)),
        exactPixelShare: Math.min(...roundTrips.map(({ exactPixelShare }) => exactPixelShare)),
      },
      curve: runs[0]!.validation.map(({ step }, point) => {
        const values = pointOf(runs, point);
        const differences = isFirst ? null : pairedDifferences(values, pointOf(first.runs, point));
        return {
          step,
          seconds: step * stepSeconds,
          value: overSeeds(values),
          values: values.flat(),
          difference: differences && overSeeds(differences),
          differences: differences?.map(([difference]) => difference!) ?? null,
        };
      }),
    };
  });
  return { seeds, equalSeconds, rows };
}

/** The mixings at the same training seconds, each seed's curve beside that of the first mixing with the same seed. */
function atSeconds(
  seconds: number,
  curves: readonly (readonly TimedPoint[])[],
  base: readonly (readonly TimedPoint[])[],
  isFirst: boolean,
): ComparisonRow['atEqualSeconds'] {
  const valuesOf = (all: readonly (readonly TimedPoint[])[]): number[][] =>
    all.map((curve) => [valueAt(curve, seconds) ?? Number.NaN]);
  const [values, baseline] = [valuesOf(curves), valuesOf(base)];
  if ([...values, ...baseline].some(([value]) => Number.isNaN(value))) {
    return null;
  }
  return {
    value: overSeeds(values),
    difference: isFirst ? null : overSeeds(pairedDifferences(values, baseline)),
  };
}

function stepSecondsOf(runs: readonly DoneRun[]): number {
  return secondsPerStep(runs.map(({ run }) => run)) ?? Number.NaN;
}

function perImageOf(runs: readonly DoneRun[]): number[][] {
  return runs.map(({ measurement }) => [...measurement.perImage]);
}

/** The validation of each seed at a milestone. */
function pointOf(runs: readonly DoneRun[], point: number): number[][] {
  return runs.map(({ validation }) => [validation[point]?.bitsPerDim ?? Number.NaN]);
}
