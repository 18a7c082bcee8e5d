// How the ranks agree on the run that rank 0 has opened, and how the others train it.
import { fromLeader, gather, nameOfRank, type Ranks } from '../../cluster/ranks.ts';
import type { HoldOut } from '../../data/dataset.ts';
import { identityOfDataset } from '../../data/identity.ts';
import { openDataset } from '../../data/registry.ts';
import type { CompileOptions } from '../../engine/program.ts';
import { UserError } from '../../errors.ts';
import type { Config } from '../../experiments/configSchema.ts';
import { followerStore } from '../../training/ranks/followerStore.ts';
import { train } from '../../training/train.ts';
import type { StepOptions } from '../options.ts';
import { listenForInterruption } from '../terminal/interruption.ts';
import { messageOf } from '../terminal/wording.ts';
import { version } from '../version.ts';

/** What rank 0 tells the others of the run. */
export interface Assignment {
  readonly config: Config;
  /** What messages call the run. */
  readonly name: string;
  /** Where its images are. */
  readonly images: { readonly path: string; readonly holdOut: HoldOut | undefined };
}

/** How long rank 0 waits for the images of the others: this long, or ten times as long as its own took. */
const LEAST_SECONDS = 600;
const FACTOR = 10;

/**
 * Checks that all ranks run the same command in the same version.
 *
 * @throws UserError (`mismatch`) on rank 0 if they do not, LeaderFailed on the others
 */
export async function requireSameCommand(ranks: Ranks): Promise<void> {
  const own = {
    version: `emerging ${version}`,
    node: `Node ${process.version}`,
    command: process.argv.slice(2).join(' '),
  };
  const all = ranks.size === 1 ? [own] : await gather(ranks, own);
  await fromLeader(ranks, () => {
    for (const what of ['version', 'node', 'command'] as const) {
      const other = all.findIndex((one) => one[what] !== own[what]);
      if (other !== -1) {
        const verb = what === 'command' ? 'was started with' : 'runs';
        throw new UserError(
          'mismatch',
          `${nameOfRank(ranks, other)} ${verb} '${all[other]![what]}', ${nameOfRank(ranks, 0)} '${own[what]}': all ranks ` +
            'of a training run the same command in the same version',
        );
      }
    }
  });
}

/**
 * Checks that all ranks have the same images.
 *
 * @param open opens those of this rank and returns their checksum
 * @throws UserError (`mismatch`, or `io` if some take too long) on rank 0 if they do not, LeaderFailed on the others
 */
export async function requireSameImages<Opened extends { readonly checksum: string }>(
  ranks: Ranks,
  open: () => Promise<Opened>,
): Promise<Opened> {
  const begin = performance.now();
  let opened: Opened | undefined;
  let problem: string | undefined;
  try {
    opened = await open();
  } catch (error) {
    problem = messageOf(error);
  }
  const seconds = Math.max(LEAST_SECONDS, (FACTOR * (performance.now() - begin)) / 1000);
  const [missing] = await ranks.meet(seconds);
  if (missing !== undefined) {
    throw new UserError(
      'io',
      `${nameOfRank(ranks, missing)} has not opened its images within ${Math.round(seconds / 60)} minutes: see whether ` +
        'its disk or network hangs, or start without this machine',
    );
  }
  const all = await gather(ranks, { problem, checksum: opened?.checksum });
  await fromLeader(ranks, () => {
    const failed = all.findIndex((one) => one.problem !== undefined);
    if (failed !== -1) {
      throw new UserError('not-ready', `${nameOfRank(ranks, failed)}: ${all[failed]!.problem}`);
    }
    const other = all.findIndex(({ checksum }) => checksum !== all[0]!.checksum);
    if (other !== -1) {
      throw new UserError(
        'mismatch',
        `the images of ${nameOfRank(ranks, other)} are not those of ${nameOfRank(ranks, 0)}: copy them, or use a shared disk`,
      );
    }
  });
  return opened!;
}

/** Trains the run of rank 0 on another rank: silently, and without writing anything. */
export async function followRun(
  ranks: Ranks,
  { config, name, images }: Assignment,
  { stopAt, activations, workers }: StepOptions & { readonly stopAt?: number },
  engine: CompileOptions,
): Promise<void> {
  const { validation } = config.data;
  const { dataset } = await requireSameImages(ranks, async () => {
    const opened = await openDataset(images.path, { validation, holdOut: images.holdOut });
    return { dataset: opened, checksum: JSON.stringify(await identityOfDataset(opened)) };
  });
  const interruption = listenForInterruption(() => {}, { ranks: true });
  try {
    const store = followerStore(name, config);
    const { signal } = interruption;
    await train({ ...engine, config, dataset, store, stopAt, activations, workers, signal, ranks });
  } finally {
    interruption.release();
  }
}
