// The update of the weights, and the memory in which it is done.
import { compileLoop, type Loop } from '../../engine/loop.ts';
import { sizeOf } from '../../numeric/ndarray.ts';
import type { Groups, ParameterLayout } from '../parameterLayout.ts';
import type { TrainingState } from '../trainingState.ts';
import { type AdamaxOptions, adamaxProgram, stateKinds, type UpdateKind } from './adamax.ts';

/** Adamax for the trained groups of a layout, whose state and gradients stand in its memory. */
export class Update {
  private readonly layout: ParameterLayout;
  private readonly loop: Loop;

  private constructor(layout: ParameterLayout, loop: Loop) {
    this.layout = layout;
    this.loop = loop;
  }

  /**
   * Compiles the update and takes the memory for it, five arrays of the size of the weights.
   *
   * @throws UserError if there is no memory or address space for it
   */
  static async compile(layout: ParameterLayout, optimizer: AdamaxOptions): Promise<Update> {
    const lengths = layout.trained.map((group) => [group, sizeOf(layout.shapeOf(group))]);
    return new Update(layout, await compileLoop(adamaxProgram(optimizer), Object.fromEntries(lengths)));
  }

  /** The arrays of the trained groups in this memory. */
  groups(kind: UpdateKind): Groups {
    const arrays = this.layout.trained.map((group) => [
      group,
      { shape: this.layout.shapeOf(group), data: this.loop.vectorsOf(group)[kind]! },
    ]);
    return Object.fromEntries(arrays);
  }

  /** A state with the same values in this memory; what it has no arrays of is zero. */
  take(state: TrainingState): TrainingState {
    const kinds = stateKinds.map((kind) => {
      const groups = this.groups(kind);
      for (const [group, { data }] of Object.entries(groups)) {
        const source = state[kind][group]?.data;
        if (!source) {
          data.fill(0);
        } else if (source !== data) {
          data.set(source);
        }
      }
      return [kind, groups];
    });
    const taken = Object.fromEntries(kinds);
    // Fixed weights are in no memory of an update, and nothing ever writes to them.
    return { ...state, ...taken, weights: { ...state.weights, ...taken.weights } };
  }

  /** Updates all groups by the gradients in this memory, with the scalars of `updateRates`. */
  run(rates: { readonly rate: number; readonly share: number }): void {
    for (const group of this.layout.trained) {
      this.loop.run(group, rates);
    }
  }
}
