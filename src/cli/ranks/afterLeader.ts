// Failures of ranks other than 0, which may have the same one.
import { setTimeout as pause } from 'node:timers/promises';
import { phrase, UserError } from '../../errors.ts';

/** A rank waits this long before it reports a failure: rank 0 may have the same one, and its report ends the job. */
const PRECEDENCE_MS = 2000;

/** A failure of a rank, with its name, once rank 0 has had the time to report it. */
export async function afterLeader(error: unknown, name: string): Promise<unknown> {
  await pause(PRECEDENCE_MS);
  return error instanceof UserError
    ? new UserError(error.code, phrase`${name}: ${error.phrase}`, { cause: error })
    : new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
}
