// Commands that run as one process, started as several by a launcher.
import type { Command } from 'commander';
import { launchIn, withoutLaunch } from '../../cluster/launcher.ts';
import { UserError } from '../../errors.ts';
import { afterLeader } from './afterLeader.ts';

/** The commands whose work several processes share. */
const shared = ['train', 'evaluate', 'score'];

/**
 * Refuses a command that a launcher has started several times, if every process would do the same work and write the same
 * files. Rank 0 reports the error, and the launcher then ends all ranks.
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
    `emerging ${name} runs as one process, but ${launcher} has started ${size}: start it without ${launcher}; ` +
      `start unrelated processes with ${withoutLaunch}`,
  );
  throw rank === 0 ? error : await afterLeader(error, `rank ${rank}`);
}
