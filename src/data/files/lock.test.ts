// Who holds a lock: one holder at a time, and never a process that is gone.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { catchUserError } from '../../testing/catchUserError.ts';
import { emptyFolder } from '../../testing/temporaryFolder.ts';
import { takeLock } from './lock.ts';
import { ownMark, type ProcessMark } from './processes.ts';

const root = emptyFolder();
const path = join(root, 'lock');

/** Leaves a lock as another process would, last renewed `age` seconds ago. */
function leave(mark: Partial<ProcessMark> | string, age = 0): void {
  writeFileSync(
    path,
    typeof mark === 'string' ? mark : JSON.stringify({ ...ownMark(), serial: 1e9, ...mark }),
  );
  const then = Date.now() / 1000 - age;
  utimesSync(path, then, then);
}

const take = () => takeLock(path, root);
const takes = (): boolean => {
  take().release();
  return !existsSync(path);
};
const refuses = (message: RegExp | string): void => {
  expect(catchUserError(take)).toMatchObject({ code: 'locked', message: expect.stringMatching(message) });
};
const unknownHolder = / is locked by another process, which .* cannot be checked from here: /;

it('exists while it is held, then is gone, and leaves no other file', () => {
  const before = readdirSync(root);
  const lock = take();
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject(ownMark());
  refuses(`^${root} is being trained by process ${process.pid} on `);
  lock.renew();
  lock.release();
  expect(readdirSync(root)).toEqual(before);
  expect(takes()).toBe(true);
});

describe('a lock of this machine', () => {
  it('is respected while its process runs, however long ago it was renewed', () => {
    const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)']);
    try {
      leave({ pid: child.pid!, started: '' }, 1e6);
      refuses(` is being trained by process ${child.pid} on `);
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('is stale once its process is gone', () => {
    leave({ pid: spawnSync(process.execPath, ['--version']).pid });
    expect(takes()).toBe(true);
  });

  it.runIf(process.platform === 'linux')('is stale if its PID has been reused', () => {
    leave({ pid: process.ppid, started: '1' });
    expect(takes()).toBe(true);
  });

  it('is stale if it is older than the last boot of the machine', () => {
    leave({ place: 'an earlier start' }, uptime() + 60);
    expect(takes()).toBe(true);
  });
});

it('is stale if this process left it behind and no longer holds it', () => {
  leave({});
  expect(takes()).toBe(true);
});

describe('a lock of another machine or container', () => {
  it.each([{ host: 'elsewhere' }, { place: 'another container' }])(
    'is respected while it is renewed: %j',
    (mark) => {
      leave({ ...mark, pid: 77 }, 60);
      refuses(/ is locked by process 77 on .* cannot be checked from here: /);
    },
  );

  it('is stale when it has not been renewed for long', () => {
    leave({ host: 'elsewhere' }, 16 * 60);
    expect(takes()).toBe(true);
  });
});

describe('a lock that its holder has lost', () => {
  it('is noticed, whether another process holds it or it is gone, and never renewed', () => {
    const lock = take();
    lock.requireHeld();
    leave({ pid: 77, host: 'elsewhere' });
    const otherLock = readFileSync(path, 'utf8');
    expect(lock.requireHeld).toThrow('process 77 on elsewhere has taken the lock');
    lock.renew();
    lock.release();
    expect(readFileSync(path, 'utf8')).toBe(otherLock);
    rmSync(path);
    expect(lock.requireHeld).toThrow(`the lock ${path} is no longer there`);
  });

  it('is one that was not renewed for long, seen from another machine', () => {
    const lock = take();
    // As another machine would see it: not its own, and too old.
    const then = Date.now() / 1000 - 16 * 60;
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), place: 'elsewhere' }));
    utimesSync(path, then, then);
    const newLock = take();
    newLock.requireHeld();
    expect(lock.requireHeld).toThrow(`process ${process.pid} on `);
    newLock.release();
  });

  it('is not one that another process has moved away for a moment', async () => {
    const lock = take();
    const moved = `${path}.moved`;
    renameSync(path, moved);
    // The check waits without letting anything else of this process run, so another one puts it back.
    const child = spawn('sh', ['-c', `mv ${moved} ${path}`]);
    lock.requireHeld();
    await once(child, 'exit');
    lock.release();
    expect(existsSync(path)).toBe(false);
  });
});

describe('a lock with a link or a FIFO in its place', () => {
  it.runIf(process.platform !== 'win32')('is not followed, and nothing waits for it', () => {
    const outside = join(root, 'outside');
    writeFileSync(outside, 'mine');
    symlinkSync(outside, path);
    refuses(unknownHolder);
    rmSync(path);
    symlinkSync(outside, `${path}.${process.pid}.partial`);
    const lock = take();
    expect(readFileSync(outside, 'utf8')).toBe('mine');
    lock.release();
    spawnSync('mkfifo', [path]);
    refuses(unknownHolder);
  });
});

it.each(['', '{"pid":', '[]'])('an unreadable lock, %j, is respected for some time', (text) => {
  leave(text);
  refuses(unknownHolder);
  leave(text, 16 * 60);
  expect(takes()).toBe(true);
});

it('leaves a lock that another process has taken meanwhile', () => {
  const lock = take();
  leave({ pid: process.ppid, started: '' });
  lock.release();
  expect(existsSync(path)).toBe(true);
});

it('reports a missing folder', () => {
  rmSync(root, { recursive: true });
  expect(take).toThrow(/^cannot write .*lock: there is no folder /);
});
