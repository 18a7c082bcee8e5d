// The order of a study's work.
import { readMeasurement } from './measure.ts';
import { progressOf, type StudyRun, searchRuns, seedRun } from './runs.ts';
import { rateSearch } from './search.ts';
import type { Study } from './studies.ts';

/** Fewer seeds than this say almost nothing about the spread over seeds. */
const LEAST_SEEDS = 3;

/**
 * Work that is done as a whole: one seed of every variant of a group, plus the search for their rates if
 * first.
 */
export interface Unit {
  readonly study: Study;
  /** The comparison of the study that added these variants. */
  readonly comparison: number;
  readonly variants: readonly string[];
  readonly seed: number;
}

/**
 * All units in the order in which they are done: three seeds of each study's first comparison, then three of what its
 * other comparisons add, then the seeds beyond.
 */
export function unitsOf(studies: readonly Study[]): Unit[] {
  const units = studies.flatMap((study, place) =>
    newVariants(study).flatMap((variants, comparison) =>
      study.seeds.map((seed, number) => {
        const stage = number >= LEAST_SEEDS ? 2 : comparison === 0 ? 0 : 1;
        return { rank: [stage, place, comparison, number], unit: { study, comparison, variants, seed } };
      }),
    ),
  );
  return units
    .filter(({ unit }) => unit.variants.length > 0)
    .sort((a, b) => a.rank.map((value, index) => value - b.rank[index]!).find((sign) => sign !== 0) ?? 0)
    .map(({ unit }) => unit);
}

/** The variants that each comparison has beyond those before it. */
function newVariants({ comparisons }: Study): string[][] {
  return comparisons.map(({ variants }, index) => {
    const before = new Set(comparisons.slice(0, index).flatMap((earlier) => earlier.variants));
    return variants.filter((variant) => !before.has(variant));
  });
}

/**
 * The runs of a unit in order; those of the search are listed with each unit, since the first one needs them.
 * Until the searches of all its variants are done, no run of a seed has a rate: an existing one counts as it
 * is. A variant whose every rate failed has no run of the seed.
 */
export function runsOf({ study, variants, seed }: Unit, root: string): StudyRun[] {
  const searches = variants.map((variant) => ({ variant, ...rateSearch(root, study, variant) }));
  const allComplete = searches.every(({ complete }) => complete);
  return [
    ...variants.flatMap((variant) => searchRuns(root, study, variant)),
    ...searches
      .filter(({ tried }) => tried.length === 0 || tried.some(({ failure }) => failure === undefined))
      .map(({ variant, chosen }) => seedRun(root, study, variant, seed, allComplete ? chosen : null)),
  ];
}

/** Whether a run is finished. */
export function isDone(run: StudyRun): boolean {
  const { state } = progressOf(run);
  return state === 'failed' || (state === 'trained' && (run.search || readMeasurement(run) !== undefined));
}

/** How many different runs of units are not done. */
export function countOpenRuns(units: readonly Unit[], root: string): number {
  const open = units.flatMap((unit) => runsOf(unit, root)).filter((run) => !isDone(run));
  return new Set(open.map(({ directory }) => directory)).size;
}
