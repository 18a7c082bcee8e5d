import { expect, it } from 'vitest';
import { expectedTime } from './expectedTime.ts';

/** The sentences of a training whose steps end at these times, in seconds. */
const told = (first: number, last: number, seconds: readonly number[]): (string | undefined)[] => {
  const tell = expectedTime(last);
  return seconds.map((time, index) => tell(first + index, 1000 * time));
};

it('tells the time left once, without the first step, which is slower', () => {
  expect(told(1, 1006, [9, 9.2, 9.4, 9.6, 9.8, 10, 10.2])).toEqual([
    ...Array(5).fill(undefined),
    'training takes about 3m 20s on this machine, as it is loaded now: 1,000 more steps of 200ms',
    undefined,
  ]);
});

it('counts from the step at which a run resumes', () => {
  expect(told(501, 1006, [0, 1, 2, 3, 4, 5]).at(-1)).toMatch(/about 8m 20s .* 500 more steps of 1s/);
});

it('is silent about the last minute', () => {
  expect(told(1, 206, [0, 0.2, 0.4, 0.6, 0.8, 1])).toEqual(Array(6).fill(undefined));
});
