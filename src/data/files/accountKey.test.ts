// Marks: this account recognises its own, and nobody can make them without its key.
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { emptyFolder } from '../../testing/temporaryFolder.ts';
import { createMark, isOwnMark } from './accountKey.ts';

const root = emptyFolder();

beforeEach(() => void vi.stubEnv('XDG_STATE_HOME', root));
afterEach(() => vi.unstubAllEnvs());

const keyFile = (): string => join(root, 'emerging-flows', 'account.key');

it('recognises its own marks, each of one text', () => {
  const mark = createMark('/my/photos')!;
  expect(mark).toMatch(/^[0-9a-f]{64}$/);
  expect(isOwnMark(mark, '/my/photos')).toBe(true);
  expect(createMark('/my/photos')).toBe(mark);
  for (const otherMark of ['', 'x', mark.replace(/./, 'g'), createMark('/my/letters')!]) {
    expect(isOwnMark(otherMark, '/my/photos')).toBe(false);
  }
});

it('recognises none of another account, and creates no key for that', () => {
  const mark = createMark('/my/photos')!;
  rmSync(keyFile());
  expect(isOwnMark(mark, '/my/photos')).toBe(false);
  expect(() => statSync(keyFile())).toThrow('ENOENT');
  expect(createMark('/my/photos')).not.toBe(mark);
});

it('has a key that nobody else reads, and never a half-written one', () => {
  mkdirSync(join(root, 'emerging-flows'));
  writeFileSync(keyFile(), '');
  expect(isOwnMark(createMark('a')!, 'a')).toBe(true);
  expect(readFileSync(keyFile(), 'utf8')).toMatch(/^[0-9a-f]{64}$/);
  if (process.platform !== 'win32') {
    expect(statSync(keyFile()).mode & 0o777).toBe(0o600);
  }
});

it.each(['HOME', 'XDG_STATE_HOME'])('creates no missing parent of %s', (name) => {
  const missing = join(root, 'missing');
  vi.stubEnv('XDG_STATE_HOME', name === 'HOME' ? '' : join(missing, 'state'));
  vi.stubEnv('HOME', missing);
  expect(createMark('a')).toBeUndefined();
  expect(existsSync(missing)).toBe(false);
});

it('makes no mark where the key cannot be kept', () => {
  writeFileSync(join(root, 'emerging-flows'), 'a file in its way');
  expect(createMark('a')).toBeUndefined();
});
