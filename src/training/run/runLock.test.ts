// The errors for a run that another process is training.
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ownMark } from '../../storage/processes.ts';
import { createRunFolder } from './newRunFolder.ts';
import type { RunPaths } from './runFolder.ts';
import { lockRun } from './runLock.ts';

let root: string;
let paths: RunPaths;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lock-'));
  paths = createRunFolder(join(root, 'run'), '');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Leaves a lock as another process would, last renewed a minute ago. */
function leave(text: string): void {
  writeFileSync(paths.lock, text);
  const then = Date.now() / 1000 - 60;
  utimesSync(paths.lock, then, then);
}

it('names the process that is training it', () => {
  const lock = lockRun(paths);
  const refused = `${paths.directory} is being trained by process ${process.pid} on ${hostname()}: wait for it, or end it`;
  expect(() => lockRun(paths)).toThrow(refused);
  lock.release();
  lockRun(paths).release();
});

it('names the process that cannot be checked, and the file to delete', () => {
  leave(JSON.stringify({ ...ownMark(), serial: 1e9, host: 'elsewhere', pid: 77 }));
  expect(() => lockRun(paths)).toThrow(
    /is locked by process 77 on elsewhere, which last renewed the lock 6\d seconds ago and cannot be checked from here: .* delete .*training\.lock/,
  );
  leave('');
  expect(() => lockRun(paths)).toThrow('is locked by another process, which last renewed the lock ');
});
