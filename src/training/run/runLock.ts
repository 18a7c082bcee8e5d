// The lock of a run folder: one trainer at a time. A lock whose process is gone does not count.
import { linkSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { uptime } from 'node:os';
import { z } from 'zod';
import { UserError } from '../../errors.ts';
import { explainFileError } from '../../storage/fileErrors.ts';
import { partialPath } from '../../storage/files.ts';
import { isRunning, ownMark, type ProcessMark } from '../../storage/processes.ts';
import type { RunPaths } from './runFolder.ts';

/** A lock that is held. */
export interface RunLock {
  /** Shows those who cannot see this process that it is alive; to be called now and then, it does so rarely. */
  renew(): void;
  /** Gives the lock back; a lock that is not there any more, or another's by now, is left alone. */
  release(): void;
}

/** The lock is renewed when it is older than this, in seconds. */
const RENEWED_AFTER = 20;
/** A lock of another machine that was not renewed for so many seconds is taken over. */
const SILENT_FOR = 15 * 60;

const lockSchema = z.object({
  pid: z.number(),
  started: z.string(),
  host: z.string(),
  place: z.string(),
  /** Tells the locks of one process apart. */
  serial: z.number(),
});

type Lock = ProcessMark & { readonly serial: number };

/** The locks that this process holds; its folder may have been moved away from under one that it has given back. */
const held = new Set<number>();
let made = 0;

/**
 * Locks a run against a second trainer.
 *
 * @throws UserError if a process that runs, or may run on another machine, holds the lock, or it cannot be written
 */
export function lockRun({ lock: path, directory }: RunPaths): RunLock {
  const mark: Lock = { ...ownMark(), serial: made++ };
  try {
    while (!create(path, mark)) {
      takeAway(path, directory);
    }
  } catch (error) {
    throw explainFileError(error, path, 'write');
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
function create(path: string, mark: Lock): boolean {
  const text = JSON.stringify(mark);
  const partial = partialPath(path);
  writeFileSync(partial, text);
  try {
    linkSync(partial, path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') {
      return false;
    }
    if (code === 'ENOENT') {
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
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      return false;
    }
    throw error;
  }
}

/** Removes a lock that does not count; throws if it does. */
function takeAway(path: string, directory: string): void {
  const found = readLock(path);
  if (found === null) {
    return;
  }
  const { mark, text, silent } = found;
  const running = mark === undefined ? undefined : isHeld(mark);
  // After a restart of this machine nothing that runs can have left a lock before it.
  const before = mark?.host === ownMark().host && silent > uptime();
  if (running === true || (running === undefined && !before && silent < SILENT_FOR)) {
    throw new UserError('locked', lockedText(directory, path, mark, running, silent));
  }
  // Two may come to this at once: who moves away what another has put there meanwhile, puts it back.
  const moved = partialPath(path);
  try {
    renameSync(path, moved);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
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

function lockedText(
  directory: string,
  path: string,
  mark: ProcessMark | undefined,
  running: boolean | undefined,
  silent: number,
): string {
  const who = mark === undefined ? 'another process' : `process ${mark.pid} on ${mark.host}`;
  return running
    ? `${directory} is being trained by ${who}: wait for it, or end it`
    : `${directory} is locked by ${who}, which showed itself ${Math.round(silent)} seconds ago and cannot be seen ` +
        `from here: wait for it, or delete ${path} if you know that it has ended`;
}

/** A lock and for how many seconds nobody has renewed it; null if there is none any more. */
function readLock(path: string): { mark: Lock | undefined; text: string; silent: number } | null {
  try {
    const text = readFileSync(path, 'utf8');
    const silent = (Date.now() - statSync(path).mtimeMs) / 1000;
    return { mark: markIn(text), text, silent };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return null;
    }
    throw error;
  }
}

function markIn(text: string): Lock | undefined {
  try {
    return lockSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Whether the process of a lock runs and still holds it; undefined where that cannot be seen from here. */
function isHeld(mark: Lock): boolean | undefined {
  const running = isRunning(mark);
  return running === true && sameProcess(mark, ownMark()) ? held.has(mark.serial) : running;
}

function sameProcess(one: ProcessMark, other: ProcessMark): boolean {
  return one.pid === other.pid && one.started === other.started && one.place === other.place;
}

function sameLock(one: Lock | undefined, other: Lock): boolean {
  return one !== undefined && sameProcess(one, other) && one.serial === other.serial;
}

/** Does what a training can do without: whatever fails here shows where it matters, at the next checkpoint. */
function attempt(action: () => unknown): void {
  try {
    action();
  } catch {
    // Nothing depends on it.
  }
}
