// The steps of a training: gradients of a batch, and the update of the weights.
import { type CompileOptions, compile, type Program } from '../engine/program.ts';
import { parametersFrom } from '../flows/parameters.ts';
import type { Glow } from '../models/glow.ts';
import type { NdArray } from '../numeric/ndarray.ts';
import { type GradientOptions, gradients } from '../tensor/gradient.ts';
import { add, multiply, sqrt, sum } from '../tensor/operations/index.ts';
import type { ProgramDefinition } from '../tensor/program.ts';
import { constant, type Tensor } from '../tensor/tensor.ts';
import { type AdamaxOptions, adamaxProgram, stateKinds, stateName, updateRates } from './adamax.ts';
import { addInPlace, normOf, scaleInPlace } from './gradientSum.ts';
import type { GuardState } from './guard.ts';
import { type Batch, bitsPerDimOf, partOf } from './likelihood.ts';
import { type Groups, ParameterLayout } from './parameterLayout.ts';
import { releaseOnFailure } from './resources.ts';
import type { TrainingState } from './trainingState.ts';

/** What a batch tells of the weights. */
export interface BatchGradients {
  /** bits/dim of each image of the batch. */
  readonly bitsPerDim: Float32Array;
  /** The Euclidean norm of the gradient of the mean bits/dim, before it is cut. */
  readonly gradientNorm: number;
  /** The gradients by group; the next batch overwrites them. */
  readonly gradients: Groups;
}

/** How a trainer is made. */
export interface TrainerOptions extends CompileOptions {
  /** Images per update. */
  readonly batchSize: number;
  /** Images per run of the program, a divisor of `batchSize`; by default all of them. */
  readonly microBatch?: number;
  /** The norm to which longer gradients are cut; by default none is. */
  readonly clipNorm?: number;
  readonly optimizer: AdamaxOptions;
  /** The decay of the moving average of the weights. */
  readonly averageDecay: number;
}

/** The programs and the state of a training. */
export class Trainer {
  readonly layout: ParameterLayout;
  private readonly options: TrainerOptions;
  private readonly gradientProgram: Program;
  private readonly updateProgram: Program;
  private current: TrainingState;
  /** The weights are written to this and the arrays in use in turn: an update must not overwrite what it reads. */
  private spare: Groups;
  /** The gradients of the batch, and those of one micro-batch where there are several, in arrays that stay. */
  private readonly total: Groups;
  private readonly part: Groups;

  private constructor(
    layout: ParameterLayout,
    options: TrainerOptions,
    gradientProgram: Program,
    updateProgram: Program,
    state: TrainingState,
  ) {
    this.layout = layout;
    this.options = options;
    this.gradientProgram = gradientProgram;
    this.updateProgram = updateProgram;
    this.current = state;
    this.spare = layout.zeros();
    this.total = layout.zeros();
    this.part = options.batchSize === microBatchOf(options) ? {} : layout.zeros();
  }

  /** Compiles the programs of a training that goes on from `state`, whose arrays it will overwrite. */
  static async create(model: Glow, state: TrainingState, options: TrainerOptions): Promise<Trainer> {
    const layout = new ParameterLayout(model.parameters);
    const groups = layout.trained.map((name) => ({ name, shape: layout.shapeOf(name) }));
    return releaseOnFailure(async (keep) => {
      const { batchSize } = options;
      const definition = gradientDefinition(model, layout, microBatchOf(options), batchSize);
      const gradientProgram = keep(await compile(definition, options));
      const updateProgram = keep(await compile(adamaxProgram(groups, options.optimizer), options));
      return new Trainer(layout, options, gradientProgram, updateProgram, state);
    });
  }

  get state(): TrainingState {
    return this.current;
  }

  /** One update of the weights, from one batch, with the given learning rate. */
  async step(batch: Batch, learningRate: number): Promise<BatchGradients> {
    const gradients = await this.gradientsOf(batch);
    await this.update(gradients, learningRate);
    return gradients;
  }

  /** The loss of a batch and its gradients, summed in float32 over the micro-batches; changes no weight. */
  async gradientsOf(batch: Batch): Promise<BatchGradients> {
    const { batchSize } = this.options;
    const microBatch = microBatchOf(this.options);
    const bitsPerDim = new Float32Array(batchSize);
    let gradientNorm = 0;
    for (let first = 0; first < batchSize; first += microBatch) {
      const target = first === 0 ? this.total : this.part;
      const into = Object.fromEntries(
        Object.entries(target).map(([group, array]) => [stateName('gradients', group), array]),
      );
      const part = partOf(batch, first, microBatch);
      const results = await this.gradientProgram.run({ ...part, ...this.current.weights }, into);
      bitsPerDim.set(results.bitsPerDim!.data, first);
      gradientNorm = results.gradientNorm!.data[0]!;
      if (first > 0) {
        addInPlace(this.total, this.part);
      }
    }
    return {
      bitsPerDim,
      gradientNorm: microBatch < batchSize ? normOf(this.total) : gradientNorm,
      gradients: this.total,
    };
  }

  /** Updates the weights by the gradients of a batch, cut to the norm that the options name. */
  async update({ gradients: found, gradientNorm }: BatchGradients, learningRate: number): Promise<void> {
    const { optimizer, averageDecay, clipNorm = Number.POSITIVE_INFINITY } = this.options;
    const { step } = this.current;
    const updates = this.current.updates + 1;
    const { rate, share } = updateRates(updates, learningRate, optimizer, averageDecay);
    const feeds: Groups = { rate: scalar(rate), share: scalar(share) };
    const into: Groups = {};
    if (gradientNorm > clipNorm) {
      scaleInPlace(found, clipNorm / gradientNorm);
    }
    for (const group of this.layout.trained) {
      feeds[stateName('gradients', group)] = found[group]!;
      for (const kind of stateKinds) {
        const array = this.current[kind][group]!;
        feeds[stateName(kind, group)] = array;
        // Each element of a moment or the average is read just before it is written, so these stay in place.
        into[stateName(kind, group)] = kind === 'weights' ? this.spare[group]! : array;
      }
    }
    await this.updateProgram.run(feeds, into);
    const written = this.spare;
    const { weights } = this.current;
    this.spare = Object.fromEntries(this.layout.trained.map((group) => [group, weights[group]!]));
    this.current = { ...this.current, step: step + 1, updates, weights: { ...weights, ...written } };
  }

  /** Makes a step without an update. */
  skip(): void {
    this.current = { ...this.current, step: this.current.step + 1 };
  }

  /** Sets what the guard remembers. */
  remember(guard: GuardState): void {
    this.current = { ...this.current, guard };
  }

  /** Goes on from another state, whose arrays it will overwrite. */
  replace(state: TrainingState): void {
    this.current = state;
  }

  /** Frees the programs. */
  async release(): Promise<void> {
    await this.gradientProgram.release();
    await this.updateProgram.release();
  }
}

function microBatchOf({ batchSize, microBatch = batchSize }: TrainerOptions): number {
  return microBatch;
}

function scalar(value: number): NdArray {
  return { shape: [], data: Float32Array.of(value) };
}

/**
 * The program of the gradients: from `image`, `noise` and the groups of weights to `bitsPerDim` of each image, the
 * gradients of their mean as `gradients/…`, and their norm `gradientNorm`.
 *
 * @param images images per run
 * @param batchSize the images that the mean is over: with fewer in a run, the gradients of the runs add up to its
 */
export function gradientDefinition(
  model: Glow,
  layout: ParameterLayout,
  images: number,
  batchSize = images,
  options: GradientOptions = {},
): ProgramDefinition {
  const { inputs, tensors } = layout.inputs();
  const { image, noise, bitsPerDim } = bitsPerDimOf(model, images, parametersFrom(tensors));
  const variables = layout.trained.map((name) => inputs[name]!);
  const found = gradients(sum(bitsPerDim), variables, constant(1 / batchSize), options);
  const squares = found.map((g) => sum(multiply(g, g))).reduce(add);
  const outputs: Record<string, Tensor> = { bitsPerDim, gradientNorm: sqrt(squares) };
  layout.trained.forEach((name, index) => {
    outputs[stateName('gradients', name)] = found[index]!;
  });
  return { inputs: { image, noise, ...inputs }, outputs };
}
