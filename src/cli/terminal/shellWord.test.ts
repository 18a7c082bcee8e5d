// Suggested commands can be pasted: a real shell leaves every quoted word unchanged.
import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { call, phrase, UserError } from '../../errors.ts';
import { shellWord } from './shellWord.ts';
import { messageOf } from './wording.ts';

it('leaves plain words alone', () => {
  expect(['runs/a', 'C:/x', 'a-b_1.2', 'training.steps=3'].map(shellWord)).toEqual([
    'runs/a',
    'C:/x',
    'a-b_1.2',
    'training.steps=3',
  ]);
});

it
  .runIf(process.platform !== 'win32')
  .each(['my run', "it's", '$(id) `id` "a"', 'a\\b', '', '*', '~', 'ü;ls'])(
  'quotes %j for a shell',
  (text) => {
    expect(execFileSync('sh', ['-c', `printf %s ${shellWord(text)}`], { encoding: 'utf8' })).toBe(text);
  },
);

it('is a path in the working directory if it starts like an option', () => {
  expect(['-run', '-my run'].map(shellWord)).toEqual(['./-run', "'./-my run'"]);
});

it('is used in the commands of messages', () => {
  const error = new UserError('locked', phrase`${call('resumeRun', "my run's", { training: { steps: 3 } })}`);
  expect(messageOf(error)).toBe("emerging train --resume 'my run'\\''s' --set training.steps=3");
});
