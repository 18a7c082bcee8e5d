// What is left of a file to resume.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it, vi } from 'vitest';
import { UserError } from '../../errors.ts';
import { writePartsAtomically } from '../../storage/files.ts';
import { interruptedFile } from './interruptedFile.ts';

const folder = mkdtempSync(join(tmpdir(), 'interrupted-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function* partsUntil(error: Error): AsyncGenerator<Uint8Array, void> {
  yield Uint8Array.of(1);
  yield Uint8Array.of(2);
  throw error;
}

it('survives a resumed call that fails early, with the PID of the killed process', async () => {
  const out = join(folder, 'photos.eflow');
  writeFileSync(`${out}.${process.pid}.partial`, 'three blocks');
  const before = interruptedFile(out, { resume: true, isStopped: () => true });
  expect(before.earlier).toBe(`${out}.part`);
  await expect(writePartsAtomically(out, partsUntil(new Error('stopped')), before.keepAs)).rejects.toThrow(
    'stopped',
  );
  expect(readFileSync(`${out}.part`, 'utf8')).toBe('three blocks');
});

it('is not recommended after an error that resuming would meet again', async () => {
  const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const out = join(folder, 'other.eflow');
  writeFileSync(`${out}.part`, 'another model');
  for (const [code, count] of [
    ['mismatch', 0],
    ['io', 1],
  ] as const) {
    const before = interruptedFile(out, { resume: true, isStopped: () => false });
    const parts = partsUntil(new UserError(code, 'failed'));
    await expect(writePartsAtomically(out, parts, before.keepAs)).rejects.toThrow('failed');
    before.report();
    expect(stderr).toHaveBeenCalledTimes(count);
  }
  stderr.mockRestore();
  expect(existsSync(`${out}.part`)).toBe(true);
});
