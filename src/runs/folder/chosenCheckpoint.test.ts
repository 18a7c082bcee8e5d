// Which checkpoint of a run is read: the last, that of a step, or the best of those that were validated.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Glow } from '../../models/glow.ts';
import { ParameterLayout } from '../../models/parameterLayout.ts';
import { ClosedFolder } from '../../storage/closedFolder.ts';
import { checkpointContents } from '../contents/checkpoint.ts';
import { newGuard } from '../contents/guardState.ts';
import { saveCheckpoint } from './checkpointFile.ts';
import { readChosenCheckpoint, type StepChoice } from './chosenCheckpoint.ts';
import { createRunFolder } from './newRunFolder.ts';
import { checkpointPath, openRunFolder } from './runFolder.ts';

const root = mkdtempSync(join(tmpdir(), 'chosen-'));
const paths = createRunFolder(join(root, 'run'), '');
const model = new Glow([4, 4, 1], {
  levels: 1,
  depth: 1,
  width: 2,
  mixing: '1x1',
  kernelSize: 3,
  dilation: 1,
  learnedPrior: true,
  bits: 8,
});
const layout = new ParameterLayout(model.parameters);
const optimizer = { name: 'adamax', moments: { first: layout.zeros(), second: layout.zeros() } } as const;

beforeAll(() => {
  for (const step of [2, 4, 6, 7]) {
    const state = { step, updates: step, guard: newGuard(0.1), weights: layout.initial(step) };
    const all = { ...state, average: layout.zeros(), optimizer };
    saveCheckpoint(
      new ClosedFolder(paths.directory),
      checkpointPath(paths, step),
      checkpointContents(all, layout, model),
    );
  }
});
afterAll(() => rmSync(root, { recursive: true }));

function stepOf(step?: StepChoice, ...validations: [number, number | null][]): number {
  const lines = validations.map(([at, bits]) => JSON.stringify({ step: at, validationBitsPerDim: bits }));
  writeFileSync(paths.metrics, [...lines, ''].join('\n'));
  return readChosenCheckpoint(openRunFolder(paths.directory), { step, check: () => {} }).step;
}

it('is the last one, or that of a step', () => {
  expect([stepOf(), stepOf(4), stepOf(2)]).toEqual([7, 4, 2]);
});

it('is the one with the lowest bits/dim, of equal ones the last', () => {
  expect(stepOf('best', [2, 3], [4, 2], [6, 2.5])).toBe(4);
  expect(stepOf('best', [2, 2], [4, 2], [6, 2.5])).toBe(4);
  // Not one without a checkpoint or a finite value, and a later line of a step replaces an earlier one.
  expect(stepOf('best', [1, 1], [2, null], [4, 1], [4, 9], [6, 5])).toBe(6);
});

it('is refused if there is none, with those that there are', () => {
  const message = `${paths.directory} has no checkpoint of step 5: it has those of steps 2, 4, 6 and 7`;
  expect(() => stepOf(5)).toThrow(expect.objectContaining({ code: 'not-found', message }));
  expect(() => stepOf('best', [1, 1])).toThrow(
    `no validation of one is in ${paths.metrics}; choose a step, for example step: 7: it has those of`,
  );
});
