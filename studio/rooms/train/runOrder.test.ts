// The order and colours of runs after a reload.
import { expect, it } from 'vitest';
import { hueFor, inKnownOrder } from './runOrder.ts';

const known = [
  { name: 'emerging', hue: 0 },
  { name: '1x1', hue: 1 },
];

it('keeps the starting order of runs, with unknown runs last', () => {
  expect(inKnownOrder(['1x1', 'a', 'emerging'], known)).toEqual(['emerging', '1x1', 'a']);
});

it('keeps the colours of runs, and gives a new run the first that no run has', () => {
  expect(hueFor('1x1', [], known)).toBe(1);
  expect(hueFor('new', [], known)).toBe(2);
  expect(hueFor('new', [0, 1, 2], known)).toBe(3);
  // Another tab has started a run of this name.
  expect(hueFor('1x1', [1], known)).toBe(2);
});
