// The order and colours of runs after a reload.
import { expect, it } from 'vitest';
import { hueFor, inKnownOrder } from './runOrder.ts';

const knownOrder = [
  { name: 'emerging', hue: 0 },
  { name: '1x1', hue: 1 },
];

it('keeps the starting order of runs, with unknown runs last', () => {
  expect(inKnownOrder(['1x1', 'a', 'emerging'], knownOrder)).toEqual(['emerging', '1x1', 'a']);
});

it('keeps the colours of runs, and gives a new run the first that no run has', () => {
  expect(hueFor('1x1', [], knownOrder)).toBe(1);
  expect(hueFor('new', [], knownOrder)).toBe(2);
  expect(hueFor('new', [0, 1, 2], knownOrder)).toBe(3);
  // Another tab has started a run of this name.
  expect(hueFor('1x1', [1], knownOrder)).toBe(2);
});
