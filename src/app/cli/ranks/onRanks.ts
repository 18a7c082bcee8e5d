// A command on all ranks that an MPI launcher has started: joining them, and how failures end the job.

import { UserError } from '../../../core/errors.ts';
import {
  fromLeader,
  gather,
  isKnownToAll,
  LeaderFailed,
  launchIn,
  nameOfRank,
  type Ranks,
} from '../../../core/ranks/index.ts';
import { joinRanks } from '../../../core/ranks/joinRanks.node.ts';
import type { ImageSet } from '../../../data/contract/index.ts';
import { identifyImages } from '../../../data/index.ts';
import { type CompileOptions, isHost } from '../../../tensor/engine/index.ts';
import { compileOptions, type EngineOptions } from '../parts/options.ts';
import { version } from '../parts/version.ts';
import { mute } from '../terminal/output.ts';
import { errorMessage } from '../terminal/wording.ts';
import { afterLeader } from './refuseRanks.ts';

/**
 * Runs a command on all ranks, or in this process if it is the only one. Only rank 0 prints. A failure is reported once
 * and ends the job: cleanly if all ranks are notified; otherwise the failing process exits and MPI ends the others.
 */
export async function onRanks(run: (ranks: Ranks) => Promise<void>): Promise<void> {
  const ranks = await joined();
  mute(ranks.rank > 0);
  try {
    await requireSameCommand(ranks);
    await run(ranks);
  } catch (error) {
    mute(false);
    if (!isKnownToAll(error)) {
      throw ranks.rank === 0 ? error : await afterLeader(error, nameOfRank(ranks, ranks.rank));
    }
    await ranks.leave();
    if (error instanceof LeaderFailed) {
      return;
    }
    throw error;
  }
  await ranks.leave();
}

/** How programs are compiled on a rank: by default with the threads that it may use. */
export function rankCompileOptions(ranks: Ranks, options: EngineOptions): Promise<CompileOptions> {
  const sharesCores = ranks.size > 1 && isHost(options.device.device);
  return compileOptions(sharesCores ? { ...options, threads: options.threads ?? ranks.cores } : options);
}

/** The ranks, if they can work together. */
async function joined(): Promise<Ranks> {
  const rank = launchIn(process.env)?.rank ?? 0;
  try {
    return await joinRanks();
  } catch (error) {
    throw rank === 0 ? error : await afterLeader(error, `rank ${rank}`);
  }
}

/** How long rank 0 waits for the images of the others: this long, or ten times as long as its own took. */
const LEAST_SECONDS = 600;
const FACTOR = 10;

/**
 * Checks that all ranks run the same command in the same version.
 *
 * @throws UserError (`mismatch`) on rank 0 if they do not, LeaderFailed on the others
 */
async function requireSameCommand(ranks: Ranks): Promise<void> {
  const rankCommand = {
    version: `emerging ${version}`,
    node: `Node ${process.version}`,
    command: process.argv.slice(2).join(' '),
  };
  const rankCommands = ranks.size === 1 ? [rankCommand] : await gather(ranks, rankCommand);
  await fromLeader(ranks, () => {
    for (const key of ['version', 'node', 'command'] as const) {
      const otherRank = rankCommands.findIndex((command) => command[key] !== rankCommand[key]);
      if (otherRank !== -1) {
        const verb = key === 'command' ? 'was started with' : 'runs';
        throw new UserError(
          'mismatch',
          `${nameOfRank(ranks, otherRank)} ${verb} '${rankCommands[otherRank]![key]}', ${nameOfRank(ranks, 0)} '${rankCommand[key]}': all ranks ` +
            'run the same command in the same version',
        );
      }
    }
  });
}

/** The opened inputs of a rank. */
interface Opened {
  /** The checksums of its images and, if it did not get it from rank 0, of its model: not computed for a single rank. */
  checksums(): Promise<Checksums>;
}

interface Checksums {
  readonly images?: string;
  readonly model?: string;
}

/**
 * What `open` opens, once all ranks have opened the same.
 *
 * @throws UserError (`mismatch`, or `io` if some take too long) on rank 0 if they have not, LeaderFailed on the others
 */
export async function requireSameInputs<Inputs extends Opened>(
  ranks: Ranks,
  open: () => Promise<Inputs>,
): Promise<Inputs> {
  if (ranks.size === 1) {
    return open();
  }
  const begin = performance.now();
  let opened: Inputs | undefined;
  let checksums: Checksums | undefined;
  let failure: { error: unknown } | undefined;
  try {
    opened = await open();
    checksums = await opened.checksums();
  } catch (error) {
    failure = { error };
  }
  const seconds = Math.max(LEAST_SECONDS, (FACTOR * (performance.now() - begin)) / 1000);
  const [missing] = await ranks.meet(seconds);
  if (missing !== undefined) {
    throw new UserError(
      'io',
      `${nameOfRank(ranks, missing)} has not opened its images within ${Math.round(seconds / 60)} minutes: check ` +
        'its disk and network, or start without this machine',
    );
  }
  const problem = failure && errorMessage(failure.error);
  const rankInputs = await gather(ranks, { problem, checksums });
  await fromLeader(ranks, () => {
    if (failure !== undefined) {
      throw failure.error;
    }
    const failed = rankInputs.findIndex((input) => input.problem !== undefined);
    if (failed !== -1) {
      throw new UserError('not-ready', `${nameOfRank(ranks, failed)}: ${rankInputs[failed]!.problem}`);
    }
    for (const key of ['model', 'images'] as const) {
      const otherRank = rankInputs.findIndex(
        ({ checksums }) => checksums![key] !== rankInputs[0]!.checksums![key],
      );
      if (otherRank !== -1) {
        throw new UserError(
          'mismatch',
          key === 'images'
            ? `the images of ${nameOfRank(ranks, otherRank)} and ${nameOfRank(ranks, 0)} differ: copy them, or use a shared disk`
            : `the models of ${nameOfRank(ranks, otherRank)} and ${nameOfRank(ranks, 0)} differ: copy the folder, or use a shared disk`,
        );
      }
    }
  });
  return opened!;
}

/** A set of images, once all ranks have opened the same. */
export async function openSame(ranks: Ranks, open: () => Promise<ImageSet>): Promise<ImageSet> {
  const { images } = await requireSameInputs(ranks, async () => {
    const images = await open();
    return { images, checksums: async () => ({ images: JSON.stringify(await identifyImages(images)) }) };
  });
  return images;
}
