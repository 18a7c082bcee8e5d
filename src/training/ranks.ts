// What ranks share of a training: the images of a step, the state, and the store of those that write nothing.

import { phrase, UserError } from '../core/errors.ts';
import { largestDivisor, type NdArray } from '../core/numeric/index.ts';
import { fromLeader, gather, nameOfRank, type Ranks } from '../core/ranks/index.ts';
import { contentBytes, type FileStore, tensorChecksum } from '../data/files/index.ts';
import type { Groups, ParameterLayout } from '../flows/models/index.ts';
import { runFileNames, type TrainingStart, type TrainingState } from '../runs/contents/index.ts';
import { RunStore } from '../runs/contents/runStore.ts';
import type { Config } from '../runs/settings/index.ts';
import { stringifyConfig } from '../runs/settings/yaml.ts';
import type { Trainer } from './step/trainer.ts';

/** The images of a batch that a rank computes. */
interface BatchShare {
  /** The first one in the batch. */
  readonly first: number;
  /** How many. */
  readonly images: number;
  /** How many at a time: the largest divisor of `images` that is no more than the configuration's. */
  readonly microBatch: number;
}

/**
 * The share of a rank.
 *
 * @throws UserError (`invalid-argument`) if the ranks do not divide the batch
 */
export function rankShare(
  { batchSize, microBatch }: { readonly batchSize: number; readonly microBatch: number },
  { rank, size }: Pick<Ranks, 'rank' | 'size'>,
): BatchShare {
  if (size > batchSize) {
    throw new UserError(
      'invalid-argument',
      `${size} ranks are more than the ${batchSize} images of a batch: start at most ${batchSize}, or use a larger ` +
        'training.batchSize',
    );
  }
  if (batchSize % size !== 0) {
    throw new UserError(
      'invalid-argument',
      `${size} ranks cannot divide a batch of ${batchSize} images evenly: start ${largestDivisor(batchSize, size)}, or use ` +
        `a training.batchSize that is a multiple of ${size}`,
    );
  }
  const images = batchSize / size;
  return { first: rank * images, images, microBatch: largestDivisor(images, microBatch) };
}

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
  let start: TrainingStart | undefined;
  const counters = await fromLeader(ranks, async () => {
    start = await find();
    const { step, updates, guard, optimizer } = start;
    return { step, updates, guard, ...(optimizer && { optimizer: { name: optimizer.name, moments: {} } }) };
  });
  return start ?? { ...counters, weights: { ...layout.zeros('all'), ...into }, average: {} };
}

/** Replaces the arrays of a trainer with rank 0's. */
export async function shareState(ranks: Ranks, trainer: Trainer): Promise<void> {
  if (ranks.size === 1) {
    return;
  }
  const state = await trainer.state();
  for (const { data } of listArrays(state).values()) {
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
  const rankStates = await gather(ranks, [
    tensorChecksum(listArrays(state)),
    JSON.stringify({ step, updates, guard }),
  ]);
  await fromLeader(ranks, () => {
    const otherRank = rankStates.findIndex((rankState) => rankState.join() !== rankStates[0]!.join());
    if (otherRank !== -1) {
      throw new UserError(
        'mismatch',
        phrase`after step ${step} the weights of ${nameOfRank(ranks, otherRank)} and ${nameOfRank(ranks, 0)} differ: one of the machines computes wrongly, or they run different software; the checkpoints before this step are kept, and ${store.resumption()} resumes the run`,
      );
    }
  });
}

function listArrays({ weights, average, optimizer }: TrainingState): ReadonlyMap<string, NdArray> {
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

/** A store that has only a configuration, and remains so. */
export function followerStore(name: string, config: Config): RunStore {
  const ignore = (): void => {};
  const files: FileStore = {
    name,
    resolvePath: (file) => `${name}/${file}`,
    list: () => [],
    read: (file) => (file === runFileNames.config ? contentBytes(stringifyConfig(config)) : undefined),
    blocks: () => undefined,
    write: ignore,
    append: ignore,
    flush: ignore,
    remove: ignore,
    setAside: (file) => file,
    lock: () => ({ renew: ignore, release: ignore }),
  };
  return new RunStore(files, { isFolder: true });
}
