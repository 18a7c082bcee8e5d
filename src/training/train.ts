// A training run from start to end: batches, steps, validation, logs and checkpoints in a run folder.
import type { Dataset } from '../data/dataset.ts';
import type { CompileOptions } from '../engine/program.ts';
import { UserError } from '../errors.ts';
import type { Config } from '../experiments/config.ts';
import { learningRateAt, type Schedule, scheduleOf } from '../experiments/schedule.ts';
import { Glow } from '../models/glow.ts';
import { BatchLoader } from './batchLoader.ts';
import { CheckpointWriter } from './checkpointWriter.ts';
import { cleanedUpAfter } from './cleanUp.ts';
import { appendJsonLine } from './jsonLines.ts';
import { nextTurn } from './nextTurn.ts';
import { type Keep, releaseAfter } from './resources.ts';
import { rewindRun } from './run.ts';
import { openRunFolder, type RunPaths } from './runFolder.ts';
import { readSummary } from './runSummary.ts';
import { appendTiming, trainingTime } from './timings.ts';
import { copyOf, DivergenceError, startFromData, Trainer, type TrainingState, weightsOf } from './trainer.ts';
import { Validation } from './validation.ts';

/** What a run tells while it trains. */
export interface TrainingEvents {
  /** After each step: its number, the mean bits/dim of its batch, and the rate of the steps so far. */
  onStep?(step: number, bitsPerDim: number, imagesPerSecond: number): void;
  /** After each validation with the average weights. */
  onValidation?(step: number, bitsPerDim: number): void;
  /**
   * After the validation and the checkpoint of a milestone, with the state, which is lent: the next step changes it.
   * The training waits until what is returned is done, and ends if that fails; its time is not that of any step.
   */
  onMilestone?(step: number, state: TrainingState): void | Promise<void>;
}

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
  /** Told as the training goes on. */
  readonly events?: TrainingEvents;
}

/** How a run ended. */
export interface TrainingResult {
  /** The model that was trained. */
  readonly model: Glow;
  /** The state after the last step. */
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
  /** The path of the checkpoint of that state. */
  readonly checkpoint: string;
  /** Whether all steps of the schedule are done. */
  readonly complete: boolean;
  /** Whether the signal ended it. */
  readonly interrupted: boolean;
}

/** How many validations a run has at most, and checkpoints besides those of stops, the last ones included. */
const MILESTONES = 5;

/** The last step that this call makes: that of the schedule, or the one to stop at. */
export function lastStepOf({ totalSteps }: Schedule, stopAt = Number.POSITIVE_INFINITY): number {
  return Math.min(totalSteps, stopAt);
}

/**
 * Trains a model and writes the run folder: metrics after every step, validation and checkpoints at milestones, a
 * checkpoint at the end, and between them one every ten minutes that replaces the one before.
 *
 * Everything random is a function of the seed and the step, and so is what the metrics and each checkpoint hold: the
 * validation of a run that stops between milestones is told and not logged. So the same configuration gives the same
 * bytes, in one go or with stops.
 *
 * @throws UserError if the training diverges, with the checkpoint of the state before, or a file cannot be written
 */
export function train(options: TrainingOptions): Promise<TrainingResult> {
  return releaseAfter(async (keep) => {
    const { config, paths, stopAt, signal, checkpointSeconds = 600, events = {} } = options;
    const { model, schedule, trainer, validation, checkpoints, batches } = await prepare(options, keep);
    rewindRun(paths, config, trainer.state.step);
    const { batchSize } = config.training;
    const lastStep = lastStepOf(schedule, stopAt);
    const isInterrupted = (): boolean => signal?.aborted === true;
    let validated: { step: number; bitsPerDim: number | null } | undefined;
    const validate = async (): Promise<number | null> => {
      const { step } = trainer.state;
      const bitsPerDim = await validation.measure(weightsOf(trainer.state, 'average'));
      validated = { step, bitsPerDim };
      if (bitsPerDim !== null) {
        events.onValidation?.(step, bitsPerDim);
      }
      return bitsPerDim;
    };
    let trained = 0;
    let seconds = 0;
    while (trainer.state.step < lastStep) {
      const step = trainer.state.step + 1;
      const begin = performance.now();
      const learningRate = learningRateAt(step, schedule);
      const { bitsPerDim, gradientNorm } = await trainer
        .step(batches.at(step - 1), learningRate)
        .catch((error) => {
          throw error instanceof DivergenceError ? diverged(error, trainer.state, checkpoints, paths) : error;
        });
      const stepSeconds = (performance.now() - begin) / 1000;
      seconds += stepSeconds;
      trained += batchSize;
      const mean = Array.from(bitsPerDim).reduce((total, value) => total + value, 0) / batchSize;
      const epoch = Math.ceil(step / schedule.stepsPerEpoch);
      appendJsonLine(paths.metrics, { step, epoch, bitsPerDim: mean, learningRate, gradientNorm });
      appendTiming(paths, step, stepSeconds, batchSize);
      events.onStep?.(step, mean, trained / seconds);
      if (isMilestone(step, schedule)) {
        const validationBitsPerDim = await validate();
        if (validationBitsPerDim !== null) {
          appendJsonLine(paths.metrics, { step, validationBitsPerDim });
        }
      }
      // Last, so that the log up to a checkpoint is whole whenever there is one to go on from.
      if (isMilestone(step, schedule) || checkpoints.age >= checkpointSeconds) {
        checkpoints.save(trainer.state);
      }
      if (isMilestone(step, schedule)) {
        await events.onMilestone?.(step, trainer.state);
      }
      await nextTurn();
      if (isInterrupted()) {
        break;
      }
    }
    const { state } = trainer;
    const checkpoint = checkpoints.save(state);
    if (validated?.step !== state.step && !isInterrupted()) {
      await validate();
    }
    return {
      model,
      state,
      validationBitsPerDim: validated?.step === state.step ? validated.bitsPerDim : null,
      ...trainingTime(paths),
      checkpoint,
      complete: state.step >= schedule.totalSteps,
      interrupted: isInterrupted(),
    };
  });
}

/** What a training works with. */
interface Parts {
  readonly model: Glow;
  readonly schedule: Schedule;
  readonly batches: BatchLoader;
  readonly trainer: Trainer;
  readonly validation: Validation;
  readonly checkpoints: CheckpointWriter;
}

/** Compiles the programs, and starts the weights from data where there is no state to go on from. */
async function prepare(options: TrainingOptions, keep: Keep): Promise<Parts> {
  const { config, dataset, paths, state } = options;
  const { seed } = config;
  const { batchSize, biasCorrection } = config.training;
  requireLatest(state, paths);
  const engine: CompileOptions = { ...options, precision: 'float32' };
  const model = new Glow(config.model, dataset.imageShape);
  const schedule = scheduleOf(config, dataset.train.count);
  const { augment } = config.data;
  const batches = new BatchLoader(dataset.train, { batchSize, seed, bits: config.model.bits, augment });
  const start = state ? copyOf(state) : await startFromData(model, batches.at(0), seed, engine);
  const trainer = keep(
    await Trainer.create(model, start, {
      ...engine,
      batchSize,
      optimizer: { beta2: schedule.beta2, biasCorrection },
      averageDecay: schedule.averageDecay,
    }),
  );
  const measured = await Validation.create(model, dataset.validation, { ...engine, batchSize, seed });
  const checkpoints = checkpointWriter(trainer, model, schedule, paths);
  return { model, schedule, batches, trainer, validation: keep(measured), checkpoints };
}

/** Whether a step is validated and its checkpoint stays. */
function isMilestone(step: number, { totalSteps }: Schedule): boolean {
  return step % Math.ceil(totalSteps / MILESTONES) === 0 || step === totalSteps;
}

/** Refuses to train from another state than the latest in the folder: its checkpoints would contradict its logs. */
function requireLatest(state: TrainingState | undefined, paths: RunPaths): void {
  const { latestCheckpoint } = openRunFolder(paths.directory);
  if (latestCheckpoint !== null && (state?.step ?? 0) < latestCheckpoint.step) {
    throw new UserError(
      `${paths.directory} holds a training up to step ${latestCheckpoint.step}: ` +
        'go on with the state that resumeRun gives, or start in another folder',
    );
  }
}

/** Writes checkpoints of which those of milestones stay, and the one that the summary of an earlier call names. */
function checkpointWriter(
  { layout, state }: Trainer,
  { imageShape }: Glow,
  schedule: Schedule,
  paths: RunPaths,
): CheckpointWriter {
  const { steps: stoppedAt } = readSummary(paths);
  const stays = (step: number): boolean => isMilestone(step, schedule) || step === stoppedAt;
  return new CheckpointWriter({ paths, layout, imageShape, stays }, state.step);
}

/** The error of a training that diverged: what it has reached is saved first, and the error names it. */
function diverged(
  error: DivergenceError,
  state: TrainingState,
  checkpoints: CheckpointWriter,
  { directory, config }: RunPaths,
): unknown {
  if (state.step === 0) {
    return error;
  }
  let checkpoint = '';
  const failure = cleanedUpAfter(error, () => {
    checkpoint = checkpoints.save(state);
  });
  return failure !== error
    ? failure
    : new UserError(
        `${error.message}; ${checkpoint} holds the state before that step: ` +
          `emerging train --resume ${directory} goes on from there with what ${config} says`,
        { cause: error },
      );
}
