// Studies whose runs have a training time: their steps, before and after these are known, and what is compared.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { addToBudget, stepsOf } from './budget.ts';
import { listText } from './listing.ts';
import { costsOf, runsOf, unitsOf } from './plan.ts';
import { readStudies } from './readStudies.ts';
import { configOf, seedRun, trainOptions } from './runs.ts';
import { readStepTimes } from './stepTimes.ts';
import type { Study } from './studies.ts';

const root = mkdtempSync(join(tmpdir(), 'budget-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const { steps: _, ...template } = readStudies()[0]!;
const study: Study = {
  ...{ ...template, seconds: 60, seeds: [0] },
  search: { rates: [0.01], steps: 5, seed: 9 },
  comparisons: [{ title: 'Two', variants: ['1x1', 'emerging'] }],
};

it('has no steps until they are timed, and cannot start', () => {
  expect(stepsOf(root, study, '1x1')).toBeNull();
  expect(() => trainOptions(seedRun(root, study, '1x1', 0, 0.01))).toThrow(/before its .*steps are known/);
  expect(listText([study], root)).toContain('1m 0s each');
});

it('counts the steps of each variant that take its seconds, whichever were timed later', () => {
  addToBudget(root, study, { '1x1': 0.02 });
  addToBudget(root, study, { emerging: 0.05 });
  const runs = unitsOf([study]).flatMap((unit) => runsOf(unit, root));
  expect(runs.map(({ directory, steps }) => [basename(directory), steps])).toEqual([
    ['1x1-0', 3000],
    ['emerging-0', 1200],
  ]);
  expect(runs.map((run) => configOf(run).training.steps)).toEqual([3000, 1200]);
  // A run always has a step, and other variants keep theirs.
  expect(stepsOf(root, { ...study, seconds: 0.001 }, '1x1')).toBe(1);
});

it('plans with the speed of training, and compares at the times from which steps were counted', () => {
  const [unit] = costsOf(unitsOf([study]), root, () => ({ secondsPerStep: 2, secondsBeside: () => 10 }));
  expect(unit!.seconds).toBe(2 * 4200 + 20);
  expect(readStepTimes(root, study)).toEqual({ '1x1': 0.02, emerging: 0.05 });
});
