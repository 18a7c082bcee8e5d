// A training run from start to end: batches, steps, validation, logs and checkpoints in a run folder.
import { BatchStream } from '../data/batches.ts';
import type { Dataset } from '../data/dataset.ts';
import type { CompileOptions } from '../engine/program.ts';
import type { Config } from '../experiments/config.ts';
import { learningRateAt, type Schedule, scheduleOf } from '../experiments/schedule.ts';
import { Glow } from '../models/glow.ts';
import { dimensionsOf } from '../numeric/imageShape.ts';
import { RandomStream } from '../numeric/random.ts';
import { saveCheckpoint } from './checkpoint.ts';
import { appendJsonLine } from './jsonLines.ts';
import { type Batch, imageArray, nextTurn } from './likelihood.ts';
import { checkpointPath, type RunPaths } from './runFolder.ts';
import { startFromData, Trainer, type TrainingState, weightsOf } from './trainer.ts';
import { Validation } from './validation.ts';

/** What a run tells while it trains. */
export interface TrainingEvents {
  /** After each step: its number, the mean bits/dim of its batch, and the rate of the steps so far. */
  onStep?(step: number, bitsPerDim: number, imagesPerSecond: number): void;
  /** After each validation with the average weights. */
  onValidation?(step: number, bitsPerDim: number): void;
}

/** What a run trains, on what, and where it goes. */
export interface TrainingOptions extends CompileOptions {
  /** The experiment. */
  readonly config: Config;
  /** The images; those of validation are measured, those of test are not touched. */
  readonly dataset: Dataset;
  /** The run folder, which is there already. */
  readonly paths: RunPaths;
  /** The state to go on from; a new one is started from data where there is none. */
  readonly state?: TrainingState | undefined;
  /** Ends after this step and leaves the schedule alone. */
  readonly stopAt?: number | undefined;
  /** Ends after the step that is running when it is aborted; a run never ends without a step. */
  readonly signal?: AbortSignal | undefined;
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
  /** Over the steps alone, without start, validation and checkpoints. */
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
 * checkpoint at the end.
 *
 * Everything random is a function of the seed and the step, and so is what the metrics hold: the validation of a run
 * that stops between milestones is told and not logged. So the same configuration gives the same bytes, in one go or
 * with stops.
 *
 * @throws UserError if the training diverges or a file cannot be written
 */
export async function train(options: TrainingOptions): Promise<TrainingResult> {
  const { config, dataset, paths, signal, events = {} } = options;
  const { batchSize, biasCorrection } = config.training;
  const model = new Glow(config.model, dataset.imageShape);
  const schedule = scheduleOf(config, dataset.train.count);
  const batches = new BatchLoader(config, dataset);
  const start = options.state ?? (await startFromData(model, batches.at(0), config.seed, options));
  const trainer = await Trainer.create(model, start, {
    ...options,
    batchSize,
    optimizer: { beta2: schedule.beta2, biasCorrection },
    averageDecay: schedule.averageDecay,
  });
  const validation = await Validation.create(model, dataset.validation, {
    ...options,
    batchSize,
    seed: config.seed,
  });
  const lastStep = lastStepOf(schedule, options.stopAt);
  const milestone = Math.ceil(schedule.totalSteps / MILESTONES);
  let saved = start.step;
  let validated: { step: number; bitsPerDim: number | null } | undefined;
  const isInterrupted = (): boolean => signal?.aborted === true;
  let trained = 0;
  let seconds = 0;
  const save = (): void => {
    const { state, layout } = trainer;
    saveCheckpoint(checkpointPath(paths, state.step), state, layout, model.imageShape);
    saved = state.step;
  };
  const validate = async (): Promise<number | null> => {
    const { state } = trainer;
    const bitsPerDim = await validation.measure(weightsOf(state, 'average'));
    validated = { step: state.step, bitsPerDim };
    if (bitsPerDim !== null) {
      events.onValidation?.(state.step, bitsPerDim);
    }
    return bitsPerDim;
  };
  while (trainer.state.step < lastStep) {
    const step = trainer.state.step + 1;
    const begin = performance.now();
    const learningRate = learningRateAt(step, schedule);
    const { bitsPerDim, gradientNorm } = await trainer.step(batches.at(step - 1), learningRate);
    const stepSeconds = (performance.now() - begin) / 1000;
    seconds += stepSeconds;
    trained += batchSize;
    const mean = Array.from(bitsPerDim).reduce((total, value) => total + value, 0) / batchSize;
    const epoch = Math.ceil(step / schedule.stepsPerEpoch);
    appendJsonLine(paths.metrics, { step, epoch, bitsPerDim: mean, learningRate, gradientNorm });
    appendJsonLine(paths.timings, { step, seconds: stepSeconds, imagesPerSecond: batchSize / stepSeconds });
    events.onStep?.(step, mean, trained / seconds);
    if (step % milestone === 0 || step === schedule.totalSteps) {
      const validationBitsPerDim = await validate();
      if (validationBitsPerDim !== null) {
        appendJsonLine(paths.metrics, { step, validationBitsPerDim });
      }
      // Last, so that the log up to a checkpoint is whole whenever there is one to go on from.
      save();
    }
    await nextTurn();
    if (isInterrupted()) {
      break;
    }
  }
  const { state } = trainer;
  if (saved !== state.step) {
    save();
  }
  if (validated?.step !== state.step && !isInterrupted()) {
    await validate();
  }
  await Promise.all([trainer.release(), validation.release()]);
  return {
    model,
    state,
    validationBitsPerDim: validated?.step === state.step ? validated.bitsPerDim : null,
    imagesPerSecond: seconds > 0 ? trained / seconds : 0,
    checkpoint: checkpointPath(paths, state.step),
    complete: state.step >= schedule.totalSteps,
    interrupted: isInterrupted(),
  };
}

/** The batches of a run by step, from 0: shuffled images and the noise that dequantises them. */
class BatchLoader {
  private readonly stream: BatchStream;
  private readonly config: Config;
  private readonly dataset: Dataset;
  private readonly pixels: Uint8Array;
  private readonly noise: Float32Array;

  constructor(config: Config, dataset: Dataset) {
    const { batchSize } = config.training;
    const size = batchSize * dimensionsOf(dataset.imageShape);
    this.stream = new BatchStream(dataset.train, batchSize, config.seed);
    this.config = config;
    this.dataset = dataset;
    this.pixels = new Uint8Array(size);
    this.noise = new Float32Array(size);
  }

  at(step: number): Batch {
    const { seed, model } = this.config;
    this.stream.batchAt(step, this.pixels);
    new RandomStream(seed, 'noise', step).fillDequantisationNoise(this.noise);
    const image = imageArray(this.pixels, this.dataset.imageShape, model.bits);
    return { image, noise: { shape: image.shape, data: this.noise } };
  }
}
