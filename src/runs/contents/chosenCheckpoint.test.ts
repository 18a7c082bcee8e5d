// Chooses a checkpoint of a run: the last, a given step, or the best validated one.
import { beforeAll, expect, it } from 'vitest';
import { UserError } from '../../core/errors.ts';
import { memoryFiles } from '../../data/files/fileStore.ts';
import { Glow } from '../../flows/models/glow.ts';
import { ParameterLayout } from '../../flows/models/parameterLayout.ts';
import { checkpointContents } from './checkpoint.ts';
import { latestSoundCheckpoint, readChosenCheckpoint, type StepChoice } from './chosenCheckpoint.ts';
import { newGuard } from './guardState.ts';
import { RunStore } from './runStore.ts';

const files = memoryFiles('run');
const store = new RunStore(files);
const model = new Glow([4, 4, 1], { levels: 1, depth: 1, conditioner: { width: 2 }, mixing: '1x1' });
const layout = new ParameterLayout(model.parameters);
const optimizer = { name: 'adamax', moments: { first: layout.zeros(), second: layout.zeros() } } as const;

beforeAll(async () => {
  for (const step of [2, 4, 6, 7]) {
    const state = { step, updates: step, guard: newGuard(0.1), weights: layout.initial(step) };
    const fullState = { ...state, average: layout.zeros(), optimizer };
    await store.saveCheckpoint(step, checkpointContents(fullState, layout, model));
  }
});

async function chosenStep(step?: StepChoice, ...validations: [number, number | null][]): Promise<number> {
  const lines = validations.map(([validatedStep, bits]) =>
    JSON.stringify({ step: validatedStep, validationBitsPerDim: bits }),
  );
  await files.write('metrics.jsonl', [...lines, ''].join('\n'));
  return (await readChosenCheckpoint(store, { step, check: () => {} })).step;
}

it('is the last one, or a given step', async () => {
  expect(await Promise.all([chosenStep(), chosenStep(4), chosenStep(2)])).toEqual([7, 4, 2]);
});

it('has the lowest bits/dim; ties go to the last', async () => {
  expect(await chosenStep('best', [2, 3], [4, 2], [6, 2.5])).toBe(4);
  expect(await chosenStep('best', [2, 2], [4, 2], [6, 2.5])).toBe(4);
  // Not one without a checkpoint or a finite value, and a later line of a step replaces an earlier one.
  expect(await chosenStep('best', [1, 1], [2, null], [4, 1], [4, 9], [6, 5])).toBe(6);
});

it('is refused if there is none, with those that there are', async () => {
  const message = `run has no checkpoint at step 5; available: steps 2, 4, 6 and 7`;
  await expect(chosenStep(5)).rejects.toThrow(expect.objectContaining({ code: 'not-found', message }));
  await expect(chosenStep('best', [1, 1])).rejects.toThrow(
    `run/metrics.jsonl has no validation of a checkpoint; choose a step, for example step: 7; available: steps`,
  );
});

it('is not an earlier one if the last cannot be read, as without permission: it may be sound', async () => {
  const denied = new RunStore({
    ...files,
    read(name, check) {
      if (name.includes('00000007')) {
        throw new UserError('io', 'permission denied');
      }
      return files.read(name, check);
    },
  });
  const reading = [
    latestSoundCheckpoint(denied, () => {}),
    readChosenCheckpoint(denied, { check: () => {} }),
  ];
  for (const read of reading) {
    await expect(read).rejects.toThrow(/^permission denied$/);
  }
});
