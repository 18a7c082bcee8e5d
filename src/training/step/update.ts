// The update of the weights, and the memory in which it is done.
import { compileLoop, type Loop } from '../../engine/loop.ts';
import { sizeOf } from '../../numeric/ndarray.ts';
import { averageShare, withAverage } from '../../optimizers/average.ts';
import type { Optimizer } from '../../optimizers/optimizer.ts';
import type { Groups, ParameterLayout } from '../parameterLayout.ts';
import type { TrainingStart, TrainingState } from '../trainingState.ts';

/** What an update goes by. */
export interface UpdateOptions {
  readonly optimizer: Optimizer;
  /** The decay of the moving average of the weights. */
  readonly averageDecay: number;
}

/** An optimiser, and the average of the weights, for the trained groups of a layout: their arrays stand in its memory. */
export class Update {
  private readonly layout: ParameterLayout;
  private readonly options: UpdateOptions;
  private readonly loop: Loop;

  private constructor(layout: ParameterLayout, options: UpdateOptions, loop: Loop) {
    this.layout = layout;
    this.options = options;
    this.loop = loop;
  }

  /**
   * Compiles the update and takes the memory for it: weights, gradients, average, and what the optimiser has of their
   * size.
   *
   * @throws UserError if there is no memory or address space for it
   */
  static async compile(layout: ParameterLayout, options: UpdateOptions): Promise<Update> {
    const lengths = layout.trained.map((group) => [group, sizeOf(layout.shapeOf(group))]);
    const program = withAverage(options.optimizer.program);
    const update = new Update(layout, options, await compileLoop(program, Object.fromEntries(lengths)));
    if ('decays' in program.inputs) {
      for (const [path, { data }] of Object.entries(layout.unpack(update.groups('decays')))) {
        data.fill(layout.specs[path]!.decays ? 1 : 0);
      }
    }
    return update;
  }

  /** The arrays of the trained groups in this memory, by the name that the program has for them. */
  groups(name: string): Groups {
    const arrays = this.layout.trained.map((group) => [
      group,
      { shape: this.layout.shapeOf(group), data: this.loop.vectorsOf(group)[name]! },
    ]);
    return Object.fromEntries(arrays);
  }

  /**
   * A state with the same values in this memory; what it has no arrays of is zero.
   *
   * @throws Error if it is the state of another optimiser
   */
  take({ optimizer: remembered, ...state }: TrainingStart): TrainingState {
    const { name, moments } = this.options.optimizer;
    if (remembered && remembered.name !== name) {
      throw new Error(`an ${name} update cannot use the moments of ${remembered.name}`);
    }
    // Fixed weights are in no memory of an update, and nothing ever writes to them.
    const weights = { ...state.weights, ...this.taken('weights', state.weights) };
    const average = this.taken('average', state.average);
    const taken = moments.map((moment) => [moment, this.taken(moment, remembered?.moments[moment])]);
    return { ...state, weights, average, optimizer: { name, moments: Object.fromEntries(taken) } };
  }

  /** Update t = 1, 2, … of all groups by these gradients, with the learning rate of the schedule. */
  run(gradients: Groups, t: number, learningRate: number): void {
    this.taken('gradients', gradients);
    const { optimizer, averageDecay } = this.options;
    const scalars = { ...optimizer.scalars(t, learningRate), share: averageShare(t, averageDecay) };
    for (const group of this.layout.trained) {
      this.loop.run(group, scalars);
    }
  }

  /** The arrays of this name in this memory, with the values of others; zero where there are none. */
  private taken(name: string, source: Groups = {}): Groups {
    const groups = this.groups(name);
    for (const [group, { data }] of Object.entries(groups)) {
      const given = source[group]?.data;
      if (!given) {
        data.fill(0);
      } else if (given !== data) {
        data.set(given);
      }
    }
    return groups;
  }
}
