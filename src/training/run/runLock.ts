// The lock of a run folder: one trainer at a time.
import { UserError } from '../../errors.ts';
import { type Lock, type LockHolder, takeLock } from '../../storage/lock.ts';
import type { RunPaths } from './runFolder.ts';

/**
 * Locks a run against a second trainer.
 *
 * @throws UserError if the lock cannot be written, or is held by a live process or one that may run elsewhere
 */
export function lockRun({ lock: path, directory }: RunPaths): Lock {
  return takeLock(path, (holder) => new UserError('locked', lockedText(directory, path, holder)));
}

function lockedText(directory: string, path: string, { process, isSeen, silent }: LockHolder): string {
  const who = process === undefined ? 'another process' : `process ${process.pid} on ${process.host}`;
  return isSeen
    ? `${directory} is being trained by ${who}: wait for it, or end it`
    : `${directory} is locked by ${who}, which last renewed the lock ${Math.round(silent)} seconds ago and ` +
        `cannot be checked from here: wait for it, or delete ${path} if you know that it has ended`;
}
