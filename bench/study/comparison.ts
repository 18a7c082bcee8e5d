// Compares variants at equal steps and at equal seconds, over the seeds that all of them have.

import { median } from '../../src/core/numeric/statistics.ts';
import { readJsonLines } from '../../src/data/files/files.ts';
import { runPaths } from '../../src/runs/folder/runFolder.ts';
import { commonEnd, overSeconds, type TimedPoint, valueAt } from './curves.ts';
import type { DoneRun } from './doneRuns.ts';
import type { RunMeasurement } from './measure.ts';
import type { RateSearch } from './search.ts';
import { overSeeds, pairedDifferences, type SeedMean } from './statistics.ts';

/** One variant of a comparison, over the seeds that all its variants have. */
interface ComparisonRow {
  readonly variant: string;
  readonly parameters: number;
  readonly learningRate: number;
  /** Whether a rate outside the grid may be better. */
  readonly rateAtEdge: boolean;
  /** bits/dim of the test images after the last step. */
  readonly test: SeedMean;
  /** The same minus the first variant's, image by image within each seed; null for the first itself. */
  readonly difference: SeedMean | null;
  /**
   * When the fastest of the variants was done, on validation images; null if a curve does not cover that time.
   */
  readonly atEqualSeconds: { readonly value: SeedMean; readonly difference: SeedMean | null } | null;
  /** Timed in turn with the other variants; until all are timed, the median over all steps of all its runs. */
  readonly secondsPerStep: number;
  /** The worst of all its seeds. */
  readonly roundTrip: RunMeasurement['roundTrip'];
  /** The validation curve: bits/dim over seeds at each milestone, and the difference to the first variant. */
  readonly curve: readonly {
    readonly step: number;
    readonly seconds: number;
    readonly value: SeedMean;
    /** Of each seed. */
    readonly values: readonly number[];
    readonly difference: SeedMean | null;
    /** Of each seed; null if `difference` is. */
    readonly differences: readonly number[] | null;
  }[];
}

/** A comparison of variants. */
export interface ComparisonResult {
  readonly title: string;
  /** Seeds that are done with every variant; the table covers only these. */
  readonly seeds: readonly number[];
  /** The training seconds at which the variants are compared; null if there are no seeds. */
  readonly equalSeconds: number | null;
  /** Empty if no seed is done. */
  readonly rows: readonly ComparisonRow[];
}

/** The search of one variant of a study. */
export type VariantSearch = { readonly variant: string } & RateSearch;

/** The inputs of a comparison. */
interface Contest {
  /** Those of the study: the comparison uses the ones that are done with every variant. */
  readonly seeds: readonly number[];
  /** The others are compared with the first. */
  readonly variants: readonly string[];
  /** Runs of these variants, and of others too. */
  readonly done: readonly DoneRun[];
  readonly searches: readonly VariantSearch[];
  /** The seconds per step of the variants that were timed. */
  readonly stepTimes: Partial<Record<string, number>>;
}

/** Compares variants on their finished runs. */
export function compare(contest: Contest): Omit<ComparisonResult, 'title'> {
  const { variants, done, searches, stepTimes } = contest;
  const find = (variant: string, seed: number): DoneRun | undefined =>
    done.find(({ run }) => run.variant === variant && run.seed === seed);
  const seeds = contest.seeds.filter((seed) =>
    variants.every((variant) => find(variant, seed) !== undefined),
  );
  if (seeds.length === 0) {
    return { seeds, equalSeconds: null, rows: [] };
  }
  // All from one source: times from training and from separate timing are not comparable.
  const allTimed = variants.every((variant) => stepTimes[variant] !== undefined);
  const contenders = variants.map((variant) => ({
    variant,
    runs: seeds.map((seed) => find(variant, seed)!),
    own: done.filter(({ run }) => run.variant === variant),
  }));
  const first = contenders[0]!;
  const stepSeconds = contenders.map(({ variant, own }) =>
    allTimed ? stepTimes[variant]! : stepSecondsOf(own),
  );
  const curves = contenders.map(({ runs }, index) =>
    runs.map(({ validation }) => overSeconds(validation, stepSeconds[index]!)),
  );
  const equalSeconds = commonEnd(curves.flat());
  const rows = contenders.map((contender, index): ComparisonRow => {
    const { variant, runs } = contender;
    const isFirst = contender === first;
    const differenceTo = (values: readonly number[][], base: readonly number[][]): SeedMean | null =>
      isFirst ? null : overSeeds(pairedDifferences(values, base));
    const test = perImageOf(runs);
    const search = searches.find((one) => one.variant === variant)!;
    const roundTrips = runs.map(({ measurement }) => measurement.roundTrip);
    return {
      variant,
      parameters: runs[0]!.measurement.parameters,
      learningRate: search.chosen!,
      rateAtEdge: search.atEdge,
      test: overSeeds(test),
      difference: differenceTo(test, perImageOf(first.runs)),
      roundTrip: {
        images: roundTrips[0]!.images,
        largestError: Math.max(...roundTrips.map(({ largestError }) => largestError)),
        exactPixelShare: Math.min(...roundTrips.map(({ exactPixelShare }) => exactPixelShare)),
      },
      atEqualSeconds:
        equalSeconds === null ? null : atSeconds(equalSeconds, curves[index]!, curves[0]!, isFirst),
      secondsPerStep: stepSeconds[index]!,
      curve: runs[0]!.validation.map(({ step }, point) => {
        const values = pointOf(runs, point);
        const differences = isFirst ? null : pairedDifferences(values, pointOf(first.runs, point));
        return {
          step,
          seconds: step * stepSeconds[index]!,
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

/** The variants at the same training seconds, each seed's curve compared with that of the first variant for the same seed. */
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

/** The median time of the steps of some runs together. */
function stepSecondsOf(runs: readonly DoneRun[]): number {
  return median(
    runs.flatMap(({ run }) =>
      Array.from(readJsonLines(runPaths(run.directory).timings), (line) => Number(line.seconds)),
    ),
  );
}

function perImageOf(runs: readonly DoneRun[]): number[][] {
  return runs.map(({ measurement }) => [...measurement.perImage]);
}

/** The validation of each seed at a milestone. */
function pointOf(runs: readonly DoneRun[], point: number): number[][] {
  return runs.map(({ validation }) => [validation[point]?.bitsPerDim ?? Number.NaN]);
}
