// Studies whose runs have a training time: their steps, before and after these are known.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { addToBudget, stepsOf } from './budget.ts';
import { configOf, seedRun, trainOptions } from './runs.ts';
import type { Study } from './studies.ts';
import { tinyStudy } from './tinyStudy.ts';

const root = mkdtempSync(join(tmpdir(), 'budget-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const { steps: _, ...template } = tinyStudy;
const study: Study = { ...template, seconds: 60 };

it('has as many steps as fit in the seconds, once the time of a step is known', () => {
  expect(stepsOf(root, study, '1x1')).toBeNull();
  expect(() => trainOptions(seedRun(root, study, '1x1', 0, 0.01))).toThrow('are known');
  addToBudget(root, study, { '1x1': 0.5 });
  addToBudget(root, study, { additive: 0.7 });
  expect(stepsOf(root, study, '1x1')).toBe(120);
  expect(stepsOf(root, study, 'additive')).toBe(86);
  expect(configOf(seedRun(root, study, 'additive', 0, 0.01)).training.steps).toBe(86);
  expect(stepsOf(root, { ...study, seconds: undefined, steps: 25 }, '1x1')).toBe(25);
});
