// A lock that is a file: one holder at a time. A lock whose process is gone does not count.
import { linkSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { uptime } from 'node:os';
import { z } from 'zod';
import { cannotWrite, hasCode } from './fileErrors.ts';
import { partialPath } from './partialFiles.ts';
import { isRunning, ownMark, type ProcessMark } from './processes.ts';

/** A lock that is held. */
export interface Lock {
  /** Shows those who cannot see this process that it is alive; to be called now and then, it does so rarely. */
  renew(): void;
  /** Gives the lock back; a lock that is not there any more, or another's by now, is left alone. */
  release(): void;
}

/** Who holds a lock, as far as can be seen. */
export interface LockHolder {
  /** Undefined where the lock does not say. */
  readonly process: ProcessMark | undefined;
  /** Whether the process runs; false where that cannot be seen from here. */
  readonly isSeen: boolean;
  /** For how many seconds the lock has not been renewed. */
  readonly silent: number;
}

/** The lock is renewed when it is older than this, in seconds. */
const RENEWED_AFTER = 20;
/** A lock of another machine that was not renewed for so many seconds is taken over. */
const SILENT_FOR = 15 * 60;

const markSchema = z.object({
  pid: z.number(),
  started: z.string(),
  host: z.string(),
  place: z.string(),
  /** Tells the locks of one process apart. */
  serial: z.number(),
});

type LockMark = ProcessMark & { readonly serial: number };

/** The locks that this process holds; its folder may have been moved away from under one that it has given back. */
const held = new Set<number>();
let made = 0;

/**
 * Takes the lock at a path.
 *
 * @param refusal the error to throw where a process that runs, or may run on another machine, holds it
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

/** Creates the lock, with its content from the first moment on; false if there is one. */
function create(path: string, mark: LockMark): boolean {
  const text = JSON.stringify(mark);
  const partial = partialPath(path);
  writeFileSync(partial, text);
  try {
    // Not a rename, which would replace a lock that another has put there meanwhile.
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
  // A disk without hard links.
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

/** Removes a lock that does not count; throws the refusal if it does. */
function takeAway(path: string, refusal: (holder: LockHolder) => Error): void {
  const found = readLock(path);
  if (found === null) {
    return;
  }
  const { mark, text, silent } = found;
  const running = mark === undefined ? undefined : isHeld(mark);
  // After a restart of this machine nothing that runs can have left a lock before it.
  const before = mark?.host === ownMark().host && silent > uptime();
  if (running === true || (running === undefined && !before && silent < SILENT_FOR)) {
    throw refusal({ process: mark, isSeen: running === true, silent });
  }
  // Two may come to this at once: who moves away what another has put there meanwhile, puts it back.
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

/** A lock and for how many seconds nobody has renewed it; null if there is none any more. */
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

/** Whether the process of a lock runs and still holds it; undefined where that cannot be seen from here. */
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

/** Does what the holder can do without: whatever fails here shows where it matters, at the next file. */
function attempt(action: () => unknown): void {
  try {
    action();
  } catch {
    // Nothing depends on it.
  }
}
