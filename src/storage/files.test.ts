// Files: their contents before and after each failure, and the error messages.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { UserError } from '../errors.ts';
import { failureOf } from '../testing/failureOf.ts';
import {
  exists,
  isFolder,
  readBytes,
  readTextFile,
  requireExists,
  requireWritable,
  writeFileAtomically,
} from './files.ts';

let folder: string;

beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'files-'));
});

afterEach(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
  fs.rmSync(folder, { recursive: true });
});

/** Makes a file system call fail as it would on a full or broken disk. */
function failWith(
  call: 'writeSync' | 'fsyncSync' | 'renameSync' | 'openSync' | 'accessSync',
  code: string,
): void {
  vi.spyOn(fs, call).mockImplementation(() => {
    throw systemError(code);
  });
  syncBuiltinESMExports();
}

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: it failed, write`), { code, syscall: 'write', errno: -1 });
}

describe('writeFileAtomically', () => {
  it('writes bytes and text, replaces what was there and leaves no other file', () => {
    const path = join(folder, 'file');
    writeFileAtomically(path, 'ümlaut');
    expect(fs.readFileSync(path, 'utf8')).toBe('ümlaut');
    writeFileAtomically(path, Uint8Array.of(1, 2, 255));
    expect([...fs.readFileSync(path)]).toEqual([1, 2, 255]);
    writeFileAtomically(path, '');
    expect(fs.readFileSync(path).length).toBe(0);
    expect(fs.readdirSync(folder)).toEqual(['file']);
  });

  it('continues when the system writes only a part at once', () => {
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

  it('reports the first failure first when the clean-up fails too', () => {
    const path = join(folder, 'file');
    failWith('writeSync', 'ENOSPC');
    for (const call of ['closeSync', 'unlinkSync'] as const) {
      vi.spyOn(fs, call).mockImplementation(() => {
        throw systemError('EIO');
      });
    }
    syncBuiltinESMExports();
    const { message } = failureOf(() => writeFileAtomically(path, 'x'));
    expect(message).toMatch(
      /^cannot write .*: no space is left on the disk; .*; then this failed too: cannot remove .*\.partial: the disk/,
    );
  });

  it('explains a missing folder, a file in place of the folder, and a folder in place of the file', () => {
    fs.writeFileSync(join(folder, 'plain'), '');
    const gone = failureOf(() => writeFileAtomically(join(folder, 'gone', 'file'), 'x'));
    expect(gone.message).toContain(`there is no folder ${join(folder, 'gone')}; create it`);
    const inFile = failureOf(() => writeFileAtomically(join(folder, 'plain', 'file'), 'x'));
    expect(inFile.message).toContain('there is a file where a folder is needed');
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
    // A link to the device, so that a bug here would not cost the device.
    fs.symlinkSync('/dev/null', join(folder, 'device'));
    failWith('renameSync', 'EIO');
    expect(failureOf(() => writeFileAtomically(join(folder, 'device'), 'x')).message).toContain(
      'is a device',
    );
  });
});

describe('readBytes', () => {
  it('reads a file and explains why a path is not one', () => {
    fs.writeFileSync(join(folder, 'file'), 'abc');
    expect([...readBytes(join(folder, 'file'), 1000)]).toEqual([97, 98, 99]);
    expect(failureOf(() => readBytes(join(folder, 'none'), 1000)).message).toContain(
      'it does not exist; check',
    );
    expect(failureOf(() => readBytes(folder, 1000)).message).toContain('it is a folder');
  });

  it('rejects a text file that is too large for a person to have written', () => {
    const path = join(folder, 'config.yaml');
    fs.writeFileSync(path, Buffer.alloc(2 ** 20 + 1, 'a'));
    expect(() => readTextFile(path)).toThrow(
      new UserError(
        'invalid-data',
        `cannot read ${path}: 1048577 bytes are too many for this kind of file (limit 1048576); replace it or move it away`,
      ),
    );
  });

  it('rejects a file above its limit before it reads any of it', () => {
    fs.closeSync(fs.openSync(join(folder, 'large'), 'w'));
    fs.truncateSync(join(folder, 'large'), 2 ** 31 + 8);
    expect(failureOf(() => readBytes(join(folder, 'large'), 1000)).message).toContain(
      '2147483656 bytes are too many for this kind of file (limit 1000)',
    );
  });
});

describe('the status of a path', () => {
  it('is found, also if a file is in the way', () => {
    fs.writeFileSync(join(folder, 'plain'), '');
    const seen = [folder, join(folder, 'plain'), join(folder, 'none'), join(folder, 'plain', 'none')].map(
      (path) => [exists(path), isFolder(path)],
    );
    expect(seen).toEqual([
      [true, true],
      [true, false],
      [false, false],
      [false, false],
    ]);
  });

  it('is explained if the system denies access', () => {
    fs.symlinkSync('loop', join(folder, 'loop'));
    expect(failureOf(() => exists(join(folder, 'loop'))).message).toMatch(
      /^cannot read .*loop: its links lead in a circle; /,
    );
    expect(failureOf(() => exists('a\0b')).message).toMatch(
      /^cannot read a.+b: a name cannot contain a null character/,
    );
  });

  it('is checked before the work', () => {
    const missing = failureOf(() => requireExists(join(folder, 'none')));
    expect(missing).toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('it does not exist; check'),
    });
    expect(failureOf(() => requireWritable(folder))).toMatchObject({
      code: 'invalid-argument',
      message: `cannot write ${folder}: it is a folder; name a file`,
    });
    expect(failureOf(() => requireWritable(join(folder, 'none', 'file')))).toMatchObject({
      code: 'not-found',
      message: expect.stringContaining(`there is no folder ${join(folder, 'none')}; create it`),
    });
    fs.writeFileSync(join(folder, 'file'), '');
    expect(failureOf(() => requireWritable(join(folder, 'file', 'new')))).toMatchObject({
      message: `cannot write ${join(folder, 'file', 'new')}: there is a file where a folder is needed; choose another path`,
    });
    requireWritable(join(folder, 'new'));
  });

  it('in a folder without access is refused as a place to write, before anything in it is asked for', () => {
    failWith('accessSync', 'EACCES');
    vi.spyOn(fs, 'statSync').mockImplementation(((path: string) => {
      if (path !== folder) {
        throw systemError('EACCES');
      }
      return { isDirectory: () => true };
    }) as unknown as typeof fs.statSync);
    syncBuiltinESMExports();
    expect(failureOf(() => requireWritable(join(folder, 'new')))).toMatchObject({
      code: 'io',
      message: expect.stringMatching(/^cannot write .*new: permission denied; change its owner/),
    });
  });
});
