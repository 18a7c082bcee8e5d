// The directions of an update on the host: products of whole matrices, which no loop computes.

import { countElements } from '../../core/numeric/index.ts';
import { onlyRank, type Ranks } from '../../core/ranks/index.ts';
import type { Groups } from '../../flows/models/index.ts';
import { type CompileOptions, compile, type Program } from '../../tensor/engine/index.ts';
import { input, type ProgramDefinition, type Tensor } from '../../tensor/index.ts';
import { concatenate, split } from '../../tensor/operations/index.ts';
import type { Section } from '../../tensor/optimizers/index.ts';

/** The most numbers in a batch: 4 MiB. Larger batches gain nothing, and take memory. */
const MOST_TOGETHER = 2 ** 20;

/** A group whose items get a direction. */
interface DirectedGroup extends Section {
  readonly group: string;
}

/** Groups that are processed together: their items have the same rule and shape. */
type Batch = readonly DirectedGroup[];

/**
 * Replaces the gradients of some groups by their directions, in place. Several ranks divide the groups among them and
 * exchange the results, so that all ranks have the same, even if their processors round products differently.
 */
export class HostDirections {
  private readonly program: Program | undefined;
  private readonly ranks: Ranks;
  /** The shapes of all items of each group of this rank. */
  private readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** The groups of other ranks. */
  private readonly others: readonly string[];

  private constructor(
    program: Program | undefined,
    ranks: Ranks,
    shapes: Readonly<Record<string, readonly number[]>>,
    others: readonly string[],
  ) {
    this.program = program;
    this.ranks = ranks;
    this.shapes = shapes;
    this.others = others;
  }

  /** Compiles the program of this rank's share; the groups are those with a direction. */
  static async open(
    groups: readonly DirectedGroup[],
    { ranks = onlyRank, device, deviceIndex, threads }: CompileOptions & { readonly ranks?: Ranks },
  ): Promise<HostDirections> {
    const batches = batchesIn(groups);
    const share = batches.filter((_, index) => index % ranks.size === ranks.rank);
    const others = batches.filter((batch) => !share.includes(batch)).flat();
    const engine = {
      ...(device && { device }),
      ...(deviceIndex !== undefined && { deviceIndex }),
      ...(threads !== undefined && { threads }),
    };
    const program = share.length > 0 ? await compile(directionProgram(share), engine) : undefined;
    const shapes = share.flat().map((group) => [group.group, stackShape(group)] as const);
    return new HostDirections(
      program,
      ranks,
      Object.fromEntries(shapes),
      others.map(({ group }) => group),
    );
  }

  /**
   * @param gradients the gradients of all groups, which become directions
   * @param wholes the memory that holds them and no other gradients
   */
  async run(gradients: Groups, wholes: readonly Float32Array[]): Promise<void> {
    const stacks = Object.fromEntries(
      Object.entries(this.shapes).map(([group, shape]) => [group, { shape, data: gradients[group]!.data }]),
    );
    await this.program?.run(stacks, stacks);
    if (this.ranks.size > 1) {
      for (const group of this.others) {
        gradients[group]!.data.fill(0);
      }
      // The others have zeros there: the sums are exact.
      for (const group of wholes) {
        await this.ranks.sum(group);
      }
    }
  }

  /** Frees the program. */
  async release(): Promise<void> {
    await this.program?.release();
  }
}

/** The groups in batches of limited size. */
function batchesIn(groups: readonly DirectedGroup[]): Batch[] {
  const batches: DirectedGroup[][] = [];
  const valueCount = (members: Batch): number =>
    members.reduce((total, member) => total + countElements(stackShape(member)), 0);
  for (const group of groups) {
    const batch = batches.find(
      (candidate) =>
        candidate[0]!.rule === group.rule &&
        candidate[0]!.item.join() === group.item.join() &&
        valueCount([...candidate, group]) <= MOST_TOGETHER,
    );
    if (batch) {
      batch.push(group);
    } else {
      batches.push([group]);
    }
  }
  return batches;
}

/** The shape `[N, …item]` of all items of a group. */
function stackShape({ item, count }: Section): readonly number[] {
  return [count, ...item];
}

/** The program that returns the direction of each group under its name. */
function directionProgram(batches: readonly Batch[]): ProgramDefinition {
  const inputs: Record<string, Tensor> = {};
  const outputs: Record<string, Tensor> = {};
  for (const batch of batches) {
    const stacks = batch.map((group) => {
      const stack = input(group.group, stackShape(group));
      inputs[group.group] = stack;
      return stack;
    });
    const direction = batch[0]!.rule.direction!(stacks.length > 1 ? concatenate(stacks, 0) : stacks[0]!);
    const counts = batch.map(({ count }) => count);
    const directions = batch.length > 1 ? split(direction, 0, counts) : [direction];
    for (const [index, { group }] of batch.entries()) {
      outputs[group] = directions[index]!;
    }
  }
  return { inputs, outputs };
}
