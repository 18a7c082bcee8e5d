// Who holds a lock: one at a time, and never does what is gone.
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
import { tmpdir, uptime } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '../errors.ts';
import { failureOf } from '../testing/failureOf.ts';
import { type Lock, type LockHolder, takeLock } from './lock.ts';
import { ownMark, type ProcessMark } from './processes.ts';

let root: string;
let path: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lock-'));
  path = join(root, 'lock');
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Leaves a lock as another process would, last renewed so many seconds ago. */
function leave(mark: Partial<ProcessMark> | string, age = 0): void {
  writeFileSync(
    path,
    typeof mark === 'string' ? mark : JSON.stringify({ ...ownMark(), serial: 1e9, ...mark }),
  );
  const then = Date.now() / 1000 - age;
  utimesSync(path, then, then);
}

/** Says whom a lock is refused for. */
class Held extends UserError {
  readonly holder: LockHolder;

  constructor(holder: LockHolder) {
    super('locked', `held by ${holder.process?.pid}`);
    this.holder = holder;
  }
}

const take = (): Lock => takeLock(path, (holder) => new Held(holder));
const takes = (): boolean => {
  take().release();
  return !existsSync(path);
};
const refuses = (holder: Partial<LockHolder>): void => {
  expect(failureOf(take)).toMatchObject({ holder });
};

it('is there while it is held, then gone, and leaves no other file', () => {
  const before = readdirSync(root);
  const lock = take();
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject(ownMark());
  refuses({ process: expect.objectContaining(ownMark()), isSeen: true });
  lock.renew();
  lock.release();
  expect(readdirSync(root)).toEqual(before);
  expect(takes()).toBe(true);
});

describe('a lock of this machine', () => {
  it('counts while its process runs, however long ago it was renewed', () => {
    const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)']);
    try {
      leave({ pid: child.pid!, started: '' }, 1e6);
      refuses({ process: expect.objectContaining({ pid: child.pid }), isSeen: true });
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
      refuses({ process: expect.objectContaining({ pid: 77 }), isSeen: false });
    },
  );

  it('does not count when it was not renewed for long', () => {
    leave({ host: 'elsewhere' }, 16 * 60);
    expect(takes()).toBe(true);
  });
});

it.each(['', '{"pid":', '[]'])('a lock that says nothing, %j, counts for some time', (text) => {
  leave(text);
  refuses({ process: undefined, isSeen: false });
  leave(text, 16 * 60);
  expect(takes()).toBe(true);
});

it('leaves the lock that another has taken meanwhile', () => {
  const lock = take();
  leave({ pid: process.ppid, started: '' });
  lock.release();
  expect(existsSync(path)).toBe(true);
});

it('says so where the folder is gone', () => {
  rmSync(root, { recursive: true });
  expect(take).toThrow(/^cannot write .*lock: there is no folder /);
});
