// A training run from start to end: batches, steps, validation, logs and checkpoints in a run folder.
import { BatchStream } from '../data/batches.ts';
import type { Dataset } from '../data/dataset.ts';
import type { CompileOptions } from '../engine/program.ts';
import { compile } from '../engine/program.ts';
import type { Config } from '../experiments/config.ts';
import { learningRateAt, type Schedule, scheduleOf } from '../experiments/schedule.ts';
import { Glow } from '../models/glow.ts';
import { dimensionsOf } from '../numeric/imageShape.ts';
import { RandomStream } from '../numeric/random.ts';
import { saveCheckpoint } from './checkpoint.ts';
import { appendJsonLine } from './jsonLines.ts';
import { type Batch, imageArray, likelihoodDefinition, measureBitsPerDim, nextTurn } from './likelihood.ts';
import { checkpointPath, type RunPaths } from './runFolder.ts';
import { startFromData, Trainer, type TrainingState, weightsOf } from './trainer.ts';

/** What a run tells while it trains. */
export interface TrainingEvents {
  /** After each step: its number, the mean bits/dim of its batch, and the rate of the steps so far. */
  onStep?(step: number, bitsPerDim: number, imagesPerSecond: number): void;
  /** After each validation with the average weights. */
  onValidation?(step: number, bitsPerDim: number): void;
}

/** What a run trains, on what, and where it goes. */
export interface TrainingOptions extends CompileOptions {
  readonly config: Config;
  readonly dataset: Dataset;
  readonly paths: RunPaths;
  /** The state to go on from; a new one is started from data where there is none. */
  readonly state?: TrainingState | undefined;
  /** Ends after this step and leaves the schedule alone. */
  readonly stopAt?: number | undefined;
  /** Ends after the step that is running when it is aborted. */
  readonly signal?: AbortSignal | undefined;
  readonly events?: TrainingEvents;
}

/** How a run ended. */
export interface TrainingResult {
  readonly model: Glow;
  readonly state: TrainingState;
  readonly schedule: Schedule;
  /** bits/dim of the validation images with the average weights; null where there are none. */
  readonly validationBitsPerDim: number | null;
  /** Over the steps alone, without start, validation and checkpoints. */
  readonly imagesPerSecond: number;
  readonly checkpoint: string;
  /** Whether all steps of the schedule are done. */
  readonly complete: boolean;
}

/** How many validations and checkpoints a run has at most, the last one included. */
const MILESTONES = 5;

/**
 * Trains a model and writes the run folder: metrics after every step, checkpoints and validation at milestones and
 * at the end.
 *
 * Everything random is a function of the seed and the step, so the same configuration gives the same bytes.
 *
 * @throws UserError if the training diverges or a file cannot be written
 */
export async function train(options: TrainingOptions): Promise<TrainingResult> {
  const { config, dataset, paths, stopAt, signal, events = {} } = options;
  const { batchSize, biasCorrection } = config.training;
  const model = new Glow(config.model, dataset.imageShape);
  const schedule = scheduleOf(config, dataset.train.count);
  const batches = new BatchLoader(config, dataset);
  const state = options.state ?? (await startFromData(model, batches.at(0), config.seed, options));
  const trainer = await Trainer.create(model, state, {
    ...options,
    batchSize,
    optimizer: { beta2: schedule.beta2, biasCorrection },
    averageDecay: schedule.averageDecay,
  });
  const validate = await validation(model, trainer, options);
  const lastStep = Math.min(schedule.totalSteps, stopAt ?? Number.POSITIVE_INFINITY);
  const milestone = Math.max(1, Math.ceil(schedule.totalSteps / MILESTONES));
  let checkpoint = checkpointPath(paths, state.step);
  let validationBitsPerDim: number | null = null;
  let trained = 0;
  let seconds = 0;
  while (trainer.state.step < lastStep && !signal?.aborted) {
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
    const last = step === lastStep || signal?.aborted;
    if (last || step % milestone === 0) {
      checkpoint = checkpointPath(paths, step);
      saveCheckpoint(checkpoint, trainer.state, trainer.layout, model.imageShape);
      validationBitsPerDim = await validate.run();
      if (validationBitsPerDim !== null) {
        appendJsonLine(paths.metrics, { step, validationBitsPerDim });
        events.onValidation?.(step, validationBitsPerDim);
      }
    }
    await nextTurn();
  }
  await Promise.all([trainer.release(), validate.release()]);
  return {
    model,
    state: trainer.state,
    schedule,
    validationBitsPerDim,
    imagesPerSecond: seconds > 0 ? trained / seconds : 0,
    checkpoint,
    complete: trainer.state.step >= schedule.totalSteps,
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

/** Measures the average weights on the validation images, with the same noise each time. */
async function validation(
  model: Glow,
  trainer: Trainer,
  { config, dataset, ...options }: TrainingOptions,
): Promise<{ run(): Promise<number | null>; release(): Promise<void> }> {
  const images = dataset.validation;
  if (images.count === 0) {
    return { run: async () => null, release: async () => {} };
  }
  const batchSize = Math.min(config.training.batchSize, images.count);
  const program = await compile(likelihoodDefinition(model, batchSize, trainer.layout.inputs()), options);
  return {
    async run() {
      const weights = weightsOf(trainer.state, 'average');
      const measurement = { batchSize, bits: config.model.bits, seed: config.seed, draw: 0, weights };
      const perImage = await measureBitsPerDim(program, images, measurement);
      return perImage.reduce((total, value) => total + value, 0) / images.count;
    },
    release: () => program.release(),
  };
}
