import { describe, expect, test } from 'vitest';
import { createProgram } from './program.ts';

/** Calls the command up to what it would do; nothing that is refused comes to that. */
const call = (args: string[]) => createProgram().parseAsync(args, { from: 'user' });

describe('what is given and empty is refused', () => {
  test.each([
    ['what may be left out', ['train', '--out='], '--out is empty: give it a value, or leave it out'],
    ['what has to be there', ['sample', 'run', '--out='], '--out is empty: give it a value'],
    [
      'the same of two',
      ['edit', 'run', 'a.png', '--from=', '--towards=b', '--out=c'],
      '--from is empty: give it a value',
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
