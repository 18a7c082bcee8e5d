// The lock file of a run: one trainer at a time. A lock whose process is gone is stale and is ignored.
import { closeSync, linkSync, lstatSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { uptime } from 'node:os';
import * as z from 'zod/mini';
import { call, type Phrase, phrase, UserError } from '../../core/errors.ts';
import { cannotWrite, hasCode } from './fileErrors.ts';
import type { FileLock } from './fileStore.ts';
import { readText } from './files.ts';
import { parsedJson } from './jsonText.ts';
import { openPartial, partialPath } from './partialFiles.ts';
import { isRunning, ownMark, type ProcessMark } from './processes.ts';

interface Lock extends FileLock {
  /** Throws UserError (`locked`) unless the lock is still this one: another process may have taken it over. */
  requireHeld(): void;
}

/** The lock is renewed when it is older than this, in seconds. */
const RENEWED_AFTER = 20;
/** A lock of another machine is taken over if it has not been renewed for this many seconds. */
const SILENT_FOR = 15 * 60;
/** A process that reads a stale lock may move away its replacement; it puts it back within these milliseconds. */
const PUT_BACK_WITHIN = 1000;

/** The most bytes of a lock, which names a process. */
const LARGEST_MARK = 2 ** 12;

const markSchema = z.object({
  pid: z.number(),
  started: z.string(),
  host: z.string(),
  place: z.string(),
});

interface FoundLock {
  readonly text: string;
  /** The process that the content names; undefined if it names none. */
  readonly mark: ProcessMark | undefined;
  /** Seconds since it was last renewed. */
  readonly silent: number;
}

/** The locks that this process holds, by their path; a released one may still exist if its folder was moved. */
const held = new Map<string, Lock & { readonly text: string }>();
let lockCount = 0;

/**
 * Takes the lock of a run at a path.
 *
 * @param folder what it locks, for messages
 * @throws UserError (`locked`) if another process holds it that runs, or may run on another machine; (`io`) if it cannot be
 * written
 */
export function takeLock(path: string, folder: string): Lock {
  // The number distinguishes the locks of one process.
  const text = JSON.stringify({ ...ownMark(), serial: lockCount++ });
  try {
    while (!create(path, text)) {
      takeAway(path, folder);
    }
  } catch (error) {
    throw cannotWrite(path, error);
  }
  let renewed = performance.now();
  const isOwn = (): boolean => readLock(path)?.text === text;
  const lock = {
    text,
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
        throw new UserError('locked', lostText(folder, path, readLock(path)?.mark));
      }
    },
    release() {
      if (held.get(path) === lock) {
        held.delete(path);
      }
      attempt(() => isOwn() && rmSync(path, { force: true }));
    },
  };
  held.set(path, lock);
  return lock;
}

/** Checks that the lock at a path, if this process has taken it, is still its own; throws UserError as `requireHeld` does. */
export function requireLockHeld(path: string): void {
  held.get(path)?.requireHeld();
}

/** Creates the lock with its content, atomically; false if there is one. */
function create(path: string, text: string): boolean {
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
  const existing = readLock(path);
  return existing !== null && findHolder(existing) !== undefined;
}

/** Whether the process of a lock was seen to run; undefined if the lock is stale. */
function findHolder({ text, mark, silent }: FoundLock): { readonly isSeen: boolean } | undefined {
  // A lock of this process that it does not hold is left from an earlier release.
  const running =
    mark?.pid === process.pid && isRunning(mark)
      ? [...held.values()].some((lock) => lock.text === text)
      : mark && isRunning(mark);
  // A lock from before the last boot of this machine cannot belong to a running process.
  const before = mark?.host === ownMark().host && silent > uptime();
  return running === true || (running === undefined && !before && silent < SILENT_FOR)
    ? { isSeen: running === true }
    : undefined;
}

/** Removes a stale lock; throws UserError if the lock is not stale. */
function takeAway(path: string, folder: string): void {
  const existing = readLock(path);
  if (existing === null) {
    return;
  }
  const holder = findHolder(existing);
  if (holder !== undefined) {
    throw new UserError('locked', lockedText(folder, path, { ...existing, ...holder }));
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
  if (readLock(moved)?.text === existing.text) {
    rmSync(moved, { force: true });
  } else {
    renameSync(moved, path);
  }
}

/** A lock; null if it is gone. Anything but a small regular file, such as a link, counts as one of an unknown owner. */
function readLock(path: string): FoundLock | null {
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (status === undefined) {
    return null;
  }
  const silent = (Date.now() - status.mtimeMs) / 1000;
  if (!status.isFile() || status.size > LARGEST_MARK) {
    return { text: '', mark: undefined, silent };
  }
  try {
    const text = readText(path);
    return { text, mark: markSchema.safeParse(parsedJson(text)).data, silent };
  } catch (error) {
    if (error instanceof Error && hasCode(error.cause, 'ENOENT')) {
      return null;
    }
    throw error;
  }
}

function lockedText(
  folder: string,
  path: string,
  { mark, silent, isSeen }: FoundLock & { readonly isSeen: boolean },
): string {
  const who = holderName(mark);
  return isSeen
    ? `${folder} is being trained by ${who}: wait for it, or stop it`
    : `${folder} is locked by ${who}, which ${renewedText(silent)} and ` +
        `cannot be checked from here: wait for it, or delete ${path} if you know that it has ended`;
}

function renewedText(silent: number): string {
  const seconds = Math.round(silent);
  return seconds >= 0
    ? `last renewed the lock ${seconds} seconds ago`
    : `last renewed the lock by a clock that is ${-seconds} seconds ahead of this one`;
}

function lostText(folder: string, path: string, process: ProcessMark | undefined): Phrase {
  const how =
    process === undefined
      ? `the lock ${path} is no longer there`
      : `${holderName(process)} has taken the lock ${path}, because it was not renewed for a long time`;
  return phrase`this training of ${folder} stops here, because another may have started: ${how}; everything saved before is kept, and ${call('resumeRun', folder)} resumes the run once nothing else trains it`;
}

function holderName(process: ProcessMark | undefined): string {
  return process === undefined ? 'another process' : `process ${process.pid} on ${process.host}`;
}

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
