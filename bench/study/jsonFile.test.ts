import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { UserError } from '../../src/core/errors.ts';
import { readJson, writeJson } from './jsonFile.ts';

const folder = mkdtempSync(join(tmpdir(), 'json-file-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('reads back what was written, in a folder that it creates', () => {
  const path = join(folder, 'new', 'folder', 'a.json');
  expect(readJson(path)).toBeUndefined();
  writeJson(path, { a: [1, null] }, 2);
  expect(readJson(path)).toEqual({ a: [1, null] });
  expect(readFileSync(path, 'utf8')).toBe('{\n  "a": [\n    1,\n    null\n  ]\n}\n');
});

it.each(['{"a": 1', '[1]', 'null'])('rejects %s and names the file', (text) => {
  const path = join(folder, 'damaged.json');
  writeFileSync(path, text);
  expect(() => readJson(path)).toThrow(UserError);
  expect(() => readJson(path)).toThrow(/damaged\.json: .*; delete it/);
});
