// The names of files of TensorBoard events in run folders, which may be a stranger's.
import { expect, it } from 'vitest';
import { nextEventName } from './tensorboard.ts';

const named = (number: string): string => `events.out.tfevents.${number}.emerging`;

it.each<[string, string[], string]>([
  ['no others', [], '00000000'],
  ['earlier ones, in any order', [named('00000002'), named('00000010'), named('00000009')], '00000011'],
  ['many earlier ones', [named('99999999')], '100000000'],
  [
    'a number that is not exact',
    [named('00000003'), named('9'.repeat(16)), named('9'.repeat(400))],
    '00000004',
  ],
  [
    'names that only look like it',
    [
      'events.out.tfevents.7',
      `x${named('7')}`,
      `${named('7')}.gz`,
      named('-7'),
      named('1e3'),
      named('../7'),
      '\n',
    ],
    '00000000',
  ],
])('continues after %s', (_, names, number) => {
  expect(nextEventName(names)).toBe(named(number));
});
