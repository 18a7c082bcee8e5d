// The directions of an update on the host: products of whole matrices, which no loop computes.

import { countElements } from '../../core/numeric/index.ts';
import { onlyRank, type Ranks } from '../../core/ranks/index.ts';
import type { Groups } from '../../flows/models/index.ts';
import { type CompileOptions, compile } from '../../tensor/engine/index.ts';
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

/** Replaces the gradients of some groups by their directions. */
export interface HostDirections {
  /**
   * In place, on all ranks.
   *
   * @param gradients the gradients of all groups, which become directions
   * @param wholes the memory that holds them and no other gradients
   */
  run(gradients: Groups, wholes: readonly Float32Array[]): Promise<void>;
  /** Frees the program. */
  release(): Promise<void>;
}

/**
 * Compiles the program of this rank's share; the groups are those with a direction. Several ranks divide the groups among
 * them and exchange the results, so that all ranks have the same, even if their processors round products differently.
 */
export async function openDirections(
  groups: readonly DirectedGroup[],
  { ranks = onlyRank, device, deviceIndex, threads }: CompileOptions & { readonly ranks?: Ranks },
): Promise<HostDirections> {
  const batches = batchesIn(groups);
  const [share, others] = [true, false].map((isMine) =>
    batches.filter((_, index) => (index % ranks.size === ranks.rank) === isMine),
  ) as [Batch[], Batch[]];
  const engine = {
    ...(device && { device }),
    ...(deviceIndex !== undefined && { deviceIndex }),
    ...(threads !== undefined && { threads }),
  };
  const program = share.length > 0 ? await compile(directionProgram(share), engine) : undefined;
  return {
    async run(gradients, wholes) {
      const stacks = Object.fromEntries(
        share.flat().map((section) => {
          const { group } = section;
          return [group, { shape: stackShape(section), data: gradients[group]!.data }];
        }),
      );
      await program?.run(stacks, stacks);
      if (ranks.size > 1) {
        for (const { group } of others.flat()) {
          gradients[group]!.data.fill(0);
        }
        // The others have zeros there: the sums are exact.
        for (const group of wholes) {
          await ranks.sum(group);
        }
      }
    },
    async release() {
      await program?.release();
    },
  };
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
