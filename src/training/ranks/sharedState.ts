// The training state of several ranks: rank 0 has it, all others take it over, and it must stay the same everywhere.
import { fromLeader, gather, nameOfRank, type Ranks } from '../../cluster/ranks.ts';
import { phrase, UserError } from '../../errors.ts';
import type { Groups, ParameterLayout } from '../../models/parameterLayout.ts';
import { checksumOf } from '../../numeric/checksum.ts';
import type { NdArray } from '../../numeric/ndarray.ts';
import type { RunStore } from '../../runs/contents/runStore.ts';
import type { TrainingStart, TrainingState } from '../../runs/contents/trainingState.ts';
import type { Trainer } from '../step/trainer.ts';

/**
 * The state that rank 0 finds. On other ranks it has no values yet: once it has been taken into the memory of the
 * update, `shareArrays` fills it in.
 *
 * @param into arrays for the trained weights of other ranks; by default new ones
 */
export async function startOfLeader(
  ranks: Ranks,
  layout: ParameterLayout,
  find: () => TrainingStart | Promise<TrainingStart>,
  into: Groups = {},
): Promise<TrainingStart> {
  let found: TrainingStart | undefined;
  const counters = await fromLeader(ranks, async () => {
    found = await find();
    const { step, updates, guard, optimizer } = found;
    return { step, updates, guard, ...(optimizer && { optimizer: { name: optimizer.name, moments: {} } }) };
  });
  return found ?? { ...counters, weights: { ...layout.zeros('all'), ...into }, average: {} };
}

/** Replaces the arrays of a trainer by those of rank 0. */
export async function shareState(ranks: Ranks, trainer: Trainer): Promise<void> {
  if (ranks.size === 1) {
    return;
  }
  const state = await trainer.state();
  for (const { data } of arraysOf(state).values()) {
    await ranks.broadcast(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), 0);
  }
  await trainer.replace(state);
}

/**
 * Checks that all ranks have the same state: each updates its own copy of the weights.
 *
 * @throws UserError (`mismatch`) on rank 0 if they differ, LeaderFailed on the others
 */
export async function requireSameState(ranks: Ranks, trainer: Trainer, store: RunStore): Promise<void> {
  if (ranks.size === 1) {
    return;
  }
  const state = await trainer.state();
  const { step, updates, guard } = state;
  const found = await gather(ranks, [checksumOf(arraysOf(state)), JSON.stringify({ step, updates, guard })]);
  await fromLeader(ranks, () => {
    const other = found.findIndex((one) => one.join() !== found[0]!.join());
    if (other !== -1) {
      throw new UserError(
        'mismatch',
        phrase`after step ${step} the weights of ${nameOfRank(ranks, other)} and ${nameOfRank(ranks, 0)} differ: one of the machines computes wrongly, or they run different software; the checkpoints before this step are kept, and ${store.resumption()} resumes the run`,
      );
    }
  });
}

function arraysOf({ weights, average, optimizer }: TrainingState): ReadonlyMap<string, NdArray> {
  const parts: [string, Groups][] = [
    ['weights', weights],
    ['average', average],
    ...Object.entries(optimizer.moments),
  ];
  return new Map(
    parts.flatMap(([part, groups]) =>
      Object.entries(groups)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([group, array]): [string, NdArray] => [`${part}/${group}`, array]),
    ),
  );
}
