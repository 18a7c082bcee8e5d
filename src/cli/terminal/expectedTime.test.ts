import { expect, it } from 'vitest';
import { expectedTime } from './expectedTime.ts';

/** The announcements for work whose units are done at these times, in seconds. */
const told = (start: number, last: number, seconds: readonly number[]): (number | undefined)[] => {
  const tell = expectedTime(start);
  return seconds
    .map((time, index) => tell(start + index + 1, last, time))
    .map((left) => left && Math.round(left));
};

it('tells the time left once, without the first part, which is slower', () => {
  expect(told(0, 1006, [9, 9.2, 9.4, 9.6, 9.8, 10, 10.2])).toEqual([
    ...Array(5).fill(undefined),
    200,
    undefined,
  ]);
});

it('counts from where work resumes, not from what was done before', () => {
  const tell = expectedTime(500);
  expect([500, 501, 502].map((done, index) => tell(done, 1002, 100 * index))).toEqual([
    undefined,
    undefined,
    50_000,
  ]);
});
