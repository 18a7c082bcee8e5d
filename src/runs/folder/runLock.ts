// The lock of a run folder, for one trainer at a time, and changes to its files.
import { call, type Phrase, phrase, UserError } from '../../errors.ts';
import { ClosedFolder } from '../../storage/closedFolder.ts';
import { exists } from '../../storage/files.ts';
import { type Lock, type LockHolder, takeLock } from '../../storage/lock.ts';
import type { ProcessMark } from '../../storage/processes.ts';
import type { RunPaths } from './runFolder.ts';

/** The locks that this process holds, by their path. */
const held = new Map<string, Lock>();

/**
 * Locks a run against a second trainer. While this process holds the lock, it changes the run folder only after
 * checking that the lock is still its own (`runFiles`).
 *
 * @throws UserError if the lock cannot be written, or is held by a live process or one that may run elsewhere
 */
export function lockRun({ lock: path, directory }: RunPaths): Lock {
  const lock = takeLock(path, {
    refusal: (holder) => new UserError('locked', lockedText(directory, path, holder)),
    loss: (process) => new UserError('locked', lostText(directory, path, process)),
  });
  held.set(path, lock);
  return {
    ...lock,
    release() {
      if (held.get(path) === lock) {
        held.delete(path);
      }
      lock.release();
    },
  };
}

/** The folder of a run, to write, append, rename and remove files in it; by a trainer only while the run is its own. */
export function runFiles(paths: RunPaths): ClosedFolder {
  return new ClosedFolder(paths.directory, { beforeChange: () => requireOwnRun(paths) });
}

/**
 * Checks that a run which this process has locked is still its own; nothing for other runs.
 *
 * @throws UserError (`locked`) if another process has taken the lock meanwhile, or it is gone
 */
function requireOwnRun({ lock: path, directory }: RunPaths): void {
  const lock = held.get(path);
  // If the whole folder was moved away, the file that cannot be written says so.
  if (lock !== undefined && exists(directory)) {
    lock.requireHeld();
  }
}

function lockedText(directory: string, path: string, { process, isSeen, silent }: LockHolder): string {
  const who = nameOf(process);
  return isSeen
    ? `${directory} is being trained by ${who}: wait for it, or stop it`
    : `${directory} is locked by ${who}, which ${renewedText(silent)} and ` +
        `cannot be checked from here: wait for it, or delete ${path} if you know that it has ended`;
}

function renewedText(silent: number): string {
  const seconds = Math.round(silent);
  return seconds >= 0
    ? `last renewed the lock ${seconds} seconds ago`
    : `last renewed the lock by a clock that is ${-seconds} seconds ahead of this one`;
}

function lostText(directory: string, path: string, process: ProcessMark | undefined): Phrase {
  const how =
    process === undefined
      ? `the lock ${path} is no longer there`
      : `${nameOf(process)} has taken the lock ${path}, because it was not renewed for a long time`;
  return phrase`this training of ${directory} stops here, because another may have started: ${how}; everything saved before is kept, and ${call('resumeRun', directory)} resumes the run once nothing else trains it`;
}

function nameOf(process: ProcessMark | undefined): string {
  return process === undefined ? 'another process' : `process ${process.pid} on ${process.host}`;
}
