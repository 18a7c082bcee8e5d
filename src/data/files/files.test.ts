// Files: what is at a path, their bytes, and the error messages.
import fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { catchUserError } from '../../testing/catchUserError.ts';
import { emptyFolder } from '../../testing/temporaryFolder.ts';
import { exists, isFolder, readBytes, readChecked, readTextFile, requireExists } from './files.ts';
import { byHeader, encodeSafetensors } from './safetensors.ts';

const folder = emptyFolder();

describe('readBytes', () => {
  it('reads a file and explains why a path is not one', () => {
    fs.writeFileSync(join(folder, 'file'), 'abc');
    expect([...readBytes(join(folder, 'file'), 1000)]).toEqual([97, 98, 99]);
    expect(catchUserError(() => readBytes(join(folder, 'none'), 1000)).message).toContain(
      'it does not exist; check',
    );
    expect(catchUserError(() => readBytes(folder, 1000)).message).toContain('it is a folder');
  });

  it('rejects a file above its limit before it reads any of it, or that no person can have written', () => {
    const path = join(folder, 'large');
    fs.closeSync(fs.openSync(path, 'w'));
    fs.truncateSync(path, 2 ** 31 + 8);
    for (const [read, limit] of [
      [() => readBytes(path, 1000), 1000],
      [() => readTextFile(path), 1_048_576],
    ] as const) {
      expect(catchUserError(read)).toMatchObject({
        code: 'invalid-data',
        message: `cannot read ${path}: 2147483656 bytes are too many for this kind of file (limit ${limit}); replace it or move it away`,
      });
    }
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
    expect(catchUserError(() => exists(join(folder, 'loop'))).message).toMatch(
      /^cannot read .*loop: its links lead in a circle; remove them, or choose another path$/,
    );
    expect(catchUserError(() => exists('a\0b')).message).toMatch(
      /^cannot read a.+b: a name cannot contain a null character/,
    );
  });

  it('is required before the work', () => {
    const missing = catchUserError(() => requireExists(join(folder, 'none')));
    expect(missing).toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('it does not exist; check'),
    });
  });
});

describe('readChecked', () => {
  const completeFile = encodeSafetensors(new Map([['a', { shape: [2], data: Float32Array.of(1, 2) }]]), {
    b: 'c',
  });

  it('returns all bytes after their header was checked', () => {
    const path = join(folder, 'a.safetensors');
    fs.writeFileSync(path, completeFile);
    const seen: unknown[] = [];
    const bytes = readChecked(
      path,
      byHeader(({ metadata, tensors, size }, source) => {
        seen.push(metadata, tensors.get('a')!.shape, size, source);
      }),
    );
    expect(bytes).toEqual(completeFile);
    expect(seen).toEqual([{ b: 'c' }, [2], completeFile.length, path]);
  });

  it.each([
    ['longer', 2 ** 31, /^cannot read .*: \d+ bytes at its end do not belong to any tensor/],
    ['shorter', completeFile.length - 1, /: it is truncated, with 7 of 8 bytes of tensors/],
    ['shorter than its header', 20, /: it is truncated, with 12 of \d+ bytes of its header/],
    ['shorter than 8 bytes', 7, /: it has 7 bytes, too few for a header/],
  ])('refuses a file %s than its header says, before any check', (_, size, message) => {
    const path = join(folder, 'a.safetensors');
    fs.writeFileSync(path, completeFile);
    fs.truncateSync(path, size);
    const check = (): never => {
      throw new Error('checked');
    };
    expect(() => readChecked(path, byHeader(check))).toThrow(message);
  });
});
