// The size of a training before it starts, compared with what it turns out to be.
import { expect, it } from 'vitest';
import { memoryFiles } from '../../data/files/fileStore.ts';
import { countParameters } from '../../flows/models/flowRegistry.ts';
import { startRun } from '../../runs/open/run.node.ts';
import { tinyConfig, tinyDataset } from '../../testing/tinyRuns.ts';
import { train } from './train.ts';
import { trainingSize } from './trainingSize.ts';

const dataset = tinyDataset(8);
const config = tinyConfig({ steps: 1 });

it('counts the parameters, and at least the bytes that a step is prepared for', async () => {
  const { parameters, bytes, available, fits } = trainingSize(config, dataset.imageShape, { workers: 1 });
  expect(parameters).toBe(countParameters(dataset.imageShape, config.model));
  let prepared = 0;
  await train({
    ...(await startRun(config, memoryFiles('size'), { dataset })),
    workers: 1,
    events: { onPrepared: (plan) => (prepared = plan.bytes) },
  });
  expect(prepared).toBeGreaterThan(0);
  expect(bytes).toBeGreaterThan(prepared + 16 * parameters);
  expect(bytes).toBeLessThan(available);
  expect(fits).toBe(true);
});

it('says what does not fit, before it plans a graph for it', () => {
  const large = {
    ...config,
    model: { ...config.model, conditioner: { name: 'glow', width: 8192 }, depth: 100 },
  };
  expect(trainingSize(large, [64, 64, 3], { available: 2 ** 32 })).toMatchObject({ fits: false });
  const wide = { ...config, training: { ...config.training, batchSize: 65_536, microBatch: 65_536 } };
  const { fits, bytes } = trainingSize(wide, [8, 8, 1], { available: 2 ** 24, workers: 1 });
  expect(fits).toBe(false);
  expect(bytes).toBeGreaterThan(2 ** 24);
});
