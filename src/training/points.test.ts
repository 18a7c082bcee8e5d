// The density of points: in the units of the data, and close to a Gaussian that is known.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RandomStream } from '../core/numeric/random.ts';
import { mean } from '../core/numeric/statistics.ts';
import { readAll } from '../data/contract/dataset.ts';
import { memoryFiles } from '../data/files/fileStore.ts';
import { pointsDataset } from '../data/points.ts';
import { openDataset } from '../data/registry.ts';
import { FlowModel } from '../model/flowModel.ts';
import { loadTrained } from '../model/loading/loadTrained.ts';
import { evaluate } from '../model/measure/evaluate.ts';
import { trainedModel } from '../model/trainedModel.ts';
import { resumeRun, startRun } from '../runs/open/run.node.ts';
import { resolveConfig } from '../runs/settings/resolve.ts';
import { temporaryFolder } from '../testing/temporaryFolder.ts';
import { train } from './loop/train.ts';

const root = temporaryFolder();
/** x = mean + scale·(e₀, 0.8·e₀ + 0.6·e₁): units of very different sizes, correlation 0.8. */
const centre = [1000, -3] as const;
const scale = [20, 0.05] as const;
const random = new RandomStream(3, 'gaussian');
const values = new Float32Array(8000);
for (let point = 0; point < 4000; point++) {
  const [first, second] = random.normals(2) as unknown as [number, number];
  values[2 * point] = centre[0] + scale[0] * first;
  values[2 * point + 1] = centre[1] + scale[1] * (0.8 * first + 0.6 * second);
}
const logDensity = (x: number, y: number): number => {
  const first = (x - centre[0]) / scale[0];
  const second = ((y - centre[1]) / scale[1] - 0.8 * first) / 0.6;
  return -(first ** 2 + second ** 2) / 2 - Math.log(2 * Math.PI * scale[0] * scale[1] * 0.6);
};

const dataset = pointsDataset(values, 2, { name: 'gaussian' });
let model: FlowModel;
beforeAll(async () => {
  const config = resolveConfig({
    preset: 'points',
    overrides: {
      model: { depth: 2, conditioner: { width: 16 } },
      training: { steps: 120, warmupSteps: 10, learningRate: 0.01 },
    },
  });
  await train({ ...(await startRun(config, join(root, 'run'), { dataset })), threads: 1 });
  model = new FlowModel(await loadTrained(join(root, 'run')));
});
afterAll(() => model.release());

it('has log-likelihoods in nats per point, close to the Gaussian’s', async () => {
  const points = readAll(dataset.test) as Float32Array;
  const likelihoods = await model.logLikelihood(points);
  const differences = Array.from(
    likelihoods,
    (likelihood, point) => logDensity(points[2 * point]!, points[2 * point + 1]!) - likelihood,
  );
  // The Kullback-Leibler divergence, up to its sampling error.
  expect(Math.abs(mean(differences))).toBeLessThan(0.05);
  const bits = await model.bitsPerDim(points);
  expect(mean(bits) * 2 * Math.LN2).toBeCloseTo(-mean(likelihoods), 4);
});

it('samples points with the moments of the data', async () => {
  const drawn = await model.sample({ count: 2000 });
  expect(drawn).toBeInstanceOf(Float32Array);
  const standard = [0, 1].map((axis) =>
    Array.from({ length: 2000 }, (_, point) => (drawn[2 * point + axis]! - centre[axis]!) / scale[axis]!),
  );
  for (const axis of standard) {
    expect(Math.abs(mean(axis))).toBeLessThan(0.15);
    expect(mean(axis.map((value) => value ** 2))).toBeCloseTo(1, 0);
  }
  expect(mean(standard[0]!.map((value, point) => value * standard[1]![point]!))).toBeCloseTo(0.8, 0);
});

it('remembers its columns, and refuses tables that have them in another order', async () => {
  const rows = Array.from({ length: 200 }, (_, row) => [10 * Math.sin(12.9 * row), Math.cos(7.3 * row)]);
  const open = (name: string, header: string, turned = false) => {
    const lines = rows.map((row) => (turned ? row.toReversed() : row).join(','));
    writeFileSync(join(root, name), [header, ...lines].join('\n'));
    return openDataset(join(root, name));
  };
  const config = resolveConfig({
    preset: 'points',
    overrides: {
      model: { depth: 1, conditioner: { width: 8 } },
      training: { batchSize: 16, steps: 1, warmupSteps: 1 },
    },
  });
  const files = memoryFiles('columns');
  const run = await startRun(config, files, { dataset: await open('points.csv', 'x,y') });
  expect(run.config.model.continuous).toMatchObject({ columns: ['x', 'y'] });
  const { model: flow, state } = await train({ ...run, threads: 1 });
  await using stored = new FlowModel(trainedModel(flow, state), { threads: 1 });
  const turned = await open('turned.csv', 'y,x', true);
  const refusal = 'are y, x, but the model has x, y: give the same columns, in the same order';
  await expect(evaluate(stored, turned.test, {})).rejects.toThrow(refusal);
  await expect(resumeRun(files, {}, { dataset: turned, otherImages: true })).rejects.toThrow(refusal);
  // As in files of samples.
  const renamed = await open('renamed.csv', 'v0,v1');
  expect((await evaluate(stored, renamed.test, {})).images).toBe(renamed.test.count);
});
