// The update of the weights, and the memory it runs in.
import { compileLoop, type Loop } from '../../engine/loop.ts';
import { sizeOf } from '../../numeric/ndarray.ts';
import { averageShare, withAverage } from '../../optimizers/average.ts';
import type { Optimizer } from '../../optimizers/optimizer.ts';
import type { Groups, ParameterLayout } from '../parameterLayout.ts';
import type { TrainingStart, TrainingState } from '../trainingState.ts';

/** The settings of an update. */
export interface UpdateOptions {
  readonly optimizer: Optimizer;
  /** The decay of the moving average of the weights. */
  readonly averageDecay: number;
}

/** An optimiser and weight average for the trained groups of a layout, whose arrays are in its memory. */
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
   * Compiles the update and allocates its memory: weights, gradients, average, and the optimiser's arrays of
   * the same size.
   *
   * @throws UserError if there is not enough memory or address space
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

  /** The arrays of the trained groups in this memory, by their names in the program. */
  groups(name: string): Groups {
    const arrays = this.layout.trained.map((group) => [
      group,
      { shape: this.layout.shapeOf(group), data: this.loop.vectorsOf(group)[name]! },
    ]);
    return Object.fromEntries(arrays);
  }

  /** The arrays of all trained groups with this name, in as few pieces as possible. */
  wholeOf(name: string): Float32Array[] {
    return this.loop.wholeOf(name);
  }

  /**
   * A copy of a state in this memory; missing arrays are zero.
   *
   * @throws Error if the state belongs to another optimiser
   */
  take({ optimizer: remembered, ...state }: TrainingStart): TrainingState {
    const { name, moments } = this.options.optimizer;
    if (remembered && remembered.name !== name) {
      throw new Error(`an ${name} update cannot use the moments of ${remembered.name}`);
    }
    // Fixed weights are not in the update's memory, and nothing ever writes to them.
    const weights = { ...state.weights, ...this.taken('weights', state.weights) };
    const average = this.taken('average', state.average);
    const taken = moments.map((moment) => [moment, this.taken(moment, remembered?.moments[moment])]);
    return { ...state, weights, average, optimizer: { name, moments: Object.fromEntries(taken) } };
  }

  /** Update t = 1, 2, … of all groups by these gradients, with the schedule's learning rate. */
  run(gradients: Groups, t: number, learningRate: number): void {
    this.taken('gradients', gradients);
    const { optimizer, averageDecay } = this.options;
    const scalars = { ...optimizer.scalars(t, learningRate), share: averageShare(t, averageDecay) };
    for (const group of this.layout.trained) {
      this.loop.run(group, scalars);
    }
  }

  /** The arrays with this name in this memory, filled with the values of others; zero if there are none. */
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
