// Training steps: the gradients of a batch, and the update of the weights.

import { UserError } from '../../core/errors.ts';
import { requireFinite, requireFraction } from '../../core/numeric/index.ts';
import { availableBytes } from '../../core/platform/index.ts';
import { onlyRank, ranksBeside } from '../../core/ranks/index.ts';
import {
  type DequantisationName,
  dequantisationName,
  type Flow,
  type Groups,
  ParameterLayout,
} from '../../flows/models/index.ts';
import { type Batch, requireNoise, sliceBatch } from '../../model/likelihood/index.ts';
import type { TrainingStart, TrainingState, WeightsKind } from '../../runs/contents/index.ts';
import type { GuardState } from '../../runs/contents/stored.ts';
import {
  defaultDevice,
  holdsArrays,
  type ProgramArrays,
  releaseInTurn,
  releaseOnFailure,
  usedDevice,
} from '../../tensor/engine/index.ts';
import type { ActivationChoice, GradientPlan, GradientProgram } from '../gradients/gradientPlan.ts';
import type { Loss } from '../gradients/loss.ts';
import { planGradients } from '../gradients/planGradients.ts';
import { DeviceArrays } from './deviceArrays.ts';
import { HostArrays } from './hostArrays.ts';
import {
  type BatchGradients,
  microBatchSize,
  rankBatchSize,
  type StateArrays,
  type StateArraysOptions,
} from './stateArrays.ts';

/** Options of a trainer: the optimiser, the moving average, the sizes of batches, and where it runs. */
export interface TrainerOptions extends StateArraysOptions {
  /** The maximum gradient norm; by default none. */
  readonly clipNorm?: number | undefined;
  /**
   * @internal The arrays, already opened with these options, if the initial weights are already in them; they are not released with
   * the trainer.
   */
  readonly arrays?: StateArrays;
  /** @internal What is minimised; by default −log-likelihood. */
  readonly loss?: Loss | undefined;
  /** Whether the forward activations are kept or recomputed; by default depends on the available memory. */
  readonly activations?: ActivationChoice | undefined;
  /** The number of data-parallel workers; by default what is likely to be fastest. */
  readonly workers?: number | undefined;
}

/** How far training is: its state without the arrays. */
export interface TrainerProgress extends Pick<TrainingState, 'step' | 'updates'> {
  /** @internal The state of the guard. */
  readonly guard: GuardState;
}

/** @internal The results of one micro-batch on one rank, on the host. */
export interface PartResults {
  /** bits/dim of each image. */
  readonly bitsPerDim: Float32Array;
  /** Their share of the gradients of a batch. */
  readonly gradients: Groups;
}

/** The parts of a trainer, with its model and initial state. */
interface TrainerParts extends Pick<Trainer, 'layout' | 'plan' | 'arrays'> {
  readonly model: Flow;
  readonly options: TrainerOptions;
  readonly gradientProgram: GradientProgram;
  readonly state: TrainingStart;
}

/**
 * Trains a model step by step: `create` compiles the programs; `step`, or `computeGradients` and `update`, trains; pass `state`
 * to `FlowModel.fromState`; `release` frees the memory. Data, schedule, guard and files are left to the caller; `train` adds
 * them.
 */
export class Trainer {
  /** @internal The layout of the states that it takes and returns. */
  readonly layout: ParameterLayout;
  /** @internal The number of workers, whether activations are kept or recomputed, and how much memory this takes. */
  readonly plan: GradientPlan;
  /** @internal The arrays of the state. */
  readonly arrays: StateArrays;
  private readonly options: TrainerOptions;
  /** The kind of noise that batches must have. */
  private readonly bound: DequantisationName;
  private readonly gradientProgram: GradientProgram;
  private current: TrainerProgress;

  private constructor({ model, layout, options, plan, gradientProgram, arrays, state }: TrainerParts) {
    this.bound = dequantisationName(model.options);
    this.layout = layout;
    this.options = options;
    this.plan = plan;
    this.gradientProgram = gradientProgram;
    this.arrays = arrays;
    this.current = initialProgress(state);
  }

  /**
   * Compiles the programs for training from a copy of `state`, such as `startFromData` returns.
   *
   * @throws UserError if an option is out of its range, the number of workers is impossible, micro-batches do not make up a batch,
   * or the device cannot run the programs
   */
  static async create(model: Flow, state: TrainingStart, chosen: TrainerOptions): Promise<Trainer> {
    requireOptions(chosen);
    const options = { ...chosen, device: await usedDevice(chosen.device ?? defaultDevice) };
    const layout = new ParameterLayout(model.parameters);
    return releaseOnFailure(async (keep) => {
      const arrays = options.arrays ?? keep(await openStateArrays(layout, options));
      await arrays.take(state);
      // Planned last, when the state has already taken its share of the available memory.
      const available = availableBytes() / ranksBeside(options.ranks ?? onlyRank);
      const { memory } = arrays;
      const images = microBatchSize(options);
      const plan = planGradients({ ...options, model, layout: arrays.layout, images, available, memory });
      const gradientProgram = keep(await plan.compile());
      return new Trainer({ model, layout, options, plan, gradientProgram, arrays, state });
    });
  }

  /** How far training is. */
  get progress(): TrainerProgress {
    return this.current;
  }

  /** The state; on the host its arrays are the training's own, which change with every update. */
  async state(): Promise<TrainingState> {
    return { ...this.current, ...(await this.arrays.read()) };
  }

  /** @internal The weights for programs in the layout of the arrays. Before the first update the average equals the weights. */
  weights(kind: WeightsKind): ProgramArrays {
    const { weights, average } = this.arrays;
    return kind === 'raw' || this.current.updates === 0 ? weights : { ...weights, ...average };
  }

  /** One update of the weights from one batch, with the given learning rate. */
  async step(batch: Batch, learningRate: number): Promise<BatchGradients> {
    const batchGradients = await this.computeGradients(batch);
    await this.update(batchGradients, learningRate);
    return batchGradients;
  }

  /**
   * The loss and gradients of a batch, accumulated in float32 over the micro-batches and summed over the ranks, each of
   * which passes its share of the batch; changes no weight.
   *
   * @throws UserError if the batch has another number of images than the trainer was made for, or noise of a kind that differs from what
   * the model takes
   */
  async computeGradients(batch: Batch): Promise<BatchGradients> {
    const { arrays } = this;
    const images = rankBatchSize(this.options);
    const imageCount = batch.image.shape[0];
    if (imageCount !== images) {
      throw new UserError(
        'mismatch',
        `the trainer expects batches of ${images} images, and this batch has ${imageCount}: give both the same batchSize`,
      );
    }
    requireNoise(this.bound, batch.noise);
    const microBatch = microBatchSize(this.options);
    const parts = images / microBatch;
    for (let part = 0; part < parts; part++) {
      const some = sliceBatch(batch, part * microBatch, microBatch);
      await this.gradientProgram.run(some, arrays.weights, arrays.target(part));
      await arrays.add(part);
    }
    return arrays.collect();
  }

  /** @internal The results of a single micro-batch; changes no weight. Later gradients overwrite them. */
  async resultsOfPart(batch: Batch): Promise<PartResults> {
    const { arrays } = this;
    await this.gradientProgram.run(batch, arrays.weights, arrays.target(0));
    return { bitsPerDim: await arrays.readBitsPerDim(0), gradients: await arrays.readGradients() };
  }

  /**
   * Updates the weights by the gradients of the latest batch, clipped to the norm set in the options.
   *
   * @throws UserError (`invalid-argument`) if the learning rate is negative or not finite
   */
  async update({ gradientNorm }: BatchGradients, learningRate: number): Promise<void> {
    requireFinite('learningRate', learningRate, 0);
    const { clipNorm } = this.options;
    const { step } = this.current;
    const updates = this.current.updates + 1;
    if (clipNorm !== undefined && gradientNorm > clipNorm) {
      await this.arrays.scale(clipNorm / gradientNorm);
    }
    await this.arrays.update(updates, learningRate);
    this.current = { ...this.current, step: step + 1, updates };
  }

  /** Counts a step whose gradients are not applied. */
  dropStep(): void {
    this.current = { ...this.current, step: this.current.step + 1 };
  }

  /** @internal Sets the guard's state. */
  remember(guard: GuardState): void {
    this.current = { ...this.current, guard };
  }

  /** Continues from a copy of another state. */
  async replace(state: TrainingStart): Promise<void> {
    await this.arrays.take(state);
    this.current = initialProgress(state);
  }

  /** Frees the programs, and the arrays unless they were given. */
  async release(): Promise<void> {
    await releaseInTurn([this.gradientProgram, this.options.arrays ? undefined : this.arrays]);
  }
}

/** Opens the arrays of a training where its device wants them. */
export function openStateArrays(layout: ParameterLayout, options: StateArraysOptions): Promise<StateArrays> {
  const { device = defaultDevice } = options;
  return holdsArrays(device) ? DeviceArrays.open(layout, options) : HostArrays.open(layout, options);
}

function initialProgress({ step, updates, guard }: TrainingStart): TrainerProgress {
  return { step, updates, guard };
}

/** Checks options that no configuration has validated. */
function requireOptions(options: TrainerOptions): void {
  requireFraction('averageDecay', options.averageDecay);
  if (options.clipNorm !== undefined) {
    requireFinite('clipNorm', options.clipNorm, 0);
  }
  const [images, microBatch] = [rankBatchSize(options), microBatchSize(options)];
  if (!Number.isInteger(images) || images < 1) {
    throw new UserError(
      'invalid-argument',
      `batchSize must be a whole number of 1 or more, and a multiple of the number of ranks, not ${options.batchSize}`,
    );
  }
  if (!Number.isInteger(microBatch) || microBatch < 1 || images % microBatch !== 0) {
    throw new UserError(
      'invalid-argument',
      `microBatch is ${microBatch}, but must divide the ${images} images of a batch`,
    );
  }
}
