// How errors of the library are worded on the command line: flags, commands, exit codes.
import { expect, it } from 'vitest';
import { call, option, phrase, UserError } from '../../errors.ts';
import { inCommandWords, messageOf } from './wording.ts';

it.each([
  [option('device', 'cpu'), '--device cpu'],
  [option('resize', true), '--resize'],
  [option('leastDeviation', 0.5), '--least-deviation 0.5'],
  [call('diagnose'), 'emerging doctor'],
  [call('verify'), 'emerging encode --exact'],
  [call('registerMixing', 'mine'), '--import MODULE'],
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
  expect(messageOf(new UserError('io', phrase`a: use ${option('threads', 2)}`))).toBe('a: use --threads 2');
  expect(messageOf(new Error('theirs'))).toBe('theirs');
  expect(messageOf('text')).toBe('text');
});
