// The errors for a run that another process is training.
import fs, { mkdtempSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it, vi } from 'vitest';
import { ownMark } from '../../data/files/processes.ts';
import { temporaryFolder } from '../../testing/temporaryFolder.ts';
import { folderStore } from './folderStore.ts';
import { createRunFolder } from './newRunFolder.ts';
import { type RunPaths, runFiles } from './runFolder.ts';

const folder = temporaryFolder();
let paths: RunPaths;
beforeEach(() => {
  paths = createRunFolder(join(mkdtempSync(join(folder, 'lock-')), 'run'), '');
});

/** Leaves a lock as another process would, last renewed a minute or the given number of seconds ago. */
function leave(text: string, seconds = 60): void {
  writeFileSync(paths.lock, text);
  const then = Date.now() / 1000 - seconds;
  utimesSync(paths.lock, then, then);
}

it('names the process that is training it', () => {
  const lock = runFiles(paths).lock();
  const refused = `${paths.directory} is being trained by process ${process.pid} on ${hostname()}: wait for it, or stop it`;
  expect(() => runFiles(paths).lock()).toThrow(refused);
  lock.release();
  runFiles(paths).lock().release();
});

it('names the process that cannot be checked, and the file to delete', () => {
  leave(JSON.stringify({ ...ownMark(), serial: 1e9, host: 'elsewhere', pid: 77 }));
  expect(() => runFiles(paths).lock()).toThrow(
    /is locked by process 77 on elsewhere, which last renewed the lock 6\d seconds ago and cannot be checked from here: .* delete .*training\.lock/,
  );
  leave('');
  expect(() => runFiles(paths).lock()).toThrow('is locked by another process, which last renewed the lock ');
});

it('says in words that the clock of a process is ahead', () => {
  leave(JSON.stringify({ ...ownMark(), serial: 1e9, host: 'elsewhere', pid: 77 }), -3600);
  expect(() => runFiles(paths).lock()).toThrow(
    /process 77 on elsewhere, which last renewed the lock by a clock that is 3(600|599) seconds ahead of this one and /,
  );
});

it('keeps a trainer that has lost it from changing anything', async () => {
  const lock = runFiles(paths).lock();
  await folderStore(paths).appendMetrics({ step: 1 });
  leave(JSON.stringify({ ...ownMark(), serial: 1e9, host: 'elsewhere', pid: 77 }));
  const before = readdirSync(paths.directory, { recursive: true });
  for (const change of [
    () => folderStore(paths).appendMetrics({ step: 2 }),
    () => folderStore(paths).appendTiming({ step: 2, seconds: 1 }),
    () => folderStore(paths).writeSummary({ steps: 2 }),
    async () => runFiles(paths).write('curve.png', 'x'),
    async () => runFiles(paths).remove('metrics.jsonl'),
  ]) {
    await expect(change()).rejects.toThrow(
      /^this training of .*run stops here, because another may have started: process 77 on elsewhere has taken the lock /,
    );
  }
  expect(readdirSync(paths.directory, { recursive: true })).toEqual(before);
  expect(readFileSync(paths.metrics, 'utf8')).toBe('{"step":1}\n');
  lock.release();
  expect(readdirSync(paths.directory)).toContain('training.lock');
});

it('checks again before a file that took long to write replaces another', async () => {
  const lock = runFiles(paths).lock();
  await folderStore(paths).writeSummary({ steps: 1 });
  const { fsyncSync } = fs;
  vi.spyOn(fs, 'fsyncSync').mockImplementation((file) => {
    fsyncSync(file);
    leave(JSON.stringify({ ...ownMark(), serial: 1e9, host: 'elsewhere', pid: 77 }));
  });
  syncBuiltinESMExports();
  await expect(folderStore(paths).writeSummary({ steps: 2 })).rejects.toThrow(
    'process 77 on elsewhere has taken the lock',
  );
  vi.restoreAllMocks();
  syncBuiltinESMExports();
  expect(JSON.parse(readFileSync(paths.summary, 'utf8'))).toEqual({ steps: 1 });
  expect(readdirSync(paths.directory).filter((name) => name.endsWith('.partial'))).toEqual([]);
  lock.release();
});
