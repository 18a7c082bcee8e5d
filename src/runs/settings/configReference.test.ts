// The shipped list of keys and JSON Schema match this version: every key with its meaning, limits and default.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { commandLine } from '../../testing/command.ts';

// Processes of their own: other tests register parts in this one.
it.each([
  ['--schema', 'config.schema.json'],
  ['--markdown', 'settings.md'],
])('emerging config %s prints the shipped docs/%s', async (option, file) => {
  const shipped = readFileSync(new URL(`../../../docs/${file}`, import.meta.url), 'utf8');
  const { code, stdout } = await commandLine().run('config', option);
  expect(code).toBe(0);
  expect(shipped, `npx emerging config ${option} > docs/${file}`).toBe(stdout);
});
