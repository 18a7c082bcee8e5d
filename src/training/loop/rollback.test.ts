// Training through trouble: bad batches, broken weights, excessive rates, corrupt files. It continues, and
// reports it.
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { RandomStream } from '../../core/numeric/random.ts';
import { type ImageSet, imagesInMemory, labelled } from '../../data/contract/dataset.ts';
import { troubleIn } from '../../runs/contents/logLines.ts';
import type { TrainingState } from '../../runs/contents/trainingState.ts';
import { folderStore } from '../../runs/folder/folderStore.ts';
import { checkpointPath, savedSteps } from '../../runs/folder/runFolder.ts';
import { resumeRun, startRun } from '../../runs/open/run.node.ts';
import type { ConfigLayer } from '../../runs/settings/configSchema.ts';
import { optimizers } from '../../tensor/optimizers/registry.ts';
import { changeBatches } from '../../testing/changedBatches.ts';
import { tinyRunFolders } from '../../testing/tinyRunFolders.ts';
import { tinyConfig, tinyDataset } from '../../testing/tinyRuns.ts';
import { train } from './train.ts';
import type { TrainingEvents } from './trainingEvents.ts';
import type { TrainingOptions } from './trainingOptions.ts';

const dataset = tinyDataset(8);
const { inRoot, paths, metrics, bytes } = tinyRunFolders(dataset);

afterEach(() => vi.restoreAllMocks());

/** Starts or resumes a run and trains it; also returns the trouble it reported. */
async function trained(
  name: string,
  {
    training = {},
    onMilestone,
    ...options
  }: Partial<TrainingOptions> &
    Pick<TrainingEvents, 'onMilestone'> & { training?: ConfigLayer['training'] } = {},
) {
  const run = existsSync(inRoot(name))
    ? await resumeRun(inRoot(name), { training }, { dataset })
    : await startRun(tinyConfig(training), inRoot(name), { dataset });
  const troubles: string[] = [];
  const rates: number[] = [];
  const events: TrainingEvents = {
    onStep: (_step, _bitsPerDim, _imagesPerSecond, learningRate) => rates.push(learningRate),
    onTrouble: (_, text) => troubles.push(text),
    ...(onMilestone && { onMilestone }),
  };
  return { ...(await train({ ...run, threads: 1, events, ...options })), troubles, rates };
}

/** Puts a NaN into the noise of the batches at these steps. */
function spoil(isSpoilt: (step: number) => boolean): void {
  changeBatches((batch, step) => {
    if (isSpoilt(step)) {
      batch.noise.data[7] = Number.NaN;
    }
  });
}

/** Changes the weights at the end of a step, as faulty memory would. */
function breaking(
  step: number,
  change: (state: TrainingState) => void,
): Required<TrainingEvents>['onMilestone'] {
  return (reached, state) => {
    if (reached === step) {
      change(state);
    }
  };
}

describe('a bad batch', () => {
  it('is dropped, reported and logged, and changes nothing', async () => {
    spoil((step) => step === 4);
    const { state, troubles } = await trained('batch', { training: { steps: 10 } });
    expect(troubles).toEqual([
      'step 4 was dropped: the loss is not finite: the batch contains NaN or infinity',
    ]);
    expect(state).toMatchObject({ step: 10, updates: 9, guard: { dropped: 1, rollbacks: 0 } });
    expect(troubleIn(metrics('batch'))).toEqual({ droppedSteps: 1, rollbacks: 0 });
    const [line] = metrics('batch').filter(({ dropped }) => dropped !== undefined);
    expect(line).toMatchObject({
      step: 4,
      bitsPerDim: null,
      gradientNorm: null,
      dropped: troubles[0]!.replace(/^.*?: /, ''),
    });
    const [before, after] = await Promise.all(
      [2, 4].map((step) => folderStore(paths('batch')).readCheckpoint(step, () => {})),
    );
    // Step 3 is in between: only the number of updates shows that step 4 made none.
    expect([before!.updates, after!.updates]).toEqual([2, 3]);
  });

  it.each(optimizers.names)(
    'leaves a run that produces the same bytes with stops (%s)',
    async (optimizer) => {
      const bad = (step: number) => step === 1 || step === 4 || (step >= 12 && step <= 14);
      spoil(bad);
      const training = { optimizer, steps: 20 };
      const [uninterrupted, stops] = [`badWhole-${optimizer}`, `badStops-${optimizer}`];
      const { state } = await trained(uninterrupted, { training });
      expect(state.guard).toMatchObject({ dropped: 5, rollbacks: 1, rateFactor: 0.5 });
      expect(troubleIn(metrics(uninterrupted))).toEqual({ droppedSteps: 5, rollbacks: 1 });
      // After a dropped step, between dropped steps, and after the rollback.
      for (const stopAt of [4, 13, 14, 20]) {
        await trained(stops, { training, stopAt });
      }
      expect(bytes(stops, 20)).toEqual(bytes(uninterrupted, 20));
    },
  );
});

describe('weights that are not finite', () => {
  it('are rolled back at once to the last anchor', async () => {
    const onMilestone = breaking(4, ({ weights }) => {
      weights.small!.data[3] = Number.NaN;
    });
    const { state, troubles, rates } = await trained('weight', { training: { steps: 10 }, onMilestone });
    const reason = /the loss is not finite: the weight levels\/0\/steps\/0\/\S+ is not finite/;
    expect(troubles).toHaveLength(2);
    expect(troubles[0]).toMatch(reason);
    expect(troubles[1]).toMatch(
      /^step 5: rolled back to the weights of step 4, now with 0.5 times the learning rate/,
    );
    expect(troubles[1]).toMatch(reason);
    expect(state).toMatchObject({ step: 10, updates: 9 });
    expect(metrics('weight').find(({ backToStep }) => backToStep !== undefined)).toMatchObject({
      step: 5,
      backToStep: 4,
      rateFactor: 0.5,
    });
    expect(metrics('weight').flatMap(({ learningRate }) => learningRate ?? [])).toEqual(rates);
    expect(new Set(rates.slice(0, 5))).toEqual(new Set([0.001]));
    expect(new Set(rates.slice(5))).toEqual(new Set([0.0005]));
  });

  it.each(['first', 'second', 'average'] as const)('of the %s are found at the next anchor', async (kind) => {
    const onMilestone = breaking(4, (state) => {
      const groups = kind === 'average' ? state.average : state.optimizer.moments[kind]!;
      groups.small!.data[3] = Number.POSITIVE_INFINITY;
    });
    const { state } = await trained(`state-${kind}`, { training: { steps: 10 }, onMilestone });
    expect(state.guard.rollbacks).toBe(1);
    const { weights, average, optimizer } = state;
    for (const groups of [weights, average, ...Object.values(optimizer.moments)]) {
      expect(groups.small!.data.every(Number.isFinite)).toBe(true);
    }
  });

  it('name the first layer if only its outputs are not finite', async () => {
    const onMilestone = breaking(4, ({ weights }) => {
      weights.small!.data.fill(1e30);
    });
    const { troubles } = await trained('layer', { training: { steps: 10 }, onMilestone });
    expect(troubles[0]).toMatch(
      /^step 5 was dropped: the loss is not finite: first in layer levels\/0\/steps\/0\/actnorm$/,
    );
    expect(troubles).toHaveLength(4);
    expect(troubles[3]).toMatch(/^step 7: rolled back to the weights of step 4, /);
  });
});

describe('training that diverges repeatedly', () => {
  it('ends with advice that helps', async () => {
    const wrong = { learningRate: 1000, steps: 60 };
    const error: Error = await trained('diverged', { training: wrong }).then(
      () => new Error('it continued'),
      (reason) => reason,
    );
    const divergedPaths = paths('diverged');
    const latest = (): number => savedSteps(divergedPaths).at(-1)!;
    const counts = async () => ({
      inLog: troubleIn(metrics('diverged')).rollbacks,
      inState: (await folderStore(divergedPaths).readCheckpoint(latest(), () => {})).guard.rollbacks,
    });
    expect(await counts()).toEqual({ inLog: 5, inState: 5 });
    expect(error.message).toContain('; with training.learningRate=1000 it had already rolled back 4 times');
    expect(error.message).toMatch(
      /^the training diverged at step 20: the loss is not finite: first in layer \S+; /,
    );
    expect(error.message).toContain(
      `${checkpointPath(divergedPaths, latest())} holds the weights of step 0: `,
    );
    expect(error.message).toContain(
      `resumeRun('${inRoot('diverged')}', { training: { learningRate: 0.001 } }) resumes from them`,
    );
    // The same rate fails again; the suggested one does not.
    await expect(trained('diverged', { training: wrong })).rejects.toThrow('already rolled back 5 times');
    expect(await counts()).toEqual({ inLog: 6, inState: 6 });
    const run = await resumeRun(inRoot('diverged'), {}, { dataset, set: ['training.learningRate=0.001'] });
    const { state, validationBitsPerDim } = await train({ ...run, threads: 1 });
    expect(state).toMatchObject({ step: 60, guard: { rateFactor: 1, rollbacks: 0 } });
    expect(validationBitsPerDim).toBeLessThan(10);
  });

  it('ends with advice on every learning rate of the optimiser', async () => {
    const optimizer = { name: 'muon', restLearningRate: 1000 };
    const training = { optimizer, learningRate: 0.002, steps: 60 };
    const lower = { learningRate: 0.00006, optimizer: { restLearningRate: 0.001 } };
    await expect(trained('rest', { training })).rejects.toThrow(
      `resumeRun('${inRoot('rest')}', { training: { learningRate: 0.00006, optimizer: { restLearningRate: 0.001 } } })`,
    );
    const { state } = await trained('rest', { training: lower });
    expect(state).toMatchObject({ step: 60, guard: { rateFactor: 1, rollbacks: 0 } });
  });

  it('is not reported as finished if it has trained nothing', async () => {
    const training = { learningRate: 1000, steps: 3 };
    await expect(trained('short', { training })).rejects.toThrow(
      'the training diverged: its likelihood of validation images is not finite; start again with a lower',
    );
    spoil((step) => step <= 2);
    await expect(trained('nothing', { training: { steps: 2 } })).rejects.toThrow('no step was taken');
    vi.restoreAllMocks();
    spoil(() => true);
    await expect(trained('startless')).rejects.toThrow('cannot initialise the model from the data');
  });
});

describe('other images', () => {
  const grain = (deviation: number) => {
    const values = new RandomStream(0, 'grain', deviation).normals(40 * 64);
    const train = imagesInMemory(
      Uint8Array.from(values, (value) => Math.min(255, Math.max(0, 128 + deviation * value))),
      [8, 8, 1],
    );
    return { ...dataset, train };
  };

  it('are trained on though they are harder, also if the first resume on them was killed', async () => {
    const [even, uneven] = [grain(20), grain(45)];
    const run = await startRun(tinyConfig({ steps: 60 }), inRoot('images'), { dataset: even });
    await train({ ...run, threads: 1, stopAt: 50 });
    const kill = (): void => {
      throw new Error('killed');
    };
    const first = await resumeRun(inRoot('images'), {}, { dataset: uneven, otherImages: true });
    const changed = { step: 50, setting: 'images', to: first.otherImages!.train.sha256.slice(0, 12) };
    await expect(train({ ...first, threads: 1, events: { onStep: kill } })).rejects.toThrow('killed');
    const second = await resumeRun(inRoot('images'), {}, { dataset: uneven });
    const { state } = await train({ ...second, threads: 1 });
    expect(state).toMatchObject({ step: 60, updates: 60, guard: { dropped: 0, rateFactor: 1 } });
    expect((await run.store.readSummary()).changes).toMatchObject([changed]);
  });

  it('are forgotten by the guard also if only their labels changed', async () => {
    const petImages = (turn: number) => {
      const withLabels = (images: ImageSet) => {
        const numbers = Array.from({ length: images.count }, (_, index) => (index + turn) % 2);
        return labelled(images, ['cat', 'dog'], numbers, 'pets');
      };
      const { train, validation } = dataset;
      return { ...dataset, train: withLabels(train), validation: withLabels(validation) };
    };
    const run = await startRun(tinyConfig({}, { classes: true }), inRoot('labels'), {
      dataset: petImages(0),
    });
    await train({ ...run, threads: 1, stopAt: 4 });
    const resumed = await resumeRun(inRoot('labels'), {}, { dataset: petImages(1), otherImages: true });
    const { state } = await train({ ...resumed, threads: 1 });
    expect(state.guard.loss.seen).toBe(2);
    expect((await run.store.readSummary()).changes).toMatchObject([{ step: 4, setting: 'images' }]);
  });
});

describe('clipping', () => {
  it('changes the weights if gradients are longer, and the log has their unclipped norm', async () => {
    const loose = await trained('loose', { training: { clipNorm: 1e6 } });
    const tight = await trained('tight', { training: { clipNorm: 1e-3 } });
    await trained('none');
    expect(bytes('loose', 6).metrics).toBe(bytes('none', 6).metrics);
    expect(metrics('tight')[0]).toEqual(metrics('none')[0]);
    const largest = ({ state }: typeof tight) =>
      Math.max(...state.optimizer.moments.second!.small!.data.map(Math.abs));
    expect(largest(tight)).toBeLessThanOrEqual(1e-3);
    expect(largest(loose)).toBeGreaterThan(0.1);
  });
});

it('reports and renames a corrupt checkpoint, and uses the one before it', async () => {
  await trained('sound');
  cpSync(inRoot('sound'), inRoot('corrupt'), { recursive: true });
  const path = checkpointPath(paths('corrupt'), 6);
  writeFileSync(path, readFileSync(path).subarray(0, 9000));
  const { damages, state, ...run } = await resumeRun(inRoot('corrupt'), {}, { dataset });
  expect(state!.step).toBe(4);
  expect(damages).toEqual([expect.stringContaining(path)]);
  expect(existsSync(path)).toBe(true);
  await train({ ...run, state, threads: 1 });
  expect(bytes('corrupt', 6)).toEqual(bytes('sound', 6));
  expect(readdirSync(paths('corrupt').checkpoints)).toContain('step-00000006.safetensors.damaged');
});
