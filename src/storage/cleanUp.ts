// The error to throw when cleaning up after a failure fails as well: never the second failure alone.
import { UserError } from '../errors.ts';

/**
 * Cleans up after a failure and returns the error to throw: the failure itself. If the clean-up fails too,
 * its message reports that as well, and the cause holds both.
 */
export function cleanedUpAfter(error: unknown, cleanUp: () => void): unknown {
  try {
    cleanUp();
    return error;
  } catch (second) {
    const message = `${messageOf(error)}; then this failed too: ${messageOf(second)}`;
    const cause = new AggregateError([error, second]);
    return error instanceof UserError
      ? new UserError(error.code, message, { cause })
      : new Error(message, { cause });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
