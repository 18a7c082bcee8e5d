// What bfloat16 costs in bits/dim: one model, trained from the same weights here, in PyTorch, and in PyTorch with
// bfloat16 autocast. `bench/compare.ts --autocast` measures what it gains in speed.
//
//   npx tsx bench/bfloat16.ts
//
// Needs Debian's python3-torch. Prints a table. One seed, the weights of the last step: a spike at the end of a run shows. About
// five minutes of two cores.
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { wholeNumber } from '../src/cli/parts/options.ts';
import type { ImageSet } from '../src/data/contract/dataset.ts';
import { openDataset } from '../src/data/registry.ts';
import { evaluate } from '../src/evaluation/measure/evaluate.ts';
import { markdownTable } from '../src/evaluation/reports/markdownTable.ts';
import { resolveConfig } from '../src/experiments/resolve.ts';
import { flowFor } from '../src/models/flowRegistry.ts';
import { startRun } from '../src/runs/open/run.node.ts';
import { memoryFiles } from '../src/storage/memoryFiles.ts';
import { constantValue } from '../src/tensor/tensor.ts';
import { FlowModel } from '../src/trained/model/flowModel.ts';
import { type TrainedModel, trainedModel } from '../src/trained/model/trainedModel.ts';
import { train } from '../src/training/loop/train.ts';
import { BatchLoader } from '../src/training/step/batchLoader.ts';
import { startFromData } from '../src/training/step/startFromData.ts';
import { defaultPython, pytorchJson } from './peer/pytorch.ts';
import { inTemporaryFolder } from './shared/temporaryFolder.ts';

const WARM_UP = 100;
const RATE = 0.01;

const { threads, python, steps } = new Command('bfloat16')
  .option('--threads <n>', 'threads for both sides', wholeNumber(1), availableParallelism())
  .option('--python <path>', 'a Python with torch', defaultPython)
  .option('--steps <n>', 'training steps', wholeNumber(1), 2000)
  .parse()
  .opts<{ threads: number; python: string; steps: number }>();
const config = resolveConfig({
  preset: 'paper-mnist-quickstart',
  set: [
    'model.mixing=1x1',
    `training.steps=${steps}`,
    `training.learningRate=${RATE}`,
    `training.warmupSteps=${WARM_UP}`,
    'training.decay=none',
  ],
});
const { name, validation: share } = config.data;
const dataset = { ...(await openDataset(name, { validation: share })), name };
const { train: images, validation, imageShape } = dataset;
const model = flowFor(imageShape, config.model);
const { batchSize } = config.training;
const first = new BatchLoader(images, { batchSize, seed: 0, model }).at(0);
const start = trainedModel(model, await startFromData(model, first, 0, { threads }), 'raw');

/** All pixels of a set, one image after the other. */
function bytesOf(set: ImageSet): Uint8Array {
  const all = new Uint8Array(set.count * imageShape[0] * imageShape[1] * imageShape[2]);
  set.read(
    Array.from({ length: set.count }, (_, index) => index),
    all,
  );
  return all;
}

async function here(from: TrainedModel): Promise<number> {
  const run = await startRun(config, memoryFiles('bfloat16'), { dataset, from });
  const { state } = await train({
    ...run,
    threads,
    events: {
      onStep: (step, bits) => step % 100 === 0 && process.stderr.write(`step ${step}: ${bits.toFixed(3)}\n`),
    },
  });
  await using trained = new FlowModel(trainedModel(model, state, 'raw'), { threads });
  return (await evaluate(trained, validation)).bitsPerDim;
}

const results = await inTemporaryFolder('bfloat16', async (folder) => {
  const params = Object.entries(start.parameters).map(([path, tensor]) => {
    const { shape, data } = constantValue(tensor)!;
    return [path, { shape, data: Array.from(data) }] as const;
  });
  const files = ['model.json', 'images.bin', 'held-out.bin'].map((file) => join(folder, file));
  writeFileSync(
    files[0]!,
    JSON.stringify({ config: { ...model.options, imageShape }, params: Object.fromEntries(params) }),
  );
  writeFileSync(files[1]!, bytesOf(images));
  writeFileSync(files[2]!, bytesOf(validation));
  const options = { threads, batch: batchSize, steps, rate: RATE, 'warm-up': WARM_UP };
  const words = Object.entries(options).flatMap(([key, value]) => [`--${key}`, String(value)]);
  const there = async (...more: readonly string[]): Promise<number> =>
    (await pytorchJson<{ bitsPerDim: number }>(python, 'glow_torch.py', 'train', ...files, ...words, ...more))
      .bitsPerDim;
  return [
    ['emerging-flows, float32', await here(start)],
    ['PyTorch, float32', await there()],
    ['PyTorch, bfloat16 autocast', await there('--autocast')],
  ] as const;
});
process.stdout.write(
  `${markdownTable(
    ['', `validation bits/dim after ${steps} steps`],
    results.map(([who, bits]) => [who, bits.toFixed(3)]),
  )}\n`,
);
