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

async function* partsUntil(error: Error, parts = 2): AsyncGenerator<Uint8Array, void> {
  for (let part = 1; part <= parts; part++) {
    yield Uint8Array.of(part);
  }
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

it.each([
  ['another model, found before a block is written', 'mismatch', 1, 1, 0],
  ['an image that the model cannot take, after a new block', 'mismatch', 2, 1, 1],
  ['an image that the earlier file has otherwise', 'mismatch', 2, 9, 0],
  ['an invalid option', 'invalid-argument', 2, 1, 0],
  ['a full disk', 'io', 1, 1, 1],
] as const)('recommends --resume only if it can help: %s', async (_, code, parts, earlier, notes) => {
  const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const out = join(folder, `${code}-${parts}-${earlier}.eflow`);
  writeFileSync(`${out}.part`, 'x'.repeat(earlier));
  const before = interruptedFile(out, { resume: true, isStopped: () => false });
  const failing = partsUntil(new UserError(code, 'failed'), parts);
  await expect(writePartsAtomically(out, failing, before.keepAs)).rejects.toThrow('failed');
  before.report();
  expect(stderr).toHaveBeenCalledTimes(notes);
  stderr.mockRestore();
  expect(existsSync(`${out}.part`)).toBe(true);
});
