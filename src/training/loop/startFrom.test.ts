// Runs that start from the weights of another model: what they take over, and that neither a stop nor a rollback loses it.
import { readdirSync, rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { mean } from '../../core/numeric/statistics.ts';
import { readAll } from '../../data/contract/dataset.ts';
import { requireEightBits } from '../../data/pixels/values.ts';
import { DEQUANTISER } from '../../flows/models/flow.ts';
import { FlowModel } from '../../model/flowModel.ts';
import { loadModel } from '../../model/loading/loadModel.ts';
import { trainedModel } from '../../model/trainedModel.ts';
import { type FolderRun, startRun } from '../../runs/open/run.node.ts';
import type { StartingModel } from '../../runs/open/startFrom.ts';
import type { ConfigLayer } from '../../runs/settings/configSchema.ts';
import { constant } from '../../tensor/tensor.ts';
import { changeBatches } from '../../testing/changedBatches.ts';
import { tinyRunFolders } from '../../testing/tinyRunFolders.ts';
import { tinyConfig, tinyDataset } from '../../testing/tinyRuns.ts';
import { train } from './train.ts';
import type { TrainingResult } from './trainingOptions.ts';

const dataset = tinyDataset(8);
const { inRoot, paths, begin, goOn, summary } = tinyRunFolders(dataset);
const pixels = requireEightBits(readAll(dataset.validation), 'tiny');
let source: FlowModel;

/** bits/dim of the validation images. */
async function measureBits(model: FlowModel): Promise<number> {
  return mean(await model.bitsPerDim(pixels));
}

function startedRun(
  name: string,
  model: ConfigLayer['model'] = {},
  from: StartingModel = source,
): Promise<FolderRun> {
  return startRun(tinyConfig({ steps: 20, learningRate: 1e-4 }, model), inRoot(name), { dataset, from });
}

beforeAll(async () => {
  await begin('source', {}, tinyConfig({ steps: 40 }));
  source = await loadModel(inRoot('source'));
});

afterEach(() => vi.restoreAllMocks());
afterAll(() => source.release());

/** The model with the raw weights of a result. */
const toFlowModel = ({ model, state }: TrainingResult): FlowModel =>
  new FlowModel(trainedModel(model, state, 'raw'), { threads: 1 });

it('starts with the density of the other model, not with random weights', async () => {
  const run = await startedRun('same');
  expect(run.origin).toMatchObject({ name: 'the other model', fresh: [], unused: [] });
  expect(run.origin!.taken).toEqual(Object.keys(source.model.parameters));
  const first = await train({ ...run, threads: 1, stopAt: 1 });
  const started = toFlowModel(first);
  expect(await measureBits(started)).toBeCloseTo(await measureBits(source), 1);
  const random = toFlowModel(await begin('random', { stopAt: 1 }, tinyConfig({ steps: 20 })));
  expect(await measureBits(random)).toBeGreaterThan((await measureBits(source)) + 0.5);
  await started.release();
  await random.release();
});

it('gives new parts their initial values, and takes the rest', async () => {
  const options = { dequantisation: { name: 'variational', width: 8 } } as const;
  const { origin, state } = await startedRun('variational', options, {
    name: 'runs/source',
    parameters: source.parameters,
  });
  expect(origin!.name).toBe('runs/source');
  expect(origin!.taken).toEqual(Object.keys(source.model.parameters));
  expect(origin!.fresh.length).toBeGreaterThan(0);
  expect(origin!.fresh.every((path) => path.startsWith(DEQUANTISER))).toBe(true);
  expect(state).toMatchObject({ step: 0, updates: 0, optimizer: { name: 'adamax' } });
  const back = await startRun(tinyConfig({ steps: 20 }), inRoot('uniform'), {
    dataset,
    from: await loadModel(inRoot('variational')),
  });
  expect(back.origin!.unused).toEqual(origin!.fresh);
});

it('continues from these weights after a stop before the first step', async () => {
  const uninterrupted = await train({ ...(await startedRun('whole')), threads: 1 });
  await startedRun('stopped');
  const resumed = await goOn('stopped');
  expect(resumed.state.weights).toEqual(uninterrupted.state.weights);
  expect(summary('stopped')).toMatchObject({ from: 'the other model', steps: 20 });
});

it('rolls back to these weights', async () => {
  const run = await startedRun('rollback');
  // Before any other state exists, and again, so that the first rollback failed.
  changeBatches(({ noise }, step) => {
    if (step <= 6) {
      noise.data[0] = Number.NaN;
    }
  });
  const result = await train({ ...run, threads: 1, stopAt: 7 });
  expect(result.state.guard.rollbacks).toBe(2);
  const model = toFlowModel(result);
  expect(await measureBits(model)).toBeCloseTo(await measureBits(source), 1);
  await model.release();
});

it('refuses to continue with random weights if its checkpoints are gone', async () => {
  await startedRun('gone');
  rmSync(paths('gone').checkpoints, { recursive: true });
  await expect(goOn('gone')).rejects.toThrow(
    /started from the weights of the other model and has no checkpoint any more: start a new run from them$/,
  );
});

it.each([null, 'runs/source', 3, {}])('refuses %j as a model, and creates nothing', async (from) => {
  await expect(startedRun('no model', {}, from as never)).rejects.toThrow(
    'from must be a model, such as await loadModel(',
  );
  expect(readdirSync(inRoot('.'))).not.toContain('no model');
});

it('names what differs if the images have other channels', async () => {
  const colours = { imageShape: [8, 8, 3] as const, options: source.model.options };
  const weights = Object.entries(source.parameters).map(([path]) => [
    path,
    constant({ shape: [1, 7], data: new Float32Array(7) }),
  ]);
  const from = { parameters: Object.fromEntries(weights), model: colours };
  await expect(startedRun('colours', {}, from)).rejects.toThrow(
    /its images have 3 channels, and these have 1$/,
  );
});

it('refuses weights of other sizes or another model, and creates nothing', async () => {
  await expect(startedRun('wide', { conditioner: { width: 12 } })).rejects.toThrow(
    /^cannot start from .*: levels\/0\/steps\/0\/\S+ is [\dx]+ there, and [\dx]+ in the new model; settings that differ: model\.conditioner\.width \(4 there, 12 here\)$/,
  );
  await expect(startedRun('none', {}, { parameters: {} })).rejects.toThrow(
    'no parameter has the same path in both models',
  );
  expect(readdirSync(inRoot('.'))).not.toContain('wide');
  expect(readdirSync(inRoot('.'))).not.toContain('none');
});
