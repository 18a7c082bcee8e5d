// Library runs from start to finish: what is saved when, what a stop or failure leaves, and what stays
// unchanged.
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { memoryFiles } from '../../data/files/fileStore.ts';
import { readJsonLines } from '../../data/files/files.ts';
import { folderStore } from '../../runs/folder/folderStore.ts';
import { runPaths } from '../../runs/folder/runFolder.ts';
import { resumeRun, startRun } from '../../runs/open/run.node.ts';
import { stringifyConfig } from '../../runs/settings/configText.ts';
import { Program } from '../../tensor/engine/program.ts';
import { configuredOptimizer } from '../../tensor/optimizers/registry.ts';
import { tinyRunFolders } from '../../testing/tinyRunFolders.ts';
import { tinyConfig, tinyDataset } from '../../testing/tinyRuns.ts';
import { train } from './train.ts';
import type { TrainingOptions } from './trainingOptions.ts';

const dataset = tinyDataset(8);
const engine = { threads: 1 };
const { inRoot, begin, goOn, bytes } = tinyRunFolders(dataset);

afterEach(() => vi.restoreAllMocks());

function checkpoints(name: string): number[] {
  return readdirSync(runPaths(inRoot(name)).checkpoints)
    .sort()
    .map((file) => Number(/\d+/.exec(file)![0]));
}

/** Options that make training fail while recording a step, as a crash would. */
function failingAt(failing: number): Partial<TrainingOptions> {
  return {
    events: {
      onStep(step) {
        if (step === failing) {
          throw new Error('crash');
        }
      },
    },
  };
}

beforeAll(async () => {
  await begin('whole');
  await begin('part', { stopAt: 2 });
});

/** Copies a run. */
function copy(from: string, to: string): void {
  cpSync(inRoot(from), inRoot(to), { recursive: true });
}

describe('checkpoints', () => {
  it('are written only at milestones in a short run', () => {
    expect(checkpoints('whole')).toEqual([2, 4, 6]);
  });

  it('replace each other between milestones, and leave the same bytes', async () => {
    await expect(begin('crashed', { checkpointSeconds: 0, ...failingAt(4) })).rejects.toThrow('crash');
    expect(checkpoints('crashed')).toEqual([1, 2, 3]);
    await expect(goOn('crashed', { checkpointSeconds: 0, ...failingAt(6) })).rejects.toThrow('crash');
    expect(checkpoints('crashed')).toEqual([2, 3, 4, 5]);
    await goOn('crashed');
    expect(checkpoints('crashed')).toEqual([2, 4, 5, 6]);
    expect(bytes('crashed', 6)).toEqual(bytes('whole', 6));
  });

  it('of a recorded stop are kept', async () => {
    await begin('stopped', { stopAt: 1 });
    await folderStore(runPaths(inRoot('stopped'))).writeSummary({ steps: 1 });
    await goOn('stopped');
    expect(checkpoints('stopped')).toEqual([1, 2, 4, 6]);
  });
});

describe('a resumed run', () => {
  it('counts the time of all steps', async () => {
    copy('part', 'timed');
    const { seconds, imagesPerSecond } = await goOn('timed');
    const lines = [...readJsonLines(runPaths(inRoot('timed')).timings)];
    expect(lines).toHaveLength(6);
    const total = lines.reduce((sum, line) => sum + Number(line.seconds), 0);
    expect(seconds).toBeCloseTo(total, 9);
    expect(imagesPerSecond).toBeCloseTo((6 * 8) / total, 6);
  });

  it('removes everything a crash left behind, and nothing else', async () => {
    copy('part', 'partial');
    const { directory, checkpoints: folder, samples } = runPaths(inRoot('partial'));
    for (const name of ['config.yaml', 'metrics.jsonl', 'summary.json']) {
      writeFileSync(join(directory, `${name}.123.partial`), 'x');
    }
    writeFileSync(join(folder, 'step-00000003.safetensors.123.partial'), 'x');
    writeFileSync(join(samples, 'step-00000003.png.123.partial'), 'x');
    writeFileSync(join(directory, 'notes.partial'), 'my own');
    await goOn('partial');
    const files = readdirSync(directory, { recursive: true, encoding: 'utf8' });
    expect(files.filter((name) => name.endsWith('.partial'))).toEqual(['notes.partial']);
  });

  it('starts again from data after a crash before the first checkpoint', async () => {
    await expect(begin('early', failingAt(2))).rejects.toThrow('crash');
    expect(checkpoints('early')).toEqual([]);
    await goOn('early');
    expect(bytes('early', 6)).toEqual(bytes('whole', 6));
  });

  it('writes nothing before training', async () => {
    copy('whole', 'looked-at');
    await resumeRun(inRoot('looked-at'), { training: { steps: 9 } }, { dataset });
    expect(readFileSync(runPaths(inRoot('looked-at')).config)).toEqual(
      readFileSync(runPaths(inRoot('whole')).config),
    );
  });

  it('rejects images of another size, naming both', async () => {
    await expect(resumeRun(inRoot('whole'), {}, { dataset: tinyDataset(10) })).rejects.toThrow(
      'the images of tiny are 10x10x1, but the model was trained on images of 8x8x1: ',
    );
  });
});

describe('a run with adamw', () => {
  beforeAll(() => begin('adamw', {}, tinyConfig({ optimizer: { name: 'adamw', weightDecay: 0.1 } })));

  it('can change the options of adamw on resume', async () => {
    copy('adamw', 'adamw on');
    const changes = { training: { steps: 8, optimizer: { weightDecay: 0 } } };
    const { state, config } = await goOn('adamw on', {}, changes);
    expect(state).toMatchObject({ step: 8, optimizer: { name: 'adamw' } });
    expect(config.training.optimizer).toMatchObject({ weightDecay: 0 });
    copy('adamw', 'adamw unchanged');
    const unchanged = await goOn('adamw unchanged', {}, { training: { steps: 8 } });
    expect(unchanged.state.weights).not.toEqual(state.weights);
  });

  it('rejects another optimiser on resume, requested or written into its configuration', async () => {
    await expect(
      resumeRun(inRoot('adamw'), { training: { optimizer: 'adamax' } }, { dataset }),
    ).rejects.toThrow(
      'a resume cannot change training.optimizer: start a new run; a resume can change ' +
        'training.optimizer.epsilon, training.optimizer.beta1, training.optimizer.beta2, training.optimizer.weightDecay, training.learningRate, ',
    );
    copy('adamw', 'adamw edited');
    const { config } = runPaths(inRoot('adamw edited'));
    const text = stringifyConfig(tinyConfig());
    writeFileSync(config, text);
    await expect(goOn('adamw edited', {}, { training: { steps: 8 } })).rejects.toThrow(
      `${inRoot('adamw edited')} was trained with adamw, but its training.optimizer is now adamax: `,
    );
    expect(readFileSync(config, 'utf8')).toBe(text);
    expect(bytes('adamw edited', 6)).toEqual(bytes('adamw', 6));
  });
});

describe('a run with muon', () => {
  const training = { optimizer: { name: 'muon', restLearningRate: 0.016 }, learningRate: 0.003 } as const;
  // Wide enough for matrices of several shapes.
  const config = tinyConfig(training, { conditioner: { width: 8 } });

  it('leaves the same bytes with stops, by two workers', async () => {
    const sharing = { threads: 2, workers: 2 };
    await begin('muon', sharing, config);
    await begin('muon stopped', { ...sharing, stopAt: 3 }, config);
    await goOn('muon stopped', { ...sharing, stopAt: 5 });
    await goOn('muon stopped', sharing);
    expect(bytes('muon stopped', 6)).toEqual(bytes('muon', 6));
  });

  it('rolls both learning rates back together', () => {
    const optimizer = configuredOptimizer(config.training, 5);
    const { rate, matrixRate } = optimizer.scalars(1000, 0.0015);
    expect(matrixRate).toBe(0.0015);
    expect(rate).toBeCloseTo(
      configuredOptimizer({ ...training, optimizer: { name: 'muon', restLearningRate: 0.008 } }, 5).scalars(
        1000,
        0.003,
      ).rate!,
      15,
    );
  });
});

it('refuses to restart, or start from an earlier state, if the run has got further', async () => {
  copy('whole', 'again');
  const { state, ...run } = await resumeRun(inRoot('again'), {}, { dataset });
  for (const earlier of [undefined, { ...state!, step: 4 }]) {
    const training = train({ ...run, ...engine, state: earlier });
    await expect(training).rejects.toThrow('is already trained to step 6: ');
  }
  expect(bytes('again', 6)).toEqual(bytes('whole', 6));
});

it('ends, and changes nothing, once another process has taken the run', async () => {
  const { directory, lock } = runPaths(inRoot('taken'));
  let otherLock = '';
  let before: string[] = [];
  const onStep = (step: number): void => {
    if (step === 3) {
      otherLock = JSON.stringify({ ...JSON.parse(readFileSync(lock, 'utf8')), host: 'elsewhere', pid: 77 });
      writeFileSync(lock, otherLock);
      before = readdirSync(directory, { recursive: true, encoding: 'utf8' });
    }
  };
  await expect(begin('taken', { events: { onStep } })).rejects.toThrow(
    /^this training of .*taken stops here, because another may have started: process 77 on elsewhere has taken the lock .*training\.lock, .*resumeRun\('.*taken'\) resumes the run once nothing else trains it$/,
  );
  expect(readdirSync(directory, { recursive: true })).toEqual(before);
  expect(readFileSync(lock, 'utf8')).toBe(otherLock);
});

it('reports what it prepares: weights unless resuming from a state, and the programs of a step', async () => {
  const parts: string[] = [];
  const events = { onPreparing: (part: string) => parts.push(part), onStep: () => parts.push('step') };
  await begin('told', { stopAt: 1, events });
  await goOn('told', { stopAt: 2, events });
  expect(parts).toEqual(['weights', 'programs', 'step', 'programs', 'step']);
});

it('rejects an impossible number of workers before preparing anything, and leaves the run trainable', async () => {
  const run = await startRun(tinyConfig(), inRoot('crowded'), { dataset });
  const onPreparing = vi.fn();
  const crowded = train({ ...run, threads: 2, workers: 3, events: { onPreparing } });
  await expect(crowded).rejects.toThrow(/cannot be divided evenly among 3 workers/);
  expect(onPreparing).not.toHaveBeenCalled();
  await train({ ...run, ...engine });
  expect(bytes('crowded', 6)).toEqual(bytes('whole', 6));
});

it('creates no folder if the images do not fit the model', async () => {
  const options = { dataset: tinyDataset(10) };
  await expect(startRun(tinyConfig(), inRoot('odd'), options)).rejects.toThrow(
    '2 levels need sides divisible by 4',
  );
  expect(existsSync(inRoot('odd'))).toBe(false);
});

it('leaves the same bytes with recomputed activations, in micro-batches and with a stop', async () => {
  const config = tinyConfig({ microBatch: 4 });
  await begin('kept', { activations: 'keep' }, config);
  await begin('recomputed', { activations: 'recompute', stopAt: 3 }, config);
  await goOn('recomputed', { activations: 'recompute' });
  expect(bytes('recomputed', 6)).toEqual(bytes('kept', 6));
  expect(bytes('kept', 6)).not.toEqual(bytes('whole', 6));
});

it.each([2, 4])(
  'one thread with micro-batches adds gradients as %i workers do, to the byte',
  async (workers) => {
    const trained = async (microBatch: number, threads: number) => {
      const run = await startRun(tinyConfig({ microBatch }), memoryFiles('run'), { dataset });
      return (await train({ ...run, threads, workers: threads })).state;
    };
    const [shared, inTurn] = [await trained(8, workers), await trained(8 / workers, 1)];
    expect(inTurn.weights).toEqual(shared.weights);
    expect(inTurn.average).toEqual(shared.average);
  },
);

it('frees its programs, whether or not it fails', async () => {
  // More programs than if activations are kept.
  const activations = 'recompute';
  const release = vi.spyOn(Program.prototype, 'release');
  await begin('freed', { activations });
  const programCount = new Set(release.mock.contexts).size;
  release.mockClear();
  // After a validation, so that its program is compiled by then.
  await expect(begin('failed', { ...failingAt(5), activations })).rejects.toThrow('crash');
  expect(new Set(release.mock.contexts).size).toBe(programCount);
});
