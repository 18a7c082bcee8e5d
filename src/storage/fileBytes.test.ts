import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readChecked } from './fileBytes.ts';
import { byHeader, encodeSafetensors } from './safetensors.ts';

const folder = mkdtempSync(join(tmpdir(), 'safetensors-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'a.safetensors');
const whole = encodeSafetensors(new Map([['a', { shape: [2], data: Float32Array.of(1, 2) }]]), { b: 'c' });

it('returns all bytes after their header was checked', () => {
  writeFileSync(path, whole);
  const seen: unknown[] = [];
  const bytes = readChecked(
    path,
    byHeader(({ metadata, tensors, size }, source) => {
      seen.push(metadata, tensors.get('a')!.shape, size, source);
    }),
  );
  expect(bytes).toEqual(whole);
  expect(seen).toEqual([{ b: 'c' }, [2], whole.length, path]);
});

it.each([
  ['longer', 2 ** 31, /^cannot read .*: \d+ bytes at its end do not belong to any tensor/],
  ['shorter', whole.length - 1, /: it is truncated, with 7 of 8 bytes of tensors/],
  ['shorter than its header', 20, /: it is truncated, with 12 of \d+ bytes of its header/],
  ['shorter than 8 bytes', 7, /: it has 7 bytes, too few for a header/],
])('refuses a file %s than its header says, before any check', (_, size, message) => {
  writeFileSync(path, whole);
  truncateSync(path, size);
  const check = (): never => {
    throw new Error('checked');
  };
  expect(() => readChecked(path, byHeader(check))).toThrow(message);
});
