// Who may train a run: one at a time, and never is a run locked by what is gone.
import { spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir, uptime } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ownMark, type ProcessMark } from '../../storage/processes.ts';
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

/** Leaves a lock as another process would, last renewed so many seconds ago. */
function leave(mark: Partial<ProcessMark> | string, age = 0): void {
  writeFileSync(
    paths.lock,
    typeof mark === 'string' ? mark : JSON.stringify({ ...ownMark(), serial: 1e9, ...mark }),
  );
  const then = Date.now() / 1000 - age;
  utimesSync(paths.lock, then, then);
}

const takes = (): boolean => {
  lockRun(paths).release();
  return !existsSync(paths.lock);
};
const refuses = (message: string | RegExp): void => expect(() => lockRun(paths)).toThrow(message);

it('is there while it is held, then gone, and leaves no other file', () => {
  const before = readdirSync(paths.directory);
  const lock = lockRun(paths);
  expect(JSON.parse(readFileSync(paths.lock, 'utf8'))).toMatchObject(ownMark());
  refuses(`is being trained by process ${process.pid} on ${hostname()}: wait for it, or end it`);
  lock.renew();
  lock.release();
  expect(readdirSync(paths.directory)).toEqual(before);
  expect(takes()).toBe(true);
});

describe('a lock of this machine', () => {
  it('counts while its process runs, however long ago it was renewed', () => {
    const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)']);
    try {
      leave({ pid: child.pid!, started: '' }, 1e6);
      refuses(`is being trained by process ${child.pid} on `);
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('does not count once its process is gone', () => {
    leave({ pid: spawnSync(process.execPath, ['--version']).pid });
    expect(takes()).toBe(true);
  });

  it.runIf(process.platform === 'linux')('does not count where another process has its number', () => {
    leave({ pid: process.ppid, started: '1' });
    expect(takes()).toBe(true);
  });

  it('does not count if it is from before the machine was started', () => {
    leave({ place: 'an earlier start' }, uptime() + 60);
    expect(takes()).toBe(true);
  });
});

it('does not count if this process left it and holds it no more', () => {
  leave({});
  expect(takes()).toBe(true);
});

describe('a lock of another machine or container', () => {
  it.each([{ host: 'elsewhere' }, { place: 'another container' }])(
    'counts while it is renewed: %j',
    (mark) => {
      leave({ ...mark, pid: 77 }, 60);
      refuses(
        /is locked by process 77 on \S+, which showed itself 6\d seconds ago and cannot be seen from here: .* delete .*training\.lock/,
      );
    },
  );

  it('does not count when it was not renewed for long', () => {
    leave({ host: 'elsewhere' }, 16 * 60);
    expect(takes()).toBe(true);
  });
});

it.each(['', '{"pid":', '[]'])('a lock that says nothing, %j, counts for some time', (text) => {
  leave(text);
  refuses('is locked by another process, which showed itself ');
  leave(text, 16 * 60);
  expect(takes()).toBe(true);
});

it('leaves the lock that another has taken meanwhile', () => {
  const lock = lockRun(paths);
  leave({ pid: process.ppid, started: '' });
  lock.release();
  expect(existsSync(paths.lock)).toBe(true);
});

it('says so where the folder is gone', () => {
  rmSync(paths.directory, { recursive: true });
  refuses(/cannot write .*training\.lock: there is no folder /);
});
