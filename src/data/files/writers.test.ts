// Only `src/data/files` writes files, since it decides where links are followed.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const sources = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.startsWith('testing/'),
);
const writing = (pattern: RegExp): string[] =>
  sources.filter((file) => pattern.test(readFileSync(join(root, file), 'utf8'))).sort();
const outside = (files: readonly string[]): string[] =>
  files.filter((file) => !file.startsWith('data/files/'));

it('no other file changes the disk through node:fs, except in a new temporary folder', () => {
  const names =
    'open|writeFile|createWriteStream|appendFile|mkdir|rename|copyFile|cp|link|symlink|truncate|ftruncate|utimes|chmod';
  const calls = new RegExp(
    `import \\{[^}]*\\b(${names})(Sync)?\\b[^}]*\\} from 'node:fs(/promises)?'|import (\\* as )?\\w+ from 'node:fs(/promises)?'`,
  );
  expect(writing(calls).some((file) => file.startsWith('data/files/'))).toBe(true);
  expect(outside(writing(calls))).toEqual([]);
});

it('files that may be links are written where the user has named them, and nowhere else', () => {
  expect(outside(writing(/\bwriteFileAtomically\b|\bnew PartialFile\b/))).toEqual([
    'app/cli/parts/outputFile.ts',
    'data/packed/packedFile.ts',
    'model/loading/latentsFile.ts',
  ]);
});
