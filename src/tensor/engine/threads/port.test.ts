// Modules that threads import, however the program that starts them was named.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/temporaryFolder.ts';
import { prepareThreads } from './port.node.ts';

const folder = temporaryFolder();
const [, runner] = process.argv;
afterEach(() => {
  process.argv[1] = runner!;
});

it.each([
  ['program.js', true],
  ['program', true],
  ['.', true],
  ['none', false],
])('are imported beside a program started as %s', async (name, isProgram) => {
  const [program, parts] = ['program.js', 'parts.js'].map((file) => {
    writeFileSync(join(folder, file), '');
    return pathToFileURL(join(folder, file)).href;
  }) as [string, string];
  writeFileSync(join(folder, 'package.json'), '{ "main": "program.js" }');
  process.argv[1] = join(folder, name);
  expect(await prepareThreads([parts])).toEqual({ modules: [parts] });
  const itself = prepareThreads([program]);
  await (isProgram
    ? expect(itself).rejects.toThrow('one is the program itself')
    : expect(itself).resolves.toBeDefined());
});
