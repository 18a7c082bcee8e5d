import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startRun } from '../../runs/open/run.node.ts';
import { temporaryFolder } from '../../testing/temporaryFolder.ts';
import { conditionedModels, labelledTinyDataset, tinyConfig } from '../../testing/tinyRuns.ts';
import { train } from '../loop/train.ts';
import { timeSamples } from './times.ts';

it('times samples of a model that depends on a condition', async () => {
  const folder = join(temporaryFolder(), 'run');
  const model = Object.fromEntries(conditionedModels).conditions;
  const run = await startRun(tinyConfig({ steps: 1 }, model), folder, { dataset: labelledTinyDataset(8) });
  await train({ ...run, threads: 1 });
  const times = await timeSamples([folder], { threads: 1, workers: 1 });
  expect(times).toEqual([{ milliseconds: expect.any(Number) }]);
});
