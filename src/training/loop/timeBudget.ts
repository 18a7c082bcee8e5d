// How many steps fit into a time budget, as a few timed steps and measurements on this machine show.

import { option, phrase, UserError } from '../../core/errors.ts';
import { median, requireArgument } from '../../core/numeric/index.ts';
import { fromLeader, isOnAny } from '../../core/ranks/index.ts';
import type { TrainingState } from '../../runs/contents/index.ts';
import { learningRateAt, MOST_STEPS } from '../../runs/settings/index.ts';
import { resolveConfig } from '../../runs/settings/yaml.ts';
import { MILESTONES } from './milestones.ts';
import type { ChosenSteps } from './trainingEvents.ts';
import type { TrainingOptions } from './trainingOptions.ts';
import type { TrainingParts } from './trainingParts.ts';

/** The fewest steps that are timed. */
const TIMED_STEPS = 5;
/** Quick steps are timed for this many seconds, … */
const TIMED_SECONDS = 1;
/** … or this share of the budget if that is less. */
const TIMED_SHARE = 0.02;

/** The share of the remaining time that stays unused, in case later steps are slower. */
const MARGIN = 0.1;

/** Fewer steps train nothing. */
const LEAST_STEPS = 10;

/** Whether these are times of enough steps for a budget, all in seconds. */
export function areEnough(stepSeconds: readonly number[], budget: number): boolean {
  const total = stepSeconds.reduce((sum, seconds) => sum + seconds, 0);
  return stepSeconds.length >= TIMED_STEPS && total >= Math.min(TIMED_SECONDS, TIMED_SHARE * budget);
}

/** The median of the later half: of five steps, the last three. The first ones compile and touch memory. */
export function typicalSeconds(stepSeconds: readonly number[]): number {
  return median(stepSeconds.slice(Math.floor(stepSeconds.length / 2)));
}

/** A time budget and its parts, in seconds. */
interface TimePlan {
  /** The budget. */
  readonly budget: number;
  /** The part of it that has passed. */
  readonly elapsed: number;
  /** The time of a step. */
  readonly perStep: number;
  /** The time of a milestone: comparison with the CPU, validation and pictures. */
  readonly perMilestone: number;
}

/** The number of steps that fit into a budget: `0.9 · (budget − elapsed − 5 · perMilestone) / perStep`, at most 10⁹. */
export function stepsWithin({ budget, elapsed, perStep, perMilestone }: TimePlan): number {
  const remaining = budget - elapsed - MILESTONES * perMilestone;
  return Math.min(MOST_STEPS, Math.max(0, Math.floor(((1 - MARGIN) * remaining) / perStep)));
}

/** The shortest budget in seconds with enough steps to train. */
export function leastBudget({ elapsed, perStep, perMilestone }: Omit<TimePlan, 'budget'>): number {
  return elapsed + MILESTONES * perMilestone + (LEAST_STEPS * perStep) / (1 - MARGIN);
}

/**
 * The time budget that chooses the number of steps of a run: from this call, or from an earlier one that stopped before it
 * had chosen, unless another length has been set since. Null if there is none.
 *
 * @throws UserError (`invalid-argument`) if it is not above 0, or the run has already taken a step
 */
export async function budgetInMinutes({
  config,
  store,
  state,
  minutes,
}: Pick<TrainingOptions, 'config' | 'store' | 'state' | 'minutes'>): Promise<number | null> {
  const step = state?.step ?? 0;
  if (minutes !== undefined) {
    requireArgument(
      Number.isFinite(minutes) && minutes > 0,
      `minutes must be a number above 0, not ${minutes}`,
    );
    if (step > 0) {
      throw new UserError(
        'invalid-argument',
        phrase`${store.name} is at step ${step}, and its number of steps is already chosen: omit ${option('minutes', minutes)}, or set another number with training.steps`,
      );
    }
    return minutes;
  }
  const { minutes: pending } = step > 0 ? {} : await store.readSummary();
  if (typeof pending !== 'number' || !(pending > 0)) {
    return null;
  }
  const { training } = resolveConfig({ file: await store.readConfig() });
  const { steps, epochs } = config.training;
  return training.steps === steps && training.epochs === epochs ? pending : null;
}

/** A time budget, and the work at a milestone other than validation. */
export interface BudgetOptions {
  readonly minutes: number;
  /** When training began, on the clock of `performance.now()`. */
  readonly begin: number;
  /** The seconds of the comparison with the CPU at a milestone. */
  readonly comparisonSeconds: number;
  /** Does the work of the caller at a milestone without keeping its results. */
  readonly rehearse?: ((state: TrainingState) => Promise<void>) | undefined;
}

/**
 * Chooses the number of steps that fit into a time budget: rank 0 decides for all. The steps that it times are undone: the
 * run then starts as it would with this number of steps.
 *
 * @throws UserError (`invalid-argument`) if too few fit
 */
export async function chooseSteps(
  parts: TrainingParts,
  { minutes, begin, comparisonSeconds, rehearse }: BudgetOptions,
): Promise<ChosenSteps> {
  const { ranks, trainer, validation } = parts;
  const budget = 60 * minutes;
  const elapsed = (): number => secondsSince(begin);
  const perStep = typicalSeconds(await timeSteps(parts, budget, elapsed));
  const validationSeconds = await validation.expectedSeconds(trainer.weights('average'));
  const state = await trainer.state();
  return fromLeader(ranks, async () => {
    const rehearsal = performance.now();
    await rehearse?.(state);
    const perMilestone = comparisonSeconds + validationSeconds + secondsSince(rehearsal);
    const plan = { budget, elapsed: elapsed(), perStep, perMilestone };
    const steps = stepsWithin(plan);
    if (steps < LEAST_STEPS) {
      throw tooShort(minutes, plan);
    }
    const seconds = plan.elapsed + steps * perStep + MILESTONES * perMilestone;
    return { steps, minutes, secondsPerStep: perStep, seconds };
  });
}

/** Times steps from the start of the run, and undoes them. Rank 0 decides when they are enough, or the budget is spent. */
async function timeSteps(
  { trainer, batches, schedule, ranks }: TrainingParts,
  budget: number,
  elapsed: () => number,
): Promise<number[]> {
  const { step, updates, guard, weights, average } = await trainer.state();
  // On the host they are the arrays of the training, which its steps change.
  const start = { step, updates, guard, ...structuredClone({ weights, average }) };
  const stepSeconds: number[] = [];
  const learningRate = learningRateAt(step + 1, schedule);
  const needsMore = (): boolean => ranks.rank === 0 && !areEnough(stepSeconds, budget);
  for (let batch = step; await isOnAny(ranks, needsMore()); batch++) {
    const begin = performance.now();
    await trainer.step(batches.at(batch), learningRate);
    stepSeconds.push(secondsSince(begin));
    if (await isOnAny(ranks, ranks.rank === 0 && elapsed() > budget)) {
      break;
    }
  }
  await trainer.replace(start);
  return stepSeconds;
}

function tooShort(minutes: number, plan: TimePlan): UserError {
  const { elapsed, perStep, perMilestone } = plan;
  const least = leastBudget(plan) / 60;
  // Rounded up to two digits, so that the next attempt succeeds even if it is a little slower.
  const unit = 10 ** (Math.floor(Math.log10(least)) - 1);
  const enough = Number((unit * (Math.floor(least / unit) + 2)).toPrecision(2));
  const inSeconds = (seconds: number): string => `${Number(seconds.toPrecision(2))} s`;
  return new UserError(
    'invalid-argument',
    phrase`${minutes} ${minutes === 1 ? 'minute is' : 'minutes are'} too short to train: preparing took ${inSeconds(elapsed)}, a step takes ${inSeconds(perStep)} and each of ${MILESTONES} milestones ${inSeconds(perMilestone)}; use at least ${option('minutes', enough)}`,
  );
}

function secondsSince(begin: number): number {
  return (performance.now() - begin) / 1000;
}
