// The arrays of a training in the host's memory, where a loop updates the weights.
import { onlyRank } from '../../cluster/ranks.ts';
import { compileLoop, type Loop } from '../../engine/loop.ts';
import type { Groups, ParameterLayout } from '../../models/parameterLayout.ts';
import { sizeOf } from '../../numeric/ndarray.ts';
import { averageShare, withAverage } from '../../optimizers/average.ts';
import type { TrainingStart } from '../../runs/contents/trainingState.ts';
import type { GradientTarget } from '../gradients/gradientProgram.ts';
import { addInPlace, normOf, scaleInPlace } from '../gradients/gradientSum.ts';
import {
  type ArraysOfState,
  type BatchGradients,
  requireOwnMoments,
  type StateArrays,
  type StateArraysOptions,
} from './stateArrays.ts';

/** Arrays of the trained groups of a layout in the memory of a loop, which is the update of the weights. */
export class HostArrays implements StateArrays {
  readonly layout: ParameterLayout;
  readonly memory = undefined;
  private readonly options: StateArraysOptions;
  private readonly loop: Loop;
  /** bits/dim of the images of a batch; those of other ranks stay zero. */
  private readonly bitsPerDim: Float32Array;
  /** The gradients of the batch, and of one micro-batch if there are several. */
  private readonly total: Groups;
  private readonly part: Groups;
  private fixed: Groups = {};

  private constructor(layout: ParameterLayout, options: StateArraysOptions, loop: Loop) {
    this.layout = layout;
    this.options = options;
    this.loop = loop;
    this.bitsPerDim = new Float32Array(options.batchSize);
    this.total = this.groups('gradients');
    this.part = this.microBatch === this.images ? {} : layout.zeros();
  }

  /**
   * Compiles the update and allocates its memory: weights, gradients, average, and the optimiser's arrays of
   * the same size.
   *
   * @throws UserError if there is not enough memory or address space
   */
  static async open(layout: ParameterLayout, options: StateArraysOptions): Promise<HostArrays> {
    const lengths = Object.entries(layout.shapes('trained')).map(([group, shape]) => [group, sizeOf(shape)]);
    const program = withAverage(options.optimizer.program);
    const loop = await compileLoop(program, Object.fromEntries(lengths));
    const arrays = new HostArrays(layout, options, loop);
    if ('decays' in program.inputs) {
      layout.markDecays(arrays.groups('decays'));
    }
    return arrays;
  }

  get drawn(): Groups {
    return this.groups('weights');
  }

  get weights(): Groups {
    return { ...this.fixed, ...this.groups('weights') };
  }

  get average(): Groups {
    return this.groups('average');
  }

  target(part: number): GradientTarget {
    return {
      bitsPerDim: { shape: [this.microBatch], data: this.bitsOf(part) },
      gradients: part === 0 ? this.total : this.part,
    };
  }

  async add(part: number): Promise<void> {
    if (part > 0) {
      addInPlace(this.total, this.part);
    }
  }

  async collect(): Promise<BatchGradients> {
    const { ranks = onlyRank } = this.options;
    // Zeros for the images of other ranks: their sum is exact.
    const bitsPerDim = this.bitsPerDim.slice();
    await ranks.sum(bitsPerDim);
    for (const gradients of this.loop.wholeOf('gradients')) {
      await ranks.sum(gradients);
    }
    return { bitsPerDim, gradientNorm: normOf(this.total) };
  }

  async scale(factor: number): Promise<void> {
    scaleInPlace(this.total, factor);
  }

  async update(t: number, learningRate: number): Promise<void> {
    const { optimizer, averageDecay } = this.options;
    const scalars = { ...optimizer.scalars(t, learningRate), share: averageShare(t, averageDecay) };
    for (const group of this.layout.trained) {
      this.loop.run(group, scalars);
    }
  }

  async take(state: TrainingStart): Promise<void> {
    const { optimizer } = this.options;
    requireOwnMoments(optimizer, state);
    this.fill('weights', state.weights);
    this.fill('average', state.average);
    for (const moment of optimizer.moments) {
      this.fill(moment, state.optimizer?.moments[moment]);
    }
    // Not in the loop's memory: nothing ever writes to them.
    this.fixed = Object.fromEntries(
      Object.entries(state.weights).filter(([group]) => !this.layout.trained.includes(group)),
    );
  }

  async read(): Promise<ArraysOfState> {
    const { name, moments } = this.options.optimizer;
    const remembered = moments.map((moment) => [moment, this.groups(moment)]);
    return {
      weights: this.weights,
      average: this.average,
      optimizer: { name, moments: Object.fromEntries(remembered) },
    };
  }

  async readBitsPerDim(part: number): Promise<Float32Array> {
    return this.bitsOf(part);
  }

  async readGradients(): Promise<Groups> {
    return this.total;
  }

  async release(): Promise<void> {}

  /** bits/dim of a micro-batch of this rank. */
  private bitsOf(part: number): Float32Array {
    const { ranks = onlyRank } = this.options;
    const first = ranks.rank * this.images + part * this.microBatch;
    return this.bitsPerDim.subarray(first, first + this.microBatch);
  }

  /** The images of this rank. */
  private get images(): number {
    const { batchSize, ranks = onlyRank } = this.options;
    return batchSize / ranks.size;
  }

  private get microBatch(): number {
    return this.options.microBatch ?? this.images;
  }

  /** The arrays of the trained groups in the loop's memory, by their names in its program. */
  private groups(name: string): Groups {
    const arrays = this.layout.trained.map((group) => [
      group,
      { shape: this.layout.shapeOf(group), data: this.loop.vectorsOf(group)[name]! },
    ]);
    return Object.fromEntries(arrays);
  }

  /** Fills the arrays with this name with the values of others; with zeros if there are none. */
  private fill(name: string, source: Groups = {}): void {
    for (const [group, { data }] of Object.entries(this.groups(name))) {
      const given = source[group]?.data;
      if (!given) {
        data.fill(0);
      } else if (given !== data) {
        data.set(given);
      }
    }
  }
}
