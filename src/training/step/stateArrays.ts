// The arrays of a training, wherever they are, and the arithmetic of its steps on them.

import { countElements } from '../../core/numeric/index.ts';
import type { Ranks } from '../../core/ranks/index.ts';
import { type Groups, ParameterLayout } from '../../flows/models/index.ts';
import type { TrainingStart, TrainingState } from '../../runs/contents/index.ts';
import type { CompileOptions, DeviceMemory, ProgramArrays } from '../../tensor/engine/index.ts';
import { type Optimizer, ruleFor, type Section } from '../../tensor/optimizers/index.ts';
import type { GradientTarget } from '../gradients/gradientPlan.ts';

/** The settings of an update. */
export interface UpdateOptions {
  /** The rule for updating weights from gradients. */
  readonly optimizer: Optimizer;
  /** The decay of the moving average of the weights, at least 0 and below 1. */
  readonly averageDecay: number;
}

/** What the arrays are for. */
export interface StateArraysOptions extends UpdateOptions, CompileOptions {
  /** Images per update, on all ranks. */
  readonly batchSize: number;
  /** Images per run of the gradient program, a divisor of a rank's; by default all of them. */
  readonly microBatch?: number;
  /** The processes that share each batch evenly; by default only this one. */
  readonly ranks?: Ranks;
}

/** The images of a batch on one rank. */
export function rankBatchSize({ batchSize, ranks }: StateArraysOptions): number {
  return batchSize / (ranks?.size ?? 1);
}

/** The images per run of the gradient program. */
export function microBatchSize(options: StateArraysOptions): number {
  return options.microBatch ?? rankBatchSize(options);
}

/** The loss and the gradients of a batch, which are in the arrays. */
export interface BatchGradients {
  /** bits/dim of each image of the batch, on all ranks. */
  readonly bitsPerDim: Float32Array;
  /** The Euclidean norm of the gradients, before clipping. */
  readonly gradientNorm: number;
}

/** The arrays of a training state. */
export type ArraysOfState = Pick<TrainingState, 'weights' | 'average' | 'optimizer'>;

/**
 * Weights, gradients, average and moments, in the memory of the host or of a device. The training reads and writes them
 * only through this, and asks for copies on the host only where it needs them.
 */
export interface StateArrays {
  /** How parameters are laid out in the arrays that programs take. */
  readonly layout: ParameterLayout;
  /** The device's memory, for whatever else is to stay there; undefined on the host. */
  readonly memory: DeviceMemory | undefined;
  /** Arrays of the host into which the initial weights are best drawn; empty if there are none. */
  readonly drawn: Groups;
  /** The weights, fixed ones included, for programs. */
  readonly weights: ProgramArrays;
  /** The moving average of the trained weights, for programs. */
  readonly average: ProgramArrays;
  /** Where the gradient program writes the results of micro-batch `part` of a batch. */
  target(part: number): GradientTarget;
  /** Adds the gradients of a micro-batch to those before it; nothing for the first. */
  add(part: number): Promise<void>;
  /** Sums the results over the ranks, and tells the host what the guard decides on. */
  collect(): Promise<BatchGradients>;
  /** Multiplies the gradients by a number. */
  scale(factor: number): Promise<void>;
  /** Update t = 1, 2, … of the weights by the gradients, with the schedule's learning rate. */
  update(t: number, learningRate: number): Promise<void>;
  /**
   * Takes over a copy of the arrays of a state; missing ones are zero.
   *
   * @throws Error if the state belongs to another optimiser
   */
  take(state: TrainingStart): Promise<void>;
  /** The arrays of the state on the host; there they may be the arrays themselves, which change with the next update. */
  read(): Promise<ArraysOfState>;
  /** bits/dim of the images of a micro-batch, on the host. */
  readBitsPerDim(part: number): Promise<Float32Array>;
  /** The gradients on the host. */
  readGradients(): Promise<Groups>;
  /** Frees the arrays and their programs. */
  release(): Promise<void>;
}

/** Rejects the moments of another optimiser. */
export function requireMatchingOptimizer({ name }: Optimizer, { optimizer }: TrainingStart): void {
  if (optimizer && optimizer.name !== name) {
    throw new Error(`the moments belong to ${optimizer.name}, but the optimiser is ${name}`);
  }
}

/** The layout with a part for the items of each rule and shape; without parts if the optimiser has one rule. */
export function updateLayout(
  { specs }: ParameterLayout,
  packing: ConstructorParameters<typeof ParameterLayout>[1],
  optimizer: Optimizer,
): ParameterLayout {
  const parts = Object.entries(specs).flatMap(([path, spec]) => {
    const { rule, item } = ruleFor(optimizer, spec);
    return rule === optimizer.rules.at(-1) || !spec.trained ? [] : [[path, `${rule.name} ${item.join('x')}`]];
  });
  return new ParameterLayout(specs, packing, Object.fromEntries(parts));
}

/** The sections of a group of that layout. */
export function sectionsIn(layout: ParameterLayout, group: string, optimizer: Optimizer): Section[] {
  const sections: Section[] = [];
  for (const path of layout.pathsIn(group)) {
    const spec = layout.specs[path]!;
    const { rule, item } = ruleFor(optimizer, spec);
    const count = countElements(spec.shape) / countElements(item);
    const last = sections.at(-1);
    if (last?.rule === rule && last.item.join() === item.join()) {
      sections[sections.length - 1] = { rule, item, count: last.count + count };
    } else {
      sections.push({ rule, item, count });
    }
  }
  return sections;
}
