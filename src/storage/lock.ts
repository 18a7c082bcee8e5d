// A lock file: one holder at a time. A lock whose process is gone is stale and is ignored.
import { linkSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { uptime } from 'node:os';
import { z } from 'zod';
import { cannotWrite, hasCode } from './fileErrors.ts';
import { partialPath } from './partialFiles.ts';
import { isRunning, ownMark, type ProcessMark } from './processes.ts';

/** A lock that is held. */
export interface Lock {
  /** Shows processes that cannot see this one that it is alive; call it often, it rarely has to do anything. */
  renew(): void;
  /** Releases the lock; a lock that no longer exists or now belongs to another process is left alone. */
  release(): void;
}

/** Who holds a lock, as far as can be determined. */
export interface LockHolder {
  /** Undefined if the lock does not say. */
  readonly process: ProcessMark | undefined;
  /** Whether the process runs; false if that cannot be determined from here. */
  readonly isSeen: boolean;
  /** Seconds since the lock was last renewed. */
  readonly silent: number;
}

/** The lock is renewed when it is older than this, in seconds. */
const RENEWED_AFTER = 20;
/** A lock of another machine is taken over if it has not been renewed for this many seconds. */
const SILENT_FOR = 15 * 60;

const markSchema = z.object({
  pid: z.number(),
  started: z.string(),
  host: z.string(),
  place: z.string(),
  /** Distinguishes the locks of one process. */
  serial: z.number(),
});

type LockMark = ProcessMark & { readonly serial: number };

/** The locks that this process holds; a released one may still exist if its folder was moved. */
const held = new Set<number>();
let made = 0;

/**
 * Takes the lock at a path.
 *
 * @param refusal the error to throw if a process holds it that runs, or may run on another machine
 * @throws UserError if it cannot be written
 */
export function takeLock(path: string, refusal: (holder: LockHolder) => Error): Lock {
  const mark: LockMark = { ...ownMark(), serial: made++ };
  try {
    while (!create(path, mark)) {
      takeAway(path, refusal);
    }
  } catch (error) {
    throw cannotWrite(path, error);
  }
  held.add(mark.serial);
  let renewed = performance.now();
  return {
    renew() {
      if (performance.now() - renewed > 1000 * RENEWED_AFTER) {
        renewed = performance.now();
        const now = new Date();
        attempt(() => utimesSync(path, now, now));
      }
    },
    release() {
      held.delete(mark.serial);
      attempt(() => sameLock(readLock(path)?.mark, mark) && rmSync(path, { force: true }));
    },
  };
}

/** Creates the lock with its content, atomically; false if there is one. */
function create(path: string, mark: LockMark): boolean {
  const text = JSON.stringify(mark);
  const partial = partialPath(path);
  writeFileSync(partial, text);
  try {
    // Not a rename, which would replace a lock that another process has taken meanwhile.
    linkSync(partial, path);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) {
      return false;
    }
    if (hasCode(error, 'ENOENT')) {
      throw error;
    }
  } finally {
    rmSync(partial, { force: true });
  }
  // A file system without hard links.
  try {
    writeFileSync(path, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) {
      return false;
    }
    throw error;
  }
}

/** Removes a stale lock; throws the refusal if the lock is not stale. */
function takeAway(path: string, refusal: (holder: LockHolder) => Error): void {
  const found = readLock(path);
  if (found === null) {
    return;
  }
  const { mark, text, silent } = found;
  const running = mark === undefined ? undefined : isHeld(mark);
  // A lock from before the last boot of this machine cannot belong to a running process.
  const before = mark?.host === ownMark().host && silent > uptime();
  if (running === true || (running === undefined && !before && silent < SILENT_FOR)) {
    throw refusal({ process: mark, isSeen: running === true, silent });
  }
  // Two processes may get here at once: one that moves away a lock that another has taken meanwhile puts it
  // back.
  const moved = partialPath(path);
  try {
    renameSync(path, moved);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) {
      return;
    }
    throw error;
  }
  if (readFileSync(moved, 'utf8') === text) {
    rmSync(moved, { force: true });
  } else {
    renameSync(moved, path);
  }
}

/** A lock and the seconds since it was last renewed; null if it is gone. */
function readLock(path: string): { mark: LockMark | undefined; text: string; silent: number } | null {
  try {
    const text = readFileSync(path, 'utf8');
    const silent = (Date.now() - statSync(path).mtimeMs) / 1000;
    return { mark: markIn(text), text, silent };
  } catch (error) {
    if (hasCode(error, 'ENOENT')) {
      return null;
    }
    throw error;
  }
}

function markIn(text: string): LockMark | undefined {
  try {
    return markSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/**
 * Whether the process of a lock runs and still holds it; undefined if that cannot be determined from here.
 */
function isHeld(mark: LockMark): boolean | undefined {
  const running = isRunning(mark);
  return running === true && sameProcess(mark, ownMark()) ? held.has(mark.serial) : running;
}

function sameProcess(one: ProcessMark, other: ProcessMark): boolean {
  return one.pid === other.pid && one.started === other.started && one.place === other.place;
}

function sameLock(one: LockMark | undefined, other: LockMark): boolean {
  return one !== undefined && sameProcess(one, other) && one.serial === other.serial;
}

/** Runs something optional for the holder: a failure here will show where it matters, at the next file. */
function attempt(action: () => unknown): void {
  try {
    action();
  } catch {
    // Nothing depends on it.
  }
}
