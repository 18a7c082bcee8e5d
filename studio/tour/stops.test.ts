// The stop of a page that the reader opens during the tour.
import { expect, it } from 'vitest';
import { nearestStop, stops } from './stops.ts';

it('is the nearest stop in the room, with its settings', () => {
  expect(stops.map(({ room }) => room)).toEqual(['draw', 'draw', 'inside', 'how', 'how']);
  expect(nearestStop(2, 'draw', {})).toBe(1);
  expect(nearestStop(0, 'draw', { seed: '3' })).toBe(0);
  expect(nearestStop(4, 'how', { section: 'plane' })).toBe(3);
  expect(nearestStop(4, 'how', { section: 'periodic' })).toBeUndefined();
  expect(nearestStop(1, 'train', {})).toBeUndefined();
});
