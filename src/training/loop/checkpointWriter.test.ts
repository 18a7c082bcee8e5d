// Which checkpoints are kept, as docs/training.md describes.
import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../../runs/settings/resolve.ts';
import { createSchedule } from '../../runs/settings/schedule.ts';
import { stayingSteps } from './checkpointWriter.ts';

/** Milestones are at 2000, 4000 … 10000. */
const schedule = createSchedule(
  resolveConfig({ preset: 'mnist-quickstart', overrides: { training: { steps: 10_000 } } }),
  1000,
);
const staying = (...written: number[]): number[] =>
  [...stayingSteps(written, schedule)].sort((a, b) => a - b);

describe('kept checkpoints:', () => {
  it('all milestones', () => {
    expect(staying(2000, 4000, 4001, 4002, 4003, 4004)).toEqual([2000, 4000, 4002, 4003, 4004]);
  });

  it('the last three, milestones included', () => {
    expect(staying(1998, 1999, 2000, 2001)).toEqual([1999, 2000, 2001]);
  });

  it('the last two of every 250 steps, milestones included', () => {
    expect(staying(250, 500, 750, 801, 802, 803)).toEqual([500, 750, 801, 802, 803]);
    expect(staying(1500, 1750, 2000, 2001, 2002, 2003)).toEqual([1750, 2000, 2001, 2002, 2003]);
  });
});
