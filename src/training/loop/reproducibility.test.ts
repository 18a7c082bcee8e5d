// One thread with micro-batches adds gradients in the same order as workers do: the same bytes.
import { expect, it } from 'vitest';
import { memoryFiles } from '../../data/files/fileStore.ts';
import type { TrainingState } from '../../runs/contents/trainingState.ts';
import { startRun } from '../../runs/open/run.node.ts';
import { tinyConfig, tinyDataset } from '../../testing/tinyRuns.ts';
import { train } from './train.ts';

const dataset = tinyDataset(8);

async function trained(microBatch: number, workers: number): Promise<TrainingState> {
  const config = tinyConfig({ steps: 6, batchSize: 8, microBatch });
  const run = await startRun(config, memoryFiles('run'), { dataset });
  return (await train({ ...run, threads: workers, workers })).state;
}

it.each([2, 4])('one thread with micro-batches repeats %i workers to the byte', async (workers) => {
  const [shared, inTurn] = [await trained(8, workers), await trained(8 / workers, 1)];
  expect(inTurn.weights).toEqual(shared.weights);
  expect(inTurn.average).toEqual(shared.average);
});
