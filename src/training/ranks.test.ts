// One training by several ranks: the results of one process, the same state everywhere, and decisions taken together.
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Ranks } from '../core/ranks/ranks.ts';
import { checkpointPath } from '../runs/folder/runFolder.ts';
import { resumeRun, startRun } from '../runs/open/run.node.ts';
import type { ConfigLayer } from '../runs/settings/configSchema.ts';
import { resolveConfig } from '../runs/settings/resolve.ts';
import { changeBatches } from '../testing/changedBatches.ts';
import { onLocalRanks } from '../testing/localRanks.ts';
import { tinyRunFolders } from '../testing/tinyRunFolders.ts';
import { conditionedModels, labelledTinyDataset, tinyConfig } from '../testing/tinyRuns.ts';
import { train } from './loop/train.ts';
import type { TrainingOptions, TrainingResult } from './loop/trainingOptions.ts';
import { followerStore, rankShare } from './ranks.ts';

const dataset = labelledTinyDataset(8);
const { inRoot, paths, metrics, summary, bytes } = tinyRunFolders(dataset);

afterEach(() => vi.restoreAllMocks());

type Options = Partial<TrainingOptions> & { readonly resume?: boolean };

/** Trains a run by several ranks: rank 0 in a folder, the others with a store that is empty. */
async function trained(
  size: number,
  name: string,
  config: TrainingOptions['config'],
  optionsOf: (ranks: Ranks) => Options = () => ({}),
): Promise<TrainingResult[]> {
  const run = (resume = false) =>
    resume
      ? resumeRun(inRoot(name), { training: { steps: config.training.steps } }, { dataset })
      : startRun(config, inRoot(name), { dataset });
  return onLocalRanks(size, async (ranks) => {
    const { resume, ...options } = optionsOf(ranks);
    const rankRun =
      ranks.rank === 0 ? await run(resume) : { config, dataset, store: followerStore(name, config) };
    return train({ ...rankRun, threads: 1, ranks, ...options });
  });
}

const comparableState = ({ state }: TrainingResult) => ({
  step: state.step,
  guard: state.guard,
  weights: Object.entries(state.weights).map(([group, { data }]) => [group, Array.from(data)]),
  moments: JSON.stringify(state.optimizer.moments),
});
const comparableWeights = ({ state }: TrainingResult) =>
  Object.values(state.weights).flatMap(({ data }) => Array.from(data));

/**
 * The losses of all steps agree to 1e-5, or to `tolerance`; the weights to a few steps at the rate of 1e-3, because the first gradient of an
 * actnorm is zero but for rounding, which the optimiser scales up to a whole step.
 */
function expectClose(
  actual: { name: string; result: TrainingResult },
  expected: typeof actual,
  tolerance = 1e-5,
): void {
  const [ours, theirs] = [actual, expected].map(({ name }) =>
    metrics(name).map(({ bitsPerDim, validationBitsPerDim }) => Number(bitsPerDim ?? validationBitsPerDim)),
  ) as [number[], number[]];
  expect(ours).toHaveLength(theirs.length);
  expect(Math.max(...ours.map((value, step) => Math.abs(value - theirs[step]!)))).toBeLessThan(tolerance);
  const [ourWeights, theirWeights] = [comparableWeights(actual.result), comparableWeights(expected.result)];
  expect(ours[0]).toBeCloseTo(theirs[0]!, 6);
  expect(Math.max(...ourWeights.map((value, index) => Math.abs(value - theirWeights[index]!)))).toBeLessThan(
    4e-3,
  );
}

const createConfig = (model: ConfigLayer['model'], training: ConfigLayer['training'] = {}) =>
  resolveConfig({
    overrides: {
      // An image on which the model depends would not be flipped with the others.
      data: { name: 'tiny', augment: model?.condition ? [] : ['flip'] },
      model: { levels: 2, depth: 1, conditioner: { width: 4 }, ...model },
      training: { batchSize: 16, microBatch: 4, clipNorm: 1, warmupSteps: 0, steps: 6, ...training },
    },
  });

const shared = conditionedModels.filter(([label]) => label === 'both' || label === 'conditions');

it.each<[number, string, ConfigLayer['model'], ConfigLayer['training']?]>([
  [4, 'emerging', {}],
  [3, 'muon', { conditioner: { width: 8 } }, { batchSize: 12, optimizer: 'muon' }],
  ...shared.map(([label, model], index): [number, string, ConfigLayer['model']] => [
    2,
    label,
    { ...model, mixing: index === 0 ? 'periodic' : '1x1' },
  ]),
])(
  '%i ranks equal one process up to rounding, and are the same each time, with clipping and micro-batches (%s)',
  async (size, label, model, training) => {
    const config = createConfig(model, training);
    const [alone] = await trained(1, `${label}-alone`, config);
    const several = await trained(size, label, config);
    // The first gradients of the flow of the noise are small, too.
    const tolerance = model?.dequantisation ? 5e-5 : 1e-5;
    expectClose({ name: label, result: several[0]! }, { name: `${label}-alone`, result: alone! }, tolerance);
    for (const otherResult of several) {
      expect(comparableState(otherResult)).toEqual(comparableState(several[0]!));
      expect(otherResult.validationBitsPerDim).toBe(several[0]!.validationBitsPerDim);
    }
    const again = `${label}-again`;
    await trained(size, again, config);
    expect(bytes(again, 6)).toEqual(bytes(label, 6));
  },
);

it('logs the same norms of layers by one worker, two workers and two ranks, and changes nothing else', async () => {
  const config = tinyConfig({ gradientNormsEvery: 2 });
  await trained(1, 'plain', tinyConfig());
  await trained(1, 'norms', config);
  await trained(1, 'norms-workers', config, () => ({ threads: 2, workers: 2 }));
  await trained(2, 'norms-ranks', config);
  const readNorms = (name: string) => metrics(name).flatMap(({ gradientNorms: norms }) => norms ?? []);
  expect(metrics('norms').filter((line) => line.gradientNorms)).toHaveLength(3);
  expect(metrics('norms').map(({ gradientNorms: _, ...line }) => line)).toEqual(metrics('plain'));
  for (const { gradientNorm, gradientNorms } of metrics('norms')) {
    const norms = Object.values((gradientNorms ?? {}) as Record<string, number>);
    if (norms.length > 0) {
      expect(Math.hypot(...norms)).toBeCloseTo(gradientNorm as number, 6);
    }
  }
  for (const otherRun of ['norms-workers', 'norms-ranks']) {
    const pairs = readNorms(otherRun).flatMap((norms, index) => {
      const expected = readNorms('norms')[index] as Record<string, number>;
      expect(Object.keys(norms)).toEqual(Object.keys(expected));
      return Object.entries(norms).map(([layer, norm]) => [norm as number, expected[layer]!] as const);
    });
    expect(pairs.length).toBeGreaterThan(20);
    for (const [norm, expected] of pairs) {
      expect(Math.abs(norm - expected)).toBeLessThan(1e-3 * (1 + expected));
    }
  }
});

it('resumes with another number of ranks, and says so in the summary', async () => {
  const config = tinyConfig();
  const [single] = await trained(1, 'whole', config);
  await trained(4, 'parts', config, () => ({ stopAt: 3 }));
  expect(summary('parts')).toMatchObject({ ranks: 4, steps: 3 });
  const [first, second] = await trained(2, 'parts', config, () => ({ resume: true }));
  expectClose({ name: 'parts', result: first! }, { name: 'whole', result: single! });
  expect(comparableState(second!)).toEqual(comparableState(first!));
  expect(summary('parts')).toMatchObject({
    ranks: 2,
    steps: 6,
    changes: [{ step: 3, setting: 'ranks', from: 4, to: 2 }],
  });
});

it('stops all ranks after the same step, with a checkpoint, whichever is told to', async () => {
  const results = await trained(2, 'stopped', tinyConfig(), ({ rank }) => ({
    signal: rank === 1 ? AbortSignal.abort() : new AbortController().signal,
  }));
  expect(results.map(({ interrupted, state }) => [interrupted, state.step])).toEqual([
    [true, 1],
    [true, 1],
  ]);
  expect(results[0]!.checkpoint).toBe(checkpointPath(paths('stopped'), 1));
  expect(readFileSync(results[0]!.checkpoint).length).toBeGreaterThan(0);
});

it('drops a step with a bad image on any rank, names the layer, and rolls back all ranks', async () => {
  changeBatches(({ image }, step, loader) => {
    const isOfRankOne = image.shape[0] === 4 && Reflect.get(loader, 'first') === 4;
    if (isOfRankOne && step >= 3 && step <= 5) {
      image.data[7] = 1e30;
    }
  });
  const troubles: string[] = [];
  const results = await trained(2, 'spoilt', tinyConfig(), ({ rank }) => ({
    events: rank === 0 ? { onTrouble: (_, text) => troubles.push(text) } : {},
  }));
  expect(troubles.slice(0, 3)).toEqual(
    [3, 4, 5].map((step) =>
      expect.stringMatching(`^step ${step} was dropped: the loss is not finite: first in layer`),
    ),
  );
  expect(troubles[3]).toMatch(/^step 5: rolled back to the weights of step 2/);
  expect(comparableState(results[1]!)).toEqual(comparableState(results[0]!));
  expect(results[0]!.state.guard).toMatchObject({ dropped: 3, rollbacks: 1 });
});

it('ends at the next milestone if the weights of a rank differ, and names the rank', async () => {
  const failing = trained(2, 'faulty', tinyConfig(), ({ rank }) => ({
    events: {
      onMilestone(step, { weights }) {
        if (rank === 1 && step === 2) {
          weights.small!.data[3]! += 1e-6;
        }
      },
    },
  }));
  await expect(failing).rejects.toThrow(
    /^after step 4 the weights of rank 1 on host1 and rank 0 on host0 differ: /,
  );
  expect(metrics('faulty')).toHaveLength(5);
});

describe('the share of a rank', () => {
  it('is a part of the batch, in micro-batches that divide it', () => {
    const shares = [0, 1, 2].map((rank) => rankShare({ batchSize: 96, microBatch: 24 }, { rank, size: 3 }));
    expect(shares.map(({ first, images }) => [first, images])).toEqual([
      [0, 32],
      [32, 32],
      [64, 32],
    ]);
    expect(shares[0]!.microBatch).toBe(16);
    expect(rankShare({ batchSize: 96, microBatch: 24 }, { rank: 0, size: 1 }).microBatch).toBe(24);
  });

  it.each([
    [
      5,
      /^5 ranks are more than the 4 images of a batch: start at most 4, or use a larger training.batchSize$/,
    ],
    [
      3,
      /^3 ranks cannot divide a batch of 4 images evenly: start 2, or use a training.batchSize that is a multiple of 3$/,
    ],
  ])('does not exist for %i ranks and 4 images', (size, message) => {
    expect(() => rankShare({ batchSize: 4, microBatch: 4 }, { rank: 0, size })).toThrow(message);
  });
});
