// The arrays of a training in the host's memory, where loops update the weights.

import { countElements } from '../../core/numeric/index.ts';
import { onlyRank } from '../../core/ranks/index.ts';
import type { Groups, ParameterLayout } from '../../flows/models/index.ts';
import type { TrainingStart } from '../../runs/contents/index.ts';
import { momentLayouts } from '../../runs/contents/stored.ts';
import {
  compileLoop,
  type Keep,
  type Loop,
  releaseInTurn,
  releaseOnFailure,
} from '../../tensor/engine/index.ts';
import {
  averageShare,
  elementwisePrograms,
  type UpdateRule,
  withAverage,
} from '../../tensor/optimizers/index.ts';
import type { GradientTarget } from '../gradients/gradientPlan.ts';
import { addInPlace, gradientNorm, scaleInPlace } from '../gradients/gradientSum.ts';
import { type HostDirections, openDirections } from './hostDirections.ts';
import {
  type ArraysOfState,
  type BatchGradients,
  microBatchSize,
  rankBatchSize,
  requireMatchingOptimizer,
  type StateArrays,
  type StateArraysOptions,
  sectionsIn,
  updateLayout,
} from './stateArrays.ts';

/** The groups that a rule updates, and the loops that do it. */
interface RuleUpdate {
  readonly groups: readonly string[];
  readonly loop: Loop;
  /** Replaces the gradients before the last program of the loop. */
  readonly directions: HostDirections | undefined;
  /** How many programs the loop has. */
  readonly programs: number;
}

/** Arrays of the trained groups of a layout in the memory of loops, which are the update of the weights. */
export class HostArrays implements StateArrays {
  readonly layout: ParameterLayout;
  readonly memory = undefined;
  private readonly hostLayout: ParameterLayout;
  private readonly options: StateArraysOptions;
  private readonly updates: readonly RuleUpdate[];
  /** bits/dim of the images of a batch; other ranks' stay zero. */
  private readonly bitsPerDim: Float32Array;
  /** The gradients of the batch, and of one micro-batch if there are several. */
  private readonly total: Groups;
  private readonly part: Groups;
  private fixed: Groups = {};

  private constructor(
    hostLayout: ParameterLayout,
    layout: ParameterLayout,
    options: StateArraysOptions,
    updates: readonly RuleUpdate[],
  ) {
    this.hostLayout = hostLayout;
    this.layout = layout;
    this.options = options;
    this.updates = updates;
    this.bitsPerDim = new Float32Array(options.batchSize);
    this.total = this.groups('gradients');
    this.part = microBatchSize(options) === rankBatchSize(options) ? {} : layout.zeros();
  }

  /**
   * Compiles the update and allocates its memory: weights, gradients, average, and the optimiser's arrays of
   * the same size.
   *
   * @param hostLayout the layout of the states that come in and go out
   * @throws UserError if there is not enough memory or address space
   */
  static async open(hostLayout: ParameterLayout, options: StateArraysOptions): Promise<HostArrays> {
    const { optimizer } = options;
    const layout = updateLayout(hostLayout, 'large ones apart', optimizer);
    return releaseOnFailure(async (keep) => {
      const updates: RuleUpdate[] = [];
      for (const rule of optimizer.rules) {
        updates.push(await openUpdate(rule, layout, options, keep));
      }
      const arrays = new HostArrays(hostLayout, layout, options, updates);
      if (optimizer.rules.some(({ decays }) => decays)) {
        layout.markDecays(arrays.groups('decays'));
      }
      return arrays;
    });
  }

  get drawn(): Groups {
    // Converted groups would be copies.
    const weights = this.groups('weights');
    const converted = this.layout.convert(weights, this.hostLayout);
    return Object.fromEntries(Object.entries(weights).filter(([group, array]) => converted[group] === array));
  }

  get weights(): Groups {
    return { ...this.fixed, ...this.groups('weights') };
  }

  get average(): Groups {
    return this.groups('average');
  }

  target(part: number): GradientTarget {
    return {
      bitsPerDim: { shape: [microBatchSize(this.options)], data: this.partBits(part) },
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
    for (const gradients of this.updates.flatMap(({ loop }) => loop.vectorMemories('gradients'))) {
      await ranks.sum(gradients);
    }
    return { bitsPerDim, gradientNorm: gradientNorm(this.total) };
  }

  async scale(factor: number): Promise<void> {
    scaleInPlace(this.total, factor);
  }

  async update(t: number, learningRate: number): Promise<void> {
    const { optimizer, averageDecay } = this.options;
    const scalars = { ...optimizer.scalars(t, learningRate), share: averageShare(t, averageDecay) };
    for (const { groups, loop, directions, programs } of this.updates) {
      for (let program = 0; program < programs; program++) {
        if (program === programs - 1) {
          await directions?.run(this.total, loop.vectorMemories('gradients'));
        }
        for (const group of groups) {
          loop.run(group, scalars, program);
        }
      }
    }
  }

  async take(state: TrainingStart): Promise<void> {
    const { optimizer } = this.options;
    requireMatchingOptimizer(optimizer, state);
    this.fill('weights', state.weights);
    this.fill('average', state.average);
    for (const [moment, layout] of Object.entries(momentLayouts(this.hostLayout, optimizer))) {
      this.fill(moment, state.optimizer?.moments[moment], layout);
    }
    // Not in the loops' memory: nothing ever writes to them.
    this.fixed = Object.fromEntries(
      Object.entries(state.weights).filter(([group]) => !this.hostLayout.trained.includes(group)),
    );
  }

  async read(): Promise<ArraysOfState> {
    const { optimizer } = this.options;
    const layouts = momentLayouts(this.layout, optimizer);
    const moments = Object.entries(momentLayouts(this.hostLayout, optimizer)).map(([moment, layout]) => [
      moment,
      layouts[moment]!.convert(this.groups(moment), layout),
    ]);
    return {
      weights: { ...this.fixed, ...this.layout.convert(this.groups('weights'), this.hostLayout) },
      average: this.layout.convert(this.groups('average'), this.hostLayout),
      optimizer: { name: optimizer.name, moments: Object.fromEntries(moments) },
    };
  }

  async readBitsPerDim(part: number): Promise<Float32Array> {
    return this.partBits(part);
  }

  async readGradients(): Promise<Groups> {
    return this.layout.convert(this.total, this.hostLayout);
  }

  async release(): Promise<void> {
    await releaseInTurn(this.updates.map(({ directions }) => directions));
  }

  /** bits/dim of a micro-batch of this rank. */
  private partBits(part: number): Float32Array {
    const { ranks = onlyRank } = this.options;
    const images = microBatchSize(this.options);
    const first = ranks.rank * rankBatchSize(this.options) + part * images;
    return this.bitsPerDim.subarray(first, first + images);
  }

  /** The arrays that have this name in the loops, by group. */
  private groups(name: string): Groups {
    const loops = new Map(
      this.updates.flatMap(({ groups, loop }) => groups.map((group) => [group, loop] as const)),
    );
    return Object.fromEntries(
      this.layout.trained.flatMap((group) => {
        const data = loops.get(group)!.setVectors(group)[name];
        return data ? [[group, { shape: this.layout.groupShape(group), data }]] : [];
      }),
    );
  }

  /** Fills the arrays with this name with the values of others; with zeros if there are none. */
  private fill(name: string, source: Groups = {}, layout = this.hostLayout): void {
    const values = layout.unpack(source);
    for (const [path, { data }] of Object.entries(this.layout.unpack(this.groups(name)))) {
      if (values[path]) {
        data.set(values[path].data);
      } else {
        data.fill(0);
      }
    }
  }
}

/** Compiles the loops and directions of a rule, and allocates their memory. */
async function openUpdate(
  rule: UpdateRule,
  layout: ParameterLayout,
  options: StateArraysOptions,
  keep: Keep,
): Promise<RuleUpdate> {
  const { optimizer } = options;
  const groups = layout.trained.filter((group) => sectionsIn(layout, group, optimizer)[0]!.rule === rule);
  const lengths = groups.map((group) => [group, countElements(layout.groupShape(group))]);
  const programs = [...elementwisePrograms(optimizer, rule)];
  programs.push(withAverage(programs.pop()!));
  const loop = await compileLoop(programs, Object.fromEntries(lengths));
  const sections = groups.flatMap((group) =>
    sectionsIn(layout, group, optimizer).map((section) => ({ ...section, group })),
  );
  const directions = rule.direction ? keep(await openDirections(sections, options)) : undefined;
  return { groups, loop, directions, programs: programs.length };
}
