import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { UserError } from '../errors.ts';
import { failureOf } from '../testing/failureOf.ts';
import { explainFileError } from './fileErrors.ts';
import { readBytes, removePartialFiles, writeFileAtomically } from './files.ts';

let folder: string;

beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'files-'));
});

afterEach(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
  fs.rmSync(folder, { recursive: true });
});

/** Makes a call of the file system fail as a full or broken disk would. */
function failWith(call: 'writeSync' | 'fsyncSync' | 'renameSync' | 'openSync', code: string): void {
  vi.spyOn(fs, call).mockImplementation(() => {
    throw systemError(code);
  });
  syncBuiltinESMExports();
}

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: it failed, write`), { code, syscall: 'write', errno: -1 });
}

describe('writeFileAtomically', () => {
  it('writes bytes and text, replaces what was there and leaves nothing else', () => {
    const path = join(folder, 'file');
    writeFileAtomically(path, 'ümlaut');
    expect(fs.readFileSync(path, 'utf8')).toBe('ümlaut');
    writeFileAtomically(path, Uint8Array.of(1, 2, 255));
    expect([...fs.readFileSync(path)]).toEqual([1, 2, 255]);
    writeFileAtomically(path, '');
    expect(fs.readFileSync(path).length).toBe(0);
    expect(fs.readdirSync(folder)).toEqual(['file']);
  });

  it('writes on when the system takes only a part at once', () => {
    const { writeSync } = fs;
    vi.spyOn(fs, 'writeSync').mockImplementation(((file: number, bytes: Uint8Array, offset: number) =>
      writeSync(file, bytes, offset, Math.min(3, bytes.length - offset))) as typeof fs.writeSync);
    syncBuiltinESMExports();
    writeFileAtomically(join(folder, 'file'), 'abcdefgh');
    expect(fs.readFileSync(join(folder, 'file'), 'utf8')).toBe('abcdefgh');
  });

  it.each([
    ['writeSync', 'ENOSPC', /no space is left on the disk; free some/],
    ['fsyncSync', 'EDQUOT', /quota is used up; free/],
    ['renameSync', 'EROFS', /read-only; choose/],
    ['openSync', 'EACCES', /permission denied; change/],
  ] as const)('keeps the old file and removes the new one if %s fails with %s', (call, code, message) => {
    const path = join(folder, 'file');
    writeFileAtomically(path, 'before');
    failWith(call, code);
    const error = failureOf(() => writeFileAtomically(path, 'after'));
    expect(error.message).toMatch(message);
    expect(error.message).toContain(`cannot write ${path}: `);
    vi.restoreAllMocks();
    syncBuiltinESMExports();
    expect(fs.readdirSync(folder)).toEqual(['file']);
    expect(fs.readFileSync(path, 'utf8')).toBe('before');
  });

  it('tells what failed first where the clean-up fails too', () => {
    const path = join(folder, 'file');
    failWith('writeSync', 'ENOSPC');
    for (const call of ['closeSync', 'unlinkSync'] as const) {
      vi.spyOn(fs, call).mockImplementation(() => {
        throw systemError('EIO');
      });
    }
    syncBuiltinESMExports();
    const { message } = failureOf(() => writeFileAtomically(path, 'x'));
    expect(message).toMatch(/^cannot write .*: no space is left on the disk; .*; then this failed too: EIO/);
  });

  it('explains a folder that is gone, a file in its place and a folder in place of the file', () => {
    fs.writeFileSync(join(folder, 'plain'), '');
    const gone = failureOf(() => writeFileAtomically(join(folder, 'gone', 'file'), 'x'));
    expect(gone.message).toContain(`there is no folder ${join(folder, 'gone')}; create it`);
    const inFile = failureOf(() => writeFileAtomically(join(folder, 'plain', 'file'), 'x'));
    expect(inFile.message).toContain('a file stands where a folder is needed');
    expect(failureOf(() => writeFileAtomically(folder, 'x')).message).toContain(
      'it is a folder; name a file',
    );
  });

  it('writes through a link and never replaces a device', () => {
    writeFileAtomically(join(folder, 'target'), 'before');
    fs.symlinkSync('target', join(folder, 'link'));
    writeFileAtomically(join(folder, 'link'), 'after');
    expect(fs.readFileSync(join(folder, 'target'), 'utf8')).toBe('after');
    expect(fs.lstatSync(join(folder, 'link')).isSymbolicLink()).toBe(true);
    // A link to the device, so that a mistake here would not cost the device.
    fs.symlinkSync('/dev/null', join(folder, 'device'));
    failWith('renameSync', 'EIO');
    expect(failureOf(() => writeFileAtomically(join(folder, 'device'), 'x')).message).toContain(
      'is a device',
    );
  });
});

describe('removePartialFiles', () => {
  it('removes what a crash left, nothing else', () => {
    failWith('renameSync', 'EIO');
    vi.spyOn(fs, 'unlinkSync').mockImplementation(() => undefined);
    syncBuiltinESMExports();
    failureOf(() => writeFileAtomically(join(folder, 'file'), 'x'));
    fs.writeFileSync(join(folder, 'kept'), '');
    fs.writeFileSync(join(folder, 'kept.partial'), '');
    expect(fs.readdirSync(folder)).toHaveLength(3);
    removePartialFiles(folder);
    expect(fs.readdirSync(folder)).toEqual(['kept', 'kept.partial']);
  });

  it('goes by the process in the name: leaves what another may be writing, and nothing that it has forgotten', () => {
    const { pid: gone } = spawnSync(process.execPath, ['--version']);
    const names = [`new.${process.ppid}.partial`, `old.${process.ppid}.partial`, `gone.${gone}.partial`];
    for (const name of names) {
      fs.writeFileSync(join(folder, name), '');
    }
    const anHourAgo = Date.now() / 1000 - 3600;
    fs.utimesSync(join(folder, names[1]!), anHourAgo, anHourAgo);
    removePartialFiles(folder);
    expect(fs.readdirSync(folder)).toEqual([names[0]]);
  });
});

describe('readBytes', () => {
  it('reads a file and explains what is not one', () => {
    fs.writeFileSync(join(folder, 'file'), 'abc');
    expect([...readBytes(join(folder, 'file'))]).toEqual([97, 98, 99]);
    expect(failureOf(() => readBytes(join(folder, 'none'))).message).toContain('it does not exist; check');
    expect(failureOf(() => readBytes(folder)).message).toContain('it is a folder');
  });

  it('refuses a file above 2 GiB', () => {
    fs.closeSync(fs.openSync(join(folder, 'large'), 'w'));
    fs.truncateSync(join(folder, 'large'), 2 ** 31 + 8);
    expect(failureOf(() => readBytes(join(folder, 'large'))).message).toContain('larger than 2 GiB');
  });
});

describe('explainFileError', () => {
  it('keeps the words of the system for a code it does not know, and the cause', () => {
    const cause = systemError('EXDEV');
    const error = explainFileError(cause, 'a/b', 'write');
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toBe('cannot write a/b: EXDEV: it failed, write');
    expect(error.cause).toBe(cause);
  });

  it('leaves other errors alone', () => {
    const mine = new UserError('locked', 'mine');
    const mistake = new TypeError('mistake');
    expect(explainFileError(mine, 'a', 'write')).toBe(mine);
    expect(explainFileError(mistake, 'a', 'write')).toBe(mistake);
    const invalid = Object.assign(new TypeError('invalid'), { code: 'ERR_INVALID_ARG_TYPE' });
    expect(explainFileError(invalid, 'a', 'write')).toBe(invalid);
  });
});
