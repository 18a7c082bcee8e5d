// The room Draw's settings in an address, which users may edit.
import { expect, it } from 'vitest';
import { drawSettings } from './drawSettings.ts';

const usual = { temperature: 1, seed: 0, count: 64, class: '' };

it.each([
  [{}, usual],
  [
    { temperature: '0', seed: '12', count: '16', class: 'seven' },
    { temperature: 0, seed: 12, count: 16, class: 'seven' },
  ],
  [{ temperature: 'warm', seed: '-1', count: '' }, usual],
  [{ temperature: '-0.5', seed: '1.5', count: '2.5' }, usual],
  [{ temperature: 'NaN', seed: 'Infinity', count: 'x' }, usual],
  [
    { temperature: '9', count: '1e9' },
    { ...usual, temperature: 1.2, count: 400 },
  ],
  [{ count: '0' }, { ...usual, count: 1 }],
])('reads %o', (settings, expected) => {
  expect(drawSettings(settings)).toEqual(expected);
});
