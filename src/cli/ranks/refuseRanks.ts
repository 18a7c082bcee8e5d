// Commands that run as one process, started as several by a launcher.
import type { Command } from 'commander';
import { launchIn, withoutLaunch } from '../../cluster/launcher.ts';
import { UserError } from '../../errors.ts';
import { afterLeader } from './afterLeader.ts';

/** The commands whose work several processes share. */
const shared = ['train', 'evaluate', 'score', 'datasets prepare'];

/**
 * Refuses a command that a launcher has started several times, if it would do the same in each process and write the same
 * files. Rank 0 says so, and its end is that of all others; one that still runs then has no rank 0.
 *
 * @throws UserError (`invalid-argument`)
 */
export async function refuseRanks(
  called: Command,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const launch = launchIn(environment);
  const group = called.parent?.parent ? `${called.parent.name()} ` : '';
  const name = `${group}${called.name()}`;
  if (launch === undefined || shared.includes(name)) {
    return;
  }
  const { launcher, rank, size } = launch;
  const error = new UserError(
    'invalid-argument',
    `emerging ${name} runs as one process, and ${launcher} has started ${size}: start it without ${launcher}; ` +
      `start unrelated processes with ${withoutLaunch}`,
  );
  throw rank === 0 ? error : await afterLeader(error, `rank ${rank}`);
}
