// The order of a study's work, and what fits in the available hours.
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

/** A unit and its remaining work. */
export interface CostedUnit {
  readonly unit: Unit;
  /** Runs that are not trained and measured yet. */
  readonly runs: number;
  /** Estimated seconds until all are; 0 if nothing is left. */
  readonly seconds: number;
}

/** A unit, and whether it is to be done now. */
export interface PlannedUnit extends CostedUnit {
  readonly status: 'done' | 'taken' | 'skipped';
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
 * Which units fit in a number of seconds; all if there is no limit. In order: a unit that fits in the
 * remaining time is taken. Once one is skipped, so are later seeds of the same variants. Steps are
 * never cut, and a seed is trained with every variant of its group or with none.
 */
export function fit(units: readonly CostedUnit[], seconds: number | null): PlannedUnit[] {
  let left = seconds ?? Number.POSITIVE_INFINITY;
  const closed = new Set<string>();
  return units.map((costed) => {
    const { study, comparison } = costed.unit;
    const group = `${study.name} ${comparison}`;
    if (costed.runs === 0) {
      return { ...costed, status: 'done' };
    }
    if (closed.has(group) || costed.seconds > left) {
      closed.add(group);
      return { ...costed, status: 'skipped' };
    }
    left -= costed.seconds;
    return { ...costed, status: 'taken' };
  });
}

/** The estimated seconds of all work to be done now. */
export function plannedSeconds(plan: readonly PlannedUnit[]): number {
  const taken = plan.filter(({ status }) => status === 'taken');
  return taken.reduce((total, { seconds }) => total + seconds, 0);
}

/** The cost of a run. */
export interface RunCost {
  readonly secondsPerStep: number;
  /**
   * Seconds to start, validate, draw samples and, unless the run is one of a search, measure on test images.
   */
  secondsBeside(run: StudyRun): number;
}

/** The remaining work of each unit, with the cost of each run by its study and variant. */
export function costsOf(
  units: readonly Unit[],
  root: string,
  costOf: (study: Study, variant: string) => RunCost,
): CostedUnit[] {
  const counted = new Set<string>();
  return units.map((unit) => {
    const open = runsOf(unit, root).filter((run) => !isDone(run) && !counted.has(run.directory));
    const seconds = open.map((run) => {
      counted.add(run.directory);
      const { secondsPerStep, secondsBeside } = costOf(run.study, run.variant);
      // Its steps are known: a budget is measured before a plan is made.
      return (run.steps! - progressOf(run).step) * secondsPerStep + secondsBeside(run);
    });
    return { unit, runs: open.length, seconds: seconds.reduce((total, each) => total + each, 0) };
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
