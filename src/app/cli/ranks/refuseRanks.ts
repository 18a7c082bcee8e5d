// Commands that run as one process, started as several by a launcher.
import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import { phrase, UserError } from '../../../core/errors.ts';
import { launchIn, withoutLaunch } from '../../../core/ranks/index.ts';

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

/** A rank waits this long before it reports a failure: rank 0 may have the same one, and its report ends the job. */
const PRECEDENCE_MS = 2000;

/** A failure of a rank, with its name, once rank 0 has had the time to report it. */
export async function afterLeader(error: unknown, name: string): Promise<unknown> {
  await pause(PRECEDENCE_MS);
  return error instanceof UserError
    ? new UserError(error.code, phrase`${name}: ${error.phrase}`, { cause: error })
    : new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
}
