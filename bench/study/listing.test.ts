import { expect, it } from 'vitest';
import { listText, planText } from './listing.ts';
import { fit, unitsOf } from './plan.ts';
import { readStudies } from './readStudies.ts';

const study = { ...readStudies()[0]!, search: { rates: [0.1, 0.2], steps: 5, seed: 9 } };

it('adds up only the seconds of the units taken', () => {
  const units = unitsOf([study]).map((unit, index) => ({ unit, runs: index, seconds: 60 * index }));
  const lines = planText(fit(units, 100)).split('\n');
  expect(lines.slice(1).map((line) => line.split(/ {2,}/).slice(2).join('|'))).toEqual([
    '0|0|done',
    '1|1|1m 0s|taken',
    '2|2|2m 0s|skipped',
    '',
  ]);
  expect(lines.at(-1)).toBe('1m 0s in total, at measured speeds');
});

it('counts each run of a study once, including those of the search', () => {
  // Three variants, with two rates and three seeds each.
  expect(listText([study], 'no-such-folder')).toContain('0 of 15');
});
