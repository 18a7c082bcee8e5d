// The training of a model: its start from data, and steps of gradients and update.
import { type CompileOptions, compile, type Program } from '../engine/program.ts';
import { UserError } from '../errors.ts';
import { parametersFrom, startingParameters } from '../flows/parameters.ts';
import type { Glow } from '../models/glow.ts';
import type { NdArray } from '../numeric/ndarray.ts';
import { gradients } from '../tensor/gradient.ts';
import { add, multiply, sqrt, sum } from '../tensor/operations/index.ts';
import type { ProgramDefinition } from '../tensor/program.ts';
import { constant, input, type Tensor } from '../tensor/tensor.ts';
import { type AdamaxOptions, adamaxProgram, stateKinds, stateName, updateRates } from './adamax.ts';
import { type Batch, bitsPerDimOf } from './likelihood.ts';
import { type Groups, ParameterLayout } from './parameterLayout.ts';
import { releaseAfter, releaseOnFailure } from './resources.ts';

/** All that a training remembers besides its configuration. */
export interface TrainingState {
  /** The number of updates made. */
  readonly step: number;
  /** The weights as the last update left them, fixed parameters included. */
  readonly weights: Groups;
  /** Adamax's first moment m. */
  readonly first: Groups;
  /** Adamax's decayed largest gradient u. */
  readonly second: Groups;
  /** The moving average of the weights, corrected for its zero start. */
  readonly average: Groups;
}

/** The weights of a training: as they are, or averaged over its steps. */
export type WeightsKind = 'average' | 'raw';

/** The weights of a state, fixed parameters included. */
export function weightsOf({ weights, average }: TrainingState, kind: WeightsKind): Groups {
  return kind === 'raw' ? weights : { ...weights, ...average };
}

/** A copy of a state, which a training from it leaves alone. */
export function copyOf(state: TrainingState): TrainingState {
  const copies = stateKinds.map((kind) => {
    const groups = Object.entries(state[kind]).map(([name, { shape, data }]) => [
      name,
      { shape, data: data.slice() },
    ]);
    return [kind, Object.fromEntries(groups)];
  });
  return { ...state, ...Object.fromEntries(copies) };
}

/** The error of a step whose gradient is not finite; the state is as the step before left it. */
export class DivergenceError extends UserError {
  constructor(step: number) {
    super(
      `the training diverged at step ${step}: the gradient is not finite; ` +
        'try a lower training.learningRate or a longer warm-up',
    );
    this.name = 'DivergenceError';
  }
}

/** What one step tells. */
export interface StepResult {
  /** bits/dim of each image of the batch, before the update. */
  readonly bitsPerDim: Float64Array | Float32Array;
  /** The Euclidean norm of the gradient of the mean bits/dim. */
  readonly gradientNorm: number;
}

/** How a trainer is made. */
export interface TrainerOptions extends CompileOptions {
  /** Images per run of the program. */
  readonly batchSize: number;
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
  }

  /** Compiles the programs of a training that goes on from `state`, whose arrays it will overwrite. */
  static async create(model: Glow, state: TrainingState, options: TrainerOptions): Promise<Trainer> {
    const layout = new ParameterLayout(model.parameters);
    const groups = layout.trained.map((name) => ({ name, shape: layout.shapeOf(name) }));
    return releaseOnFailure(async (keep) => {
      const definition = gradientDefinition(model, layout, options.batchSize);
      const gradientProgram = keep(await compile(definition, options));
      const updateProgram = keep(await compile(adamaxProgram(groups, options.optimizer), options));
      return new Trainer(layout, options, gradientProgram, updateProgram, state);
    });
  }

  get state(): TrainingState {
    return this.current;
  }

  /**
   * One update of the weights, from one batch, with the given learning rate.
   *
   * @throws DivergenceError, before anything is changed, if the loss or its gradient is not finite
   */
  async step(batch: Batch, learningRate: number): Promise<StepResult> {
    const { weights, step } = this.current;
    const results = await this.gradientProgram.run({ ...batch, ...weights });
    if (!Number.isFinite(results.gradientNorm!.data[0]!)) {
      throw new DivergenceError(step + 1);
    }
    await this.update(results, step + 1, learningRate);
    return {
      bitsPerDim: results.bitsPerDim!.data,
      gradientNorm: results.gradientNorm!.data[0]!,
    };
  }

  private async update(gradientArrays: Groups, step: number, learningRate: number): Promise<void> {
    const { optimizer, averageDecay } = this.options;
    const { rate, share } = updateRates(step, learningRate, optimizer, averageDecay);
    const feeds: Groups = { rate: scalar(rate), share: scalar(share) };
    const into: Groups = {};
    for (const group of this.layout.trained) {
      feeds[stateName('gradients', group)] = gradientArrays[stateName('gradients', group)]!;
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
    this.current = { ...this.current, step, weights: { ...weights, ...written } };
  }

  /** Frees the programs. */
  async release(): Promise<void> {
    await this.gradientProgram.release();
    await this.updateProgram.release();
  }
}

function scalar(value: number): NdArray {
  return { shape: [], data: Float32Array.of(value) };
}

/**
 * The program of the gradients: from `image`, `noise` and the groups of weights to `bitsPerDim` of each image, the
 * gradients of their mean as `gradients/…`, and their norm `gradientNorm`.
 */
export function gradientDefinition(
  model: Glow,
  layout: ParameterLayout,
  batchSize: number,
): ProgramDefinition {
  const { inputs, tensors } = layout.inputs();
  const { image, noise, bitsPerDim } = bitsPerDimOf(model, batchSize, parametersFrom(tensors));
  const variables = layout.trained.map((name) => inputs[name]!);
  const found = gradients(sum(bitsPerDim), variables, constant(1 / batchSize));
  const squares = found.map((g) => sum(multiply(g, g))).reduce(add);
  const outputs: Record<string, Tensor> = { bitsPerDim, gradientNorm: sqrt(squares) };
  layout.trained.forEach((name, index) => {
    outputs[stateName('gradients', name)] = found[index]!;
  });
  return { inputs: { image, noise, ...inputs }, outputs };
}

/**
 * The state from which a training starts: parameters drawn with the seed, then every actnorm set from a batch, in
 * order, each on what the layers before it make of the batch.
 */
export async function startFromData(
  model: Glow,
  batch: Batch,
  seed: number,
  options: CompileOptions = {},
): Promise<TrainingState> {
  const layout = new ParameterLayout(model.parameters);
  const drawn = layout.initial(seed);
  const { inputs, tensors } = layout.inputs();
  const { parameters, started } = startingParameters(tensors);
  const image = input('image', batch.image.shape);
  const noise = input('noise', batch.noise.shape);
  model.likelihood(image, noise, parameters);
  const definition = { inputs: { image, noise, ...inputs }, outputs: Object.fromEntries(started) };
  const values = await releaseAfter(async (keep) => {
    const program = keep(await compile(definition, options));
    return program.run({ ...batch, ...drawn });
  });
  const weights = layout.pack({ ...layout.unpack(drawn), ...values });
  return { step: 0, weights, first: layout.zeros(), second: layout.zeros(), average: layout.zeros() };
}
