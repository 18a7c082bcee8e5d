// Where outputs go: free names, folders, and places that cannot be written.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { catchUserError } from '../../../testing/catchUserError.ts';
import { temporaryFolder } from '../../../testing/temporaryFolder.ts';
import { errorMessage } from '../terminal/wording.ts';
import { freeOutput, outputFile, outputPng } from './outputFile.ts';

const folder = temporaryFolder();
const inFolder = (name: string): string => join(folder, name);

it('a free name is free when the file is written: another process may have taken it', () => {
  writeFileSync(inFolder('a.png'), 'mine');
  const output = freeOutput({ byDefault: inFolder('a.png') }, (free) => outputFile(free, []));
  expect(output.path).toBe(inFolder('a-2.png'));
  writeFileSync(inFolder('a-2.png'), 'theirs');
  output.write('ours');
  expect(output.path).toBe(inFolder('a-3.png'));
  const texts = ['a.png', 'a-2.png', 'a-3.png'].map((name) => readFileSync(inFolder(name), 'utf8'));
  expect(texts).toEqual(['mine', 'theirs', 'ours']);
});

it('a folder is refused as one, rather than for its ending', () => {
  expect(catchUserError(() => outputPng(`${folder}/`, [])).message).toBe(
    `cannot write ${folder}/: it is a folder; name a file`,
  );
});

it.runIf(process.platform === 'linux')('a default name that cannot be written is not suggested', () => {
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const error = catchUserError(() => outputFile({ byDefault: '/proc/samples.png' }, []));
  write.mockRestore();
  expect(errorMessage(error)).toMatch(
    /^cannot write \/proc.*; name another place: --out FOLDER\/samples\.png$/,
  );
});
