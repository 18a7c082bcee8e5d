import { describe, expect, it } from 'vitest';
import { readStudies } from './readStudies.ts';
import { seedRun } from './runs.ts';
import { areTimesOf, type RunToTime } from './timedRuns.ts';

function toTime(seed: number, testBitsPerDim: number): RunToTime {
  const run = seedRun('runs', readStudies()[0]!, '1x1', seed, 0.01);
  return { ...run, timed: { run: run.directory, testBitsPerDim } };
}

describe('areTimesOf', () => {
  const [first, second] = [toTime(0, 3), toTime(1, 2)];
  const stored = { runs: [first.timed, second.timed] };

  it('recognises the runs that were timed', () => {
    expect(areTimesOf(JSON.parse(JSON.stringify(stored)), [first, second])).toBe(true);
  });

  it('detects a run retrained in the same folder, more runs, fewer, and no stored ones', () => {
    expect(areTimesOf(stored, [first, toTime(1, 2.5)])).toBe(false);
    expect(areTimesOf(stored, [first])).toBe(false);
    expect(areTimesOf({ runs: [first.timed] }, [first, second])).toBe(false);
    expect(areTimesOf(null, [first])).toBe(false);
  });
});
