// A training run from start to end: batches, steps, validation, logs and checkpoints in a run folder.
import type { Dataset } from '../data/dataset.ts';
import type { CompileOptions } from '../engine/program.ts';
import { type Keep, releaseAfter } from '../engine/resources.ts';
import { call, phrase, UserError } from '../errors.ts';
import type { Config } from '../experiments/configSchema.ts';
import type { Glow } from '../models/glow.ts';
import { nextTurn } from '../platform/eventLoop.node.ts';
import { appendJsonLine } from '../storage/jsonLines.ts';
import type { Lock } from '../storage/lock.ts';
import type { ActivationChoice } from './gradients/gradientPlan.ts';
import { isAnchor, isMilestone, lastStepOf } from './run/milestones.ts';
import { rewindRun } from './run/run.ts';
import { listCheckpoints, type RunPaths } from './run/runFolder.ts';
import { lockRun } from './run/runLock.ts';
import { appendTiming, trainingTime } from './run/runLogs.ts';
import { answerStep, requireTrained } from './run/setback.ts';
import { guardedStep } from './step/guardedStep.ts';
import type { TrainingEvents } from './trainingEvents.ts';
import { prepareTraining, type TrainingParts } from './trainingParts.ts';
import { type TrainingState, weightsOf } from './trainingState.ts';

/** What a run trains, on what, and where it goes: a `Run`, and how. Training is in float32. */
export interface TrainingOptions extends Omit<CompileOptions, 'precision'> {
  /** The experiment. */
  readonly config: Config;
  /** The images; those of validation are measured, those of test are not touched. */
  readonly dataset: Dataset;
  /** The run folder, which is there already. */
  readonly paths: RunPaths;
  /** The state to go on from, which is copied; a new one is started from data where there is none. */
  readonly state?: TrainingState | undefined;
  /** Ends after this step and leaves the schedule alone. */
  readonly stopAt?: number | undefined;
  /** Ends after the step that is running when it is aborted; a run never ends without a step. */
  readonly signal?: AbortSignal | undefined;
  /** The seconds of training after which a checkpoint is written between milestones; 600 if not said. */
  readonly checkpointSeconds?: number | undefined;
  /** What becomes of the activations of a step; by default what the memory there is suggests. */
  readonly activations?: ActivationChoice | undefined;
  /** The threads that work on images of their own, at most `threads`; by default what is likely to be fastest. */
  readonly workers?: number | undefined;
  /** Told as the training goes on. */
  readonly events?: TrainingEvents;
}

/** How a run ended. */
export interface TrainingResult {
  /** The model that was trained. */
  readonly model: Glow;
  /** The state after the last step; its arrays are parts of one memory, and none is freed before all are. */
  readonly state: TrainingState;
  /**
   * bits/dim of the validation images with the average weights after the last step; null where there are none, or
   * where the run was interrupted before they were measured.
   */
  readonly validationBitsPerDim: number | null;
  /** The seconds of all steps of the run, those of earlier calls too; without start, validation and checkpoints. */
  readonly seconds: number;
  /** Over these seconds. */
  readonly imagesPerSecond: number;
  /** The threads that had images of their own. */
  readonly workers: number;
  /** The path of the checkpoint of that state. */
  readonly checkpoint: string;
  /** Whether all steps of the schedule are done. */
  readonly complete: boolean;
  /** Whether the signal ended it. */
  readonly interrupted: boolean;
}

/**
 * Trains a model and writes the run folder: metrics after every step, validation and checkpoints at milestones, a
 * checkpoint at the end, and between them one every ten minutes that replaces the one before.
 *
 * Everything random is a function of the seed and the step, and so is what the metrics and each checkpoint hold: the
 * validation of a run that stops between milestones is told and not logged. So the same configuration gives the same
 * bytes, in one go or with stops.
 *
 * A loss or gradient that is not finite, or far out of the range of the steps before, never reaches the weights: the
 * step is dropped. If that happens again and again the training goes back to earlier weights with half the rate.
 *
 * @throws UserError if the training diverges whatever the rate, another process trains the run, or a file cannot be
 * written; the last sound state is in the folder then
 */
export async function train(options: TrainingOptions): Promise<TrainingResult> {
  const { paths } = options;
  const lock = lockRun(paths);
  try {
    return await releaseAfter((keep) => trainLocked(options, lock, keep));
  } catch (error) {
    throw withWayBack(error, paths);
  } finally {
    lock.release();
  }
}

async function trainLocked(options: TrainingOptions, lock: Lock, keep: Keep): Promise<TrainingResult> {
  const { config, paths, stopAt, signal, checkpointSeconds = 600, events = {} } = options;
  const engine: CompileOptions = { ...options, precision: 'float32' };
  const parts = await prepareTraining(options, engine, keep, events.onPreparing);
  const { model, schedule, trainer, checkpoints } = parts;
  events.onPrepared?.(trainer.plan);
  rewindRun(paths, config, trainer.state.step);
  const { batchSize } = config.training;
  const lastStep = lastStepOf(schedule, stopAt);
  const isInterrupted = (): boolean => signal?.aborted === true;
  let validated: Validated | undefined;
  let trained = 0;
  let seconds = 0;
  while (trainer.state.step < lastStep) {
    const begin = performance.now();
    const outcome = await guardedStep(parts);
    const stepSeconds = (performance.now() - begin) / 1000;
    const { step, bitsPerDim, learningRate } = outcome.record;
    seconds += stepSeconds;
    trained += batchSize;
    appendJsonLine(paths.metrics, outcome.record);
    appendTiming(paths, step, stepSeconds, batchSize);
    events.onStep?.(step, bitsPerDim, trained / seconds, learningRate);
    await answerStep(parts, outcome, events);
    if (isMilestone(step, schedule)) {
      validated = await validate(parts, events);
      if (validated.bitsPerDim !== null) {
        appendJsonLine(paths.metrics, { step, validationBitsPerDim: validated.bitsPerDim });
      }
    }
    // Last, so that the log up to a checkpoint is whole whenever there is one to go on from.
    if (isAnchor(step, schedule) || checkpoints.age >= checkpointSeconds) {
      checkpoints.save(trainer.state);
    }
    if (isMilestone(step, schedule)) {
      await events.onMilestone?.(step, trainer.state);
    }
    lock.renew();
    await nextTurn();
    if (isInterrupted()) {
      break;
    }
  }
  const { state } = trainer;
  const checkpoint = checkpoints.save(state);
  if (validated?.step !== state.step && !isInterrupted()) {
    validated = await validate(parts, events);
  }
  const validationBitsPerDim = validated?.step === state.step ? validated.bitsPerDim : null;
  const complete = state.step >= schedule.totalSteps;
  if (complete) {
    requireTrained(state, validationBitsPerDim);
  }
  return {
    model,
    state,
    validationBitsPerDim,
    ...trainingTime(paths),
    workers: trainer.plan.workers,
    checkpoint,
    complete,
    interrupted: isInterrupted(),
  };
}

/** What the validation images say of the state after a step. */
interface Validated {
  readonly step: number;
  /** Null where there are no validation images. */
  readonly bitsPerDim: number | null;
}

async function validate({ trainer, validation }: TrainingParts, events: TrainingEvents): Promise<Validated> {
  const { step } = trainer.state;
  const bitsPerDim = await validation.measure(weightsOf(trainer.state, 'average'));
  if (bitsPerDim !== null) {
    events.onValidation?.(step, bitsPerDim);
  }
  return { step, bitsPerDim };
}

/** The error of a training; where the disk failed, with the step that the run can go on from. */
function withWayBack(error: unknown, paths: RunPaths): unknown {
  // Without a cause it is not the disk: something that is no file stands in the place of one.
  if (!(error instanceof UserError && error.code === 'io' && error.cause !== undefined)) {
    return error;
  }
  const latest = listCheckpoints(paths).at(-1);
  return latest === undefined
    ? error
    : new UserError(
        'io',
        phrase`${error.phrase}. The run is safe up to step ${latest.step}: ${call('resumeRun', paths.directory)} resumes from there`,
        { cause: error },
      );
}
