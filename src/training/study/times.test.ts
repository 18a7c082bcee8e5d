import { join } from 'node:path';
import { afterEach, beforeAll, expect, it, vi } from 'vitest';
import { FlowModel } from '../../model/index.ts';
import { startRun } from '../../runs/open/run.node.ts';
import { temporaryFolder } from '../../testing/temporaryFolder.ts';
import { conditionedModels, labelledTinyDataset, tinyConfig } from '../../testing/tinyRuns.ts';
import { train } from '../loop/train.ts';
import { timeSamples } from './times.ts';

const folder = join(temporaryFolder(), 'run');
const engine = { threads: 1, workers: 1 };

afterEach(() => vi.restoreAllMocks());

beforeAll(async () => {
  const model = Object.fromEntries(conditionedModels).conditions;
  const run = await startRun(tinyConfig({ steps: 1 }, model), folder, { dataset: labelledTinyDataset(8) });
  await train({ ...run, threads: 1 });
});

it('times samples of a model that depends on a condition', async () => {
  expect(await timeSamples([folder], engine)).toEqual([{ milliseconds: expect.any(Number) }]);
});

it('says why samples have no time if any of them fails, and times the other models', async () => {
  const sample = FlowModel.prototype.sample;
  let samples = 0;
  vi.spyOn(FlowModel.prototype, 'sample').mockImplementation(function (this: FlowModel, options) {
    samples++;
    return samples === 6 ? Promise.reject(new Error('did not converge')) : sample.call(this, options);
  });
  const times = await timeSamples([folder, folder], engine);
  expect(times).toHaveLength(2);
  expect(times).toContainEqual({ problem: expect.stringContaining('did not converge') });
  expect(times).toContainEqual({ milliseconds: expect.any(Number) });
});
