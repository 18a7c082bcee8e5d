// A lock file: one holder at a time. A lock whose process is gone is stale and is ignored.
import { closeSync, linkSync, lstatSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { uptime } from 'node:os';
import * as z from 'zod/mini';
import { cannotWrite, hasCode } from './fileErrors.ts';
import { readText } from './files.ts';
import { openPartial, partialPath } from './partialFiles.ts';
import { isRunning, ownMark, type ProcessMark } from './processes.ts';

/** A lock that is held. */
export interface Lock {
  /** Shows processes that cannot see this one that it is alive; call it often, it rarely has to do anything. */
  renew(): void;
  /**
   * Checks that the lock is still this one, before anything it protects is changed. Another process may have taken
   * it over: from one that was stopped, or whose clock is behind.
   *
   * @throws the error for a lost lock if not
   */
  requireHeld(): void;
  /** Releases the lock; a lock that no longer exists or now belongs to another process is left alone. */
  release(): void;
}

/** Who holds a lock, as far as can be determined. */
export interface LockHolder {
  /** Undefined if the lock does not say. */
  readonly process: ProcessMark | undefined;
  /** Whether the process runs; false if that cannot be determined from here. */
  readonly isSeen: boolean;
  /** Seconds since the lock was last renewed; negative if the clock of its process is ahead of this one. */
  readonly silent: number;
}

/** The errors of a lock. */
export interface LockErrors {
  /** If a process holds it that runs, or may run on another machine. */
  refusal(holder: LockHolder): Error;
  /** If it was lost: to this process, or undefined if the lock is gone or does not say. */
  loss(process: ProcessMark | undefined): Error;
}

/** The lock is renewed when it is older than this, in seconds. */
const RENEWED_AFTER = 20;
/** A lock of another machine is taken over if it has not been renewed for this many seconds. */
const SILENT_FOR = 15 * 60;
/**
 * A process that reads a stale lock may move away the one that has replaced it, and puts it back at once: within
 * this many milliseconds.
 */
const PUT_BACK_WITHIN = 1000;

/** The most bytes of a lock, which names a process. */
const LARGEST_MARK = 2 ** 12;

const markSchema = z.object({
  pid: z.number(),
  started: z.string(),
  host: z.string(),
  place: z.string(),
  /** Distinguishes the locks of one process. */
  serial: z.number(),
});

type LockMark = ProcessMark & { readonly serial: number };

/** A lock file. */
interface FoundLock {
  readonly mark: LockMark | undefined;
  readonly text: string;
  /** Seconds since it was last renewed. */
  readonly silent: number;
}

/** The locks that this process holds; a released one may still exist if its folder was moved. */
const held = new Set<number>();
let made = 0;

/**
 * Takes the lock at a path.
 *
 * @throws the refusal if another process holds it; UserError if it cannot be written
 */
export function takeLock(path: string, { refusal, loss }: LockErrors): Lock {
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
  const isOwn = (): boolean => sameLock(readLock(path)?.mark, mark);
  return {
    renew() {
      if (performance.now() - renewed > 1000 * RENEWED_AFTER) {
        renewed = performance.now();
        const now = new Date();
        attempt(() => isOwn() && utimesSync(path, now, now));
      }
    },
    requireHeld() {
      for (let waited = 0; readLock(path) === null && waited < PUT_BACK_WITHIN; waited += 20) {
        sleep(20);
      }
      if (!isOwn()) {
        throw loss(readLock(path)?.mark);
      }
    },
    release() {
      held.delete(mark.serial);
      attempt(() => isOwn() && rmSync(path, { force: true }));
    },
  };
}

/** Creates the lock with its content, atomically; false if there is one. */
function create(path: string, mark: LockMark): boolean {
  const text = JSON.stringify(mark);
  const partial = partialPath(path);
  const file = openPartial(partial);
  try {
    writeFileSync(file, text);
  } finally {
    closeSync(file);
  }
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

/** Whether a process holds the lock at a path that runs, or may run on another machine. */
export function isLocked(path: string): boolean {
  const found = readLock(path);
  return found !== null && holderOf(found) !== undefined;
}

/** Who holds a lock; undefined if it is stale. */
function holderOf({ mark, silent }: FoundLock): LockHolder | undefined {
  const running = mark === undefined ? undefined : isHeld(mark);
  // A lock from before the last boot of this machine cannot belong to a running process.
  const before = mark?.host === ownMark().host && silent > uptime();
  return running === true || (running === undefined && !before && silent < SILENT_FOR)
    ? { process: mark, isSeen: running === true, silent }
    : undefined;
}

/** Removes a stale lock; throws the refusal if the lock is not stale. */
function takeAway(path: string, refusal: LockErrors['refusal']): void {
  const found = readLock(path);
  if (found === null) {
    return;
  }
  const { text } = found;
  const holder = holderOf(found);
  if (holder !== undefined) {
    throw refusal(holder);
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
  if (readLock(moved)?.text === text) {
    rmSync(moved, { force: true });
  } else {
    renameSync(moved, path);
  }
}

/**
 * A lock and the seconds since it was last renewed; null if it is gone. Anything but a small regular file, such as a link,
 * counts as a lock of an unknown owner.
 */
function readLock(path: string): FoundLock | null {
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (status === undefined) {
    return null;
  }
  const silent = (Date.now() - status.mtimeMs) / 1000;
  if (!status.isFile() || status.size > LARGEST_MARK) {
    return { mark: undefined, text: '', silent };
  }
  try {
    const text = readText(path);
    return { mark: markIn(text), text, silent };
  } catch (error) {
    if (error instanceof Error && hasCode(error.cause, 'ENOENT')) {
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

/** Waits without letting anything else run. */
function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** Runs something optional for the holder: a failure here will show where it matters, at the next file. */
function attempt(action: () => unknown): void {
  try {
    action();
  } catch {
    // Nothing depends on it.
  }
}
