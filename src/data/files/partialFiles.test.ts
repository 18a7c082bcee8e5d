// Partial files: what others see before they are complete, and what is left after a crash.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { catchUserError } from '../../testing/catchUserError.ts';
import { emptyFolder } from '../../testing/temporaryFolder.ts';
import { PartialFile, removePartialFiles, requireWritable, writeFileAtomically } from './partialFiles.ts';

const folder = emptyFolder();
afterEach(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
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

describe('PartialFile', () => {
  it('keeps the old file until it is finished, and bytes may come in any order', () => {
    const path = join(folder, 'file');
    fs.writeFileSync(path, 'old');
    const file = new PartialFile(path);
    file.write(Uint8Array.of(51, 52), 2);
    file.write(Uint8Array.of(49, 50), 0);
    expect(fs.readFileSync(path, 'utf8')).toBe('old');
    file.finish();
    expect(fs.readFileSync(path, 'utf8')).toBe('1234');
    expect(fs.readdirSync(folder)).toEqual(['file']);
  });

  it('leaves nothing if it is discarded', () => {
    const file = new PartialFile(join(folder, 'file'));
    file.write(Uint8Array.of(1), 0);
    expect(fs.readdirSync(folder)).toHaveLength(1);
    file.discard();
    expect(fs.readdirSync(folder)).toEqual([]);
  });
});

describe('removePartialFiles', () => {
  it('removes what a crash left behind, nothing else', () => {
    new PartialFile(join(folder, 'file')).write(Uint8Array.of(1), 0);
    fs.writeFileSync(join(folder, 'kept'), '');
    fs.writeFileSync(join(folder, 'kept.partial'), '');
    expect(fs.readdirSync(folder)).toHaveLength(3);
    removePartialFiles(folder);
    expect(fs.readdirSync(folder)).toEqual(['kept', 'kept.partial']);
  });

  it('uses the PID in the name: keeps what another process may be writing, and removes what it has abandoned', () => {
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

  it('removes only the partial files of one file on request', () => {
    const { pid: gone } = spawnSync(process.execPath, ['--version']);
    for (const name of ['file', 'other', 'other.file']) {
      fs.writeFileSync(join(folder, `${name}.${gone}.partial`), '');
    }
    removePartialFiles(folder, 'file');
    expect(fs.readdirSync(folder)).toEqual([`other.${gone}.partial`, `other.file.${gone}.partial`]);
  });
});

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
    const error = catchUserError(() => writeFileAtomically(path, 'after'));
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
    const { message } = catchUserError(() => writeFileAtomically(path, 'x'));
    expect(message).toMatch(
      /^cannot write .*: no space is left on the disk; .*; then this failed too: cannot remove .*\.partial: the disk/,
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
    expect(catchUserError(() => writeFileAtomically(join(folder, 'device'), 'x')).message).toContain(
      'is a device',
    );
  });
});

describe('requireWritable', () => {
  it('explains before the work why a file cannot be written, as writing does', () => {
    const [none, inFile] = [join(folder, 'none', 'file'), join(folder, 'file', 'new')];
    fs.writeFileSync(join(folder, 'file'), '');
    for (const [path, code, message] of [
      [folder, 'invalid-argument', 'it is a folder; name a file'],
      [none, 'not-found', `there is no folder ${join(folder, 'none')}; create it`],
      [inFile, 'invalid-argument', 'there is a file where a folder is needed; choose another path'],
    ] as const) {
      const problem = catchUserError(() => requireWritable(path));
      expect(problem).toMatchObject({ code, message: expect.stringContaining(`${path}: ${message}`) });
      expect(catchUserError(() => writeFileAtomically(path, 'x')).message).toBe(problem.message);
    }
    requireWritable(join(folder, 'new'));
  });

  it('refuses a folder without access before anything in it is asked for', () => {
    failWith('accessSync', 'EACCES');
    vi.spyOn(fs, 'statSync').mockImplementation(((path: string) => {
      if (path !== folder) {
        throw systemError('EACCES');
      }
      return { isDirectory: () => true };
    }) as unknown as typeof fs.statSync);
    syncBuiltinESMExports();
    expect(catchUserError(() => requireWritable(join(folder, 'new')))).toMatchObject({
      code: 'io',
      message: expect.stringMatching(/^cannot write .*new: permission denied; change its owner/),
    });
  });
});
