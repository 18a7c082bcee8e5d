// How a time budget chooses the number of steps, and that the run is then the same as one with this number.
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startRun } from '../../runs/open/run.node.ts';
import { onLocalRanks } from '../../testing/localRanks.ts';
import { tinyRunFolders } from '../../testing/tinyRunFolders.ts';
import { tinyConfig, tinyDataset } from '../../testing/tinyRuns.ts';
import { followerStore } from '../ranks.ts';
import { areEnough, leastBudget, stepsWithin, typicalSeconds } from './timeBudget.ts';
import { train } from './train.ts';
import type { TrainingOptions, TrainingResult } from './trainingOptions.ts';

const dataset = tinyDataset(8);
const { inRoot, paths, begin, goOn, summary, bytes: logs } = tinyRunFolders(dataset);

afterEach(() => vi.restoreAllMocks());

describe('the time of a step', () => {
  it('is the median of the last three of five: the first ones are slower', () => {
    expect(typicalSeconds([9, 3, 2, 1, 2.5])).toBe(2);
  });

  it('needs five steps, and of quick ones a second or 2 % of the budget', () => {
    expect(areEnough([9, 3, 2, 1], 600)).toBe(false);
    expect(areEnough([9, 3, 2, 1, 2.5], 600)).toBe(true);
    expect(areEnough(Array(9).fill(0.1), 600)).toBe(false);
    expect(areEnough(Array(11).fill(0.1), 600)).toBe(true);
    expect(areEnough(Array(5).fill(0.1), 20)).toBe(true);
  });
});

describe('the number of steps', () => {
  it('leaves time for what has passed, five milestones and a tenth of the rest', () => {
    expect(stepsWithin({ budget: 600, elapsed: 20, perStep: 0.5, perMilestone: 16 })).toBe(900);
    expect(stepsWithin({ budget: 600, elapsed: 20, perStep: 0.5, perMilestone: 0 })).toBe(1044);
  });

  it('is 0 if nothing is left, and never more than a configuration accepts', () => {
    expect(stepsWithin({ budget: 60, elapsed: 61, perStep: 0.5, perMilestone: 0 })).toBe(0);
    expect(stepsWithin({ budget: 1e15, elapsed: 1, perStep: 1e-3, perMilestone: 0 })).toBe(1e9);
  });

  it('is ten for the shortest budget', () => {
    const plan = { elapsed: 3, perStep: 0.7, perMilestone: 2 };
    expect(stepsWithin({ ...plan, budget: leastBudget(plan) + 1e-9 })).toBe(10);
    expect(stepsWithin({ ...plan, budget: leastBudget(plan) - 1e-3 })).toBe(9);
  });
});

/** Seconds of the clock that every reading of it advances. */
const TICK = 0.035;
/** With that clock, about seventy steps. */
const minutes = 0.05;
/** Both the warm-up, which is shortened, and the decay depend on the number of steps. */
const training = { warmupSteps: 1000, decay: 0.95, steps: 500 } as const;
const start = tinyConfig(training);

/** The files that equal runs share to the byte. */
const bytes = (name: string, step: number) => ({
  ...logs(name, step),
  config: readFileSync(paths(name).config, 'utf8'),
});

describe('a run with a time budget', () => {
  beforeEach(() => {
    let milliseconds = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => {
      milliseconds += 1000 * TICK;
      return milliseconds;
    });
  });

  it('has the bytes of one that was started with the chosen steps, also after a stop', async () => {
    const chosenSteps: number[] = [];
    const onStepsChosen: NonNullable<TrainingOptions['events']>['onStepsChosen'] = ({ steps, seconds }) => {
      expect(seconds).toBeLessThan(60 * minutes);
      chosenSteps.push(steps);
    };
    const { config, complete, state } = await begin('budget', { minutes, events: { onStepsChosen } }, start);
    const steps = config.training.steps!;
    expect(chosenSteps).toEqual([steps]);
    expect(steps).toBeGreaterThan(20);
    expect(complete).toBe(true);
    expect(state.step).toBe(steps);
    const warmupSteps = Math.floor(steps / 10);
    expect(config.training).toEqual(tinyConfig({ ...training, steps, warmupSteps }).training);
    expect(summary('budget').minutes).toBeUndefined();
    await begin('fixed', {}, tinyConfig({ ...training, steps, warmupSteps }));
    expect(bytes('budget', steps)).toEqual(bytes('fixed', steps));

    await begin('stopped', { minutes, stopAt: 7 }, start);
    const { config: chosen } = await goOn('stopped', { stopAt: 9 });
    const last = chosen.training.steps!;
    const wholeConfig = tinyConfig({ ...training, steps: last, warmupSteps: Math.floor(last / 10) });
    await begin('whole', {}, wholeConfig);
    await goOn('stopped');
    expect(bytes('stopped', last)).toEqual(bytes('whole', last));
    expect(summary('stopped')).toMatchObject({ steps: last, complete: true });
    expect(summary('stopped').changes).toBeUndefined();
  });

  it('chooses once: not after a step, but again if it was killed before', async () => {
    await begin('once', { minutes, stopAt: 1 }, start);
    await expect(goOn('once', { minutes })).rejects.toThrow(
      `${inRoot('once')} is at step 1, and its number of steps is already chosen: omit minutes: 0.05, or set another number`,
    );
    const kill = async (): Promise<never> => {
      throw new Error('killed');
    };
    const killing = { minutes, reports: { rehearse: kill } };
    await expect(begin('killed', killing, start)).rejects.toThrow('killed');
    expect(summary('killed')).toEqual({ minutes });
    const { config } = await goOn('killed', { stopAt: 1 });
    expect(config.training.steps).not.toBe(training.steps);
    await expect(begin('other', killing, start)).rejects.toThrow('killed');
    const resumed = await goOn('other', { stopAt: 1 }, { training: { steps: 33 } });
    expect(resumed.config.training.steps).toBe(33);
  });

  it('accounts for what the caller does at a milestone', async () => {
    const rehearse = async (): Promise<void> => {
      // Half a second.
      Array.from({ length: 0.5 / TICK }, () => performance.now());
    };
    const short = { minutes: 0.1, stopAt: 1 };
    const alone = await begin('alone', short, start);
    const drawing = await begin('drawing', { ...short, reports: { rehearse } }, start);
    const fewer = alone.config.training.steps! - drawing.config.training.steps!;
    // Five milestones and the rehearsal itself take three seconds of six.
    expect(fewer).toBeGreaterThan(0.4 * alone.config.training.steps!);
  });

  it.each([
    [
      1e-4,
      /^0\.0001 minutes are too short to train: preparing took .* s, a step takes .* s and .*; use at least minutes: 0\.\d+$/,
    ],
    [0, /^minutes must be a number above 0, not 0$/],
    [Number.NaN, /^minutes must be a number above 0, not NaN$/],
  ])('of %d minutes is refused in one line', async (refused, message) => {
    const name = `refused ${refused}`;
    await expect(begin(name, { minutes: refused }, start)).rejects.toThrow(
      expect.objectContaining({ code: 'invalid-argument', message: expect.stringMatching(message) }),
    );
  });

  it('has the same number of steps and the same weights on all ranks', async () => {
    const config = tinyConfig({ ...training, microBatch: 4 });
    const onRanks = async (name: string, options: Partial<TrainingOptions>, runConfig = config) => {
      const results = await onLocalRanks(2, async (ranks) => {
        const run =
          ranks.rank === 0
            ? await startRun(runConfig, inRoot(name), { dataset })
            : { config: runConfig, dataset, store: followerStore(name, runConfig) };
        return train({ ...run, threads: 1, ranks, stopAt: 8, ...options });
      });
      return results as [TrainingResult, TrainingResult];
    };
    const [first, second] = await onRanks('ranks', { minutes });
    const { steps, warmupSteps } = first.config.training;
    expect(second.config.training).toEqual(first.config.training);
    expect(second.state.weights).toEqual(first.state.weights);
    await onRanks('fixed ranks', {}, tinyConfig({ ...training, microBatch: 4, steps, warmupSteps }));
    expect(bytes('ranks', 8)).toEqual(bytes('fixed ranks', 8));
    await expect(onRanks('short ranks', { minutes: 1e-4 })).rejects.toThrow('too short to train');
  });
});
