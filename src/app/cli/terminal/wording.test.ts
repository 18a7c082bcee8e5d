// How errors of the library are worded on the command line: flags, commands, exit codes.
import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { call, option, phrase, UserError } from '../../../core/errors.ts';
import { errorMessage, inCommandWords, shellWord } from './wording.ts';

it.each([
  [option('device', 'cpu'), '--device cpu'],
  [option('resize', true), '--resize'],
  [option('leastDeviation', 0.5), '--least-deviation 0.5'],
  [call('diagnose'), 'emerging doctor'],
  [call('verify'), 'emerging encode --exact'],
  [call('registerPart', 'mine'), '--import MODULE'],
  [call('downloadDataset', 'cifar10'), 'emerging datasets get cifar10'],
  [call('prepareDataset', 'imagenet32'), 'emerging datasets prepare imagenet32'],
  [call('prepareDataset', 'photos', { size: 32 }), 'emerging datasets prepare photos --size 32'],
  [call('resumeRun', 'runs/a'), 'emerging train --resume runs/a'],
  [
    call('resumeRun', 'runs/a', { training: { learningRate: 0.001, steps: 5 } }),
    'emerging train --resume runs/a --set training.learningRate=0.001 --set training.steps=5',
  ],
])('%j is %s', (term, words) => {
  expect(inCommandWords(phrase`use ${term}.`)).toBe(`use ${words}.`);
});

it('keeps the messages of other errors', () => {
  expect(errorMessage(new UserError('io', phrase`a: use ${option('threads', 2)}`))).toBe(
    'a: use --threads 2',
  );
  expect(errorMessage(new Error('theirs'))).toBe('theirs');
  expect(errorMessage('text')).toBe('text');
});

it('does not change plain words', () => {
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
  expect(errorMessage(error)).toBe("emerging train --resume 'my run'\\''s' --set training.steps=3");
});
