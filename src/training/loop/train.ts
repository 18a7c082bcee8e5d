// A training run from start to finish: batches, steps, validation, and logs and checkpoints in a store.

import { phrase, UserError } from '../../core/errors.ts';
import { requireWhole } from '../../core/numeric/index.ts';
import { registerParts } from '../../core/parts/index.ts';
import { nextTurn } from '../../core/platform/index.ts';
import { fromLeader, isOnAny, onlyRank, RanksLost } from '../../core/ranks/index.ts';
import type { FileLock, JsonObject } from '../../data/files/index.ts';
import { resultUnit } from '../../flows/models/index.ts';
import type { RunStore } from '../../runs/contents/runStore.ts';
import { sumTimes, timingLine } from '../../runs/contents/stored.ts';
import { withSteps } from '../../runs/settings/index.ts';
import {
  type CompileOptions,
  defaultDevice,
  type Keep,
  releaseAfter,
  usedDevice,
} from '../../tensor/engine/index.ts';
import { requireSameState } from '../ranks.ts';
import { requireSameAsCpu } from './cpuComparison.ts';
import { guardedStep } from './guardedStep.ts';
import { isAnchor, isMilestone, lastStepOfCall } from './milestones.ts';
import { describePlace, recordResult, recordStart } from './recordTraining.ts';
import { answerStep, requireTrained } from './rollback.ts';
import { type BudgetOptions, budgetInMinutes, chooseSteps } from './timeBudget.ts';
import type { TrainingEvents } from './trainingEvents.ts';
import type { TrainingOptions, TrainingResult } from './trainingOptions.ts';
import { prepareTraining, type TrainingParts, withConfig } from './trainingParts.ts';

/**
 * Trains a run in its store. Not the pictures and the model card of a folder: `trainRun` adds these, and says what training
 * promises.
 *
 * @example
 * ```ts
 * import { resolveConfig, startRun, train } from 'emerging-flows/training';
 *
 * const stop = new AbortController();
 * const run = await startRun(resolveConfig({ preset: 'mnist-quickstart' }), 'runs/stopped');
 * const { state, interrupted } = await train({
 *   ...run,
 *   signal: stop.signal,
 *   events: { onStep: (step) => step === 100 && stop.abort() },
 * });
 * ```
 */
export async function train(options: TrainingOptions): Promise<TrainingResult> {
  const { store, stopAt, reports, parts } = options;
  registerParts(parts);
  if (stopAt !== undefined) {
    requireWhole('stopAt', stopAt, 1);
  }
  return releaseAfter(async (keep) => {
    const lock = keep(await store.lock());
    let result: TrainingResult;
    try {
      result = await releaseAfter((keepParts) => trainLocked(options, lock, keepParts));
    } catch (error) {
      throw await withWayBack(error, store);
    }
    await reports?.finish?.(result, lock);
    return result;
  });
}

async function trainLocked(options: TrainingOptions, lock: FileLock, keep: Keep): Promise<TrainingResult> {
  const begin = performance.now();
  const { dataset, store, events = {}, otherImages, ranks = onlyRank, reports } = options;
  const device = await usedDevice(options.device ?? defaultDevice);
  const engine: CompileOptions = { ...options, device, precision: 'float32' };
  for (const note of await store.mend()) {
    events.onTrouble?.(options.state?.step ?? 0, note);
  }
  const minutes = await fromLeader(ranks, () => budgetInMinutes(options));
  const prepared = await prepareTraining(options, engine, keep, events.onPreparing);
  const { workers } = prepared.trainer.plan;
  const hardware = describePlace(engine, workers, ranks.size);
  events.onPrepared?.(prepared.trainer.plan);
  const { whyOneWorker } = prepared.trainer.plan;
  if (whyOneWorker !== undefined) {
    events.onTrouble?.(prepared.trainer.progress.step, whyOneWorker);
  }
  const beforeComparison = performance.now();
  await requireSameAsCpu(prepared);
  const comparisonSeconds = (performance.now() - beforeComparison) / 1000;
  const parts =
    minutes === null ? prepared : await withBudget(prepared, options, { minutes, begin, comparisonSeconds });
  const { config, model, schedule, trainer, checkpoints } = parts;
  const run = { ...options, config };
  // Before the first step: after a kill it would be too late.
  await recordStart(run, hardware);
  await store.rewind(config, trainer.progress.step);
  if (otherImages !== undefined) {
    await store.recordImages({ name: dataset.name, ...otherImages });
  }
  let validated = await takeSteps(parts, options, lock);
  const state = await trainer.state();
  const checkpoint = await checkpoints.save(state);
  await ranks.meet();
  if (validated?.step !== state.step && !(await isInterrupted(options))) {
    validated = await validate(parts, events);
  }
  const validationBitsPerDim = validated?.step === state.step ? validated.bitsPerDim : null;
  const complete = state.step >= schedule.totalSteps;
  if (complete) {
    requireTrained(state, validationBitsPerDim);
  }
  const result = {
    model,
    config,
    state,
    validationBitsPerDim,
    ...sumTimes(await store.readTimings()),
    workers,
    checkpoint,
    complete,
    interrupted: await isInterrupted(options),
  };
  await recordResult(run, result, hardware, reports?.finish === undefined);
  return result;
}

/** Takes the steps of a call and writes their logs and checkpoints; returns the last validation. */
async function takeSteps(
  parts: TrainingParts,
  options: TrainingOptions,
  lock: FileLock,
): Promise<Validated | undefined> {
  const { store, stopAt, checkpointSeconds = 600, events = {}, ranks = onlyRank, reports } = options;
  const { config, model, schedule, trainer, checkpoints } = parts;
  const { batchSize } = config.training;
  const unit = resultUnit(model.options);
  const lastStep = lastStepOfCall(schedule, stopAt);
  let agreed = trainer.progress.step;
  let validated: Validated | undefined;
  let trained = 0;
  let seconds = 0;
  while (trainer.progress.step < lastStep) {
    const begin = performance.now();
    const outcome = await guardedStep(parts);
    const stepSeconds = (performance.now() - begin) / 1000;
    const { step, bitsPerDim, learningRate } = outcome.record;
    seconds += stepSeconds;
    trained += batchSize;
    await store.appendMetrics(unit.record(outcome.record) as JsonObject);
    await store.appendTiming(timingLine(step, stepSeconds, batchSize));
    events.onStep?.(step, bitsPerDim, trained / seconds, learningRate);
    await answerStep(parts, outcome, events);
    if (isMilestone(step, schedule)) {
      await requireSameState(ranks, trainer, store);
      await requireSameAsCpu(parts, agreed);
      agreed = step;
      validated = await validate(parts, events);
      if (validated.bitsPerDim !== null) {
        const measured = { step, validationBitsPerDim: validated.bitsPerDim };
        await store.appendMetrics(unit.record(measured) as JsonObject);
      }
    }
    // Last, so that the log is complete up to any checkpoint that can be resumed.
    if (isAnchor(step, schedule) || (await isOnAny(ranks, checkpoints.age >= checkpointSeconds))) {
      if (ranks.rank === 0) {
        await checkpoints.save(await trainer.state());
        await events.onCheckpoint?.(step);
      }
      await ranks.meet();
    }
    if (isMilestone(step, schedule)) {
      const draw = step < lastStep ? reports?.milestone : undefined;
      // The state of a device is copied.
      const state = draw || events.onMilestone ? await trainer.state() : undefined;
      if (state !== undefined) {
        await draw?.(state);
        await events.onMilestone?.(step, state);
      }
      await ranks.meet();
    }
    lock.renew();
    await nextTurn();
    if (await isInterrupted(options)) {
      break;
    }
  }
  return validated;
}

/** Whether training should end, on any rank. */
function isInterrupted({ ranks = onlyRank, signal }: TrainingOptions): Promise<boolean> {
  return isOnAny(ranks, signal?.aborted === true);
}

/** The parts of a run with the number of steps that fits into its time budget. */
async function withBudget(
  parts: TrainingParts,
  { store, dataset, events, reports }: TrainingOptions,
  budget: BudgetOptions,
): Promise<TrainingParts> {
  // Until the number of steps is chosen, a resume after a kill finds the budget here.
  await store.writeSummary({ ...(await store.readSummary()), minutes: budget.minutes });
  const chosen = await chooseSteps(parts, { ...budget, rehearse: reports?.rehearse });
  const { count } = dataset.train;
  const config = withSteps(parts.config, chosen.steps, count);
  await store.rewind(config, 0);
  events?.onStepsChosen?.(chosen);
  return withConfig(parts, config, count);
}

/** The validation result of the state after a step: bits/dim, null without validation images. */
type Validated = Awaited<ReturnType<typeof validate>>;

async function validate({ trainer, validation }: TrainingParts, events: TrainingEvents) {
  const { step } = trainer.progress;
  const bitsPerDim = await validation.measure(trainer.weights('average'));
  if (bitsPerDim !== null) {
    events.onValidation?.(step, bitsPerDim);
  }
  return { step, bitsPerDim };
}

/** A training error; for a failure of the storage, of a device or of other ranks, with how the run can be resumed. */
async function withWayBack(error: unknown, store: RunStore): Promise<unknown> {
  if (error instanceof RanksLost) {
    const { message, code } = error;
    return new UserError(
      code,
      phrase`${message}. Nothing saved is lost: ${store.resumption()} resumes the run, with any number of ranks`,
      { cause: error },
    );
  }
  // Without a cause neither has failed: something that is not a file is in the way, or a device cannot be used so.
  const hasFailed =
    error instanceof UserError &&
    ['io', 'unsupported', 'out-of-memory'].includes(error.code) &&
    error.cause !== undefined;
  if (!hasFailed) {
    return error;
  }
  // Where storage has failed, this may fail too; the first error is the one to report.
  const latest = await store.checkpointSteps().then(
    (steps) => steps.at(-1),
    () => undefined,
  );
  return latest === undefined
    ? error
    : new UserError(
        error.code,
        phrase`${error.phrase}. The run is safe up to step ${latest}: ${store.resumption()} resumes from there`,
        { cause: error },
      );
}
