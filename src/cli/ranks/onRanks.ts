// A command on all ranks that an MPI launcher has started: joining them, and how failures end the job.
import { joinRanks } from '../../cluster/joinRanks.node.ts';
import { launchIn } from '../../cluster/launcher.ts';
import { isKnownToAll, LeaderFailed, nameOfRank, type Ranks } from '../../cluster/ranks.ts';
import { isHost } from '../../engine/devices/device.ts';
import type { CompileOptions } from '../../engine/program.ts';
import { compileOptions, type EngineOptions } from '../parts/options.ts';
import { mute } from '../terminal/output.ts';
import { afterLeader } from './afterLeader.ts';
import { requireSameCommand } from './sameInputs.ts';

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
export function compileOptionsOf(ranks: Ranks, options: EngineOptions): Promise<CompileOptions> {
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
