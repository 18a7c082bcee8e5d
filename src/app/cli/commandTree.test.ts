import { describe, expect, test } from 'vitest';
import { createProgram } from './commandTree.ts';

/** Calls the command up to its action, which refused calls never reach. */
const call = async (args: string[]) => (await createProgram(args)).parseAsync(args, { from: 'user' });

describe('an empty value is refused', () => {
  test.each([
    ['an optional option', ['train', '--out='], '--out is empty: give it a value, or leave it out'],
    ['a required option', ['encode', 'run', 'a.png', '--out='], '--out is empty: give it a value'],
    [
      'one of two options that go together',
      ['edit', 'run', 'a.png', '--from=', '--towards=b', '--out=c'],
      '--from is empty: give it a value, or leave it out',
    ],
    [
      'one of several values',
      ['train', '--set=seed=1', '--set='],
      '--set is empty: give it a value, or leave it out',
    ],
    ['an argument', ['evaluate', ''], "the argument 'run' is empty: give it a value"],
    [
      'one of several arguments',
      ['encode', 'run', 'a.png', '', '--out=x'],
      "the argument 'images' is empty: give it a value",
    ],
  ])('%s', async (_, args, message) => {
    await expect(call(args)).rejects.toMatchObject({ name: 'UserError', message, code: 'invalid-argument' });
  });
});

test('defaults in help are as commands print them', async () => {
  const program = await createProgram(['datasets', 'show']);
  const help = program.commands[0]!.commands.find((command) => command.name() === 'show')!.helpInformation();
  expect(help.replace(/\s+/g, ' ')).toContain('how many training images to inspect (default: 100,000)');
  expect(help).toContain('(default: train)');
  expect(program.helpInformation()).not.toContain('default: []');
});
