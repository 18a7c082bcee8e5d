// `emerging train` as a process: its result, its folder, and that stops and crashes change nothing.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { readJsonLines, readTextFile } from '../../../data/files/files.ts';
import { decodeSafetensors } from '../../../data/files/safetensors.ts';
import { resolveConfig } from '../../../runs/settings/resolve.ts';
import { commandProcess } from '../../../testing/command.ts';
import { tinyTraining, writeTinyDataset } from '../../../testing/tinyImages.ts';
import { formatCount } from '../terminal/format.ts';

const emerging = commandProcess();
const inFolder = (...path: string[]): string => join(emerging.folder, ...path);
const read = (...path: string[]): Buffer => readFileSync(inFolder(...path));
const lines = (file: string) => [...readJsonLines(inFolder(file))] as Record<string, number>[];
const checkpointPath = (run: string, step: number): string =>
  join(run, 'checkpoints', `step-${String(step).padStart(8, '0')}.safetensors`);
const newRun = ['train', '--data=data', ...tinyTraining];

/** Whether the metrics of two runs and their checkpoints of a step are byte-identical. */
function sameBytes(first: string, second: string, step: number): { metrics: boolean; checkpoint: boolean } {
  return {
    metrics: read(first, 'metrics.jsonl').equals(read(second, 'metrics.jsonl')),
    checkpoint: read(checkpointPath(first, step)).equals(read(checkpointPath(second, step))),
  };
}

const equal = { metrics: true, checkpoint: true };

beforeAll(() => {
  writeTinyDataset(inFolder('data'));
  writeTinyDataset(inFolder('many'), { seed: 3 });
});

it('several that are started at once get folders of their own', async () => {
  mkdirSync(inFolder('at-once'));
  const [program, ...words] = emerging.words(...newRun, '--steps=1', '--no-test', '--threads=1') as [string];
  const start = (seed: number) =>
    promisify(execFile)(program, [...words, `--data=../data`, `--seed=${seed}`], {
      cwd: inFolder('at-once'),
    });
  await Promise.all([0, 1, 2, 3].map(start));
  const runs = readdirSync(inFolder('at-once/runs')).sort();
  expect(runs).toEqual(['data', 'data-2', 'data-3', 'data-4']);
  const seeds = runs.map(
    (run) => resolveConfig({ file: readTextFile(inFolder('at-once/runs', run, 'config.yaml')) }).seed,
  );
  expect(seeds.sort()).toEqual([0, 1, 2, 3]);
});

describe('a run that starts from another model', () => {
  const variational = ['--set=model.dequantisation=variational', '--set=model.dequantisation.width=8'];

  beforeAll(async () => {
    await emerging.json(...newRun, '--steps=4', '--no-test', '--out=runs/source');
    await emerging.run('export', 'runs/source', '--out=exported');
  });

  it('has the settings and weights of a run, and says what is new', async () => {
    const { code, stderr } = await emerging.run(
      'train --from=runs/source --steps=2 --no-test --out=runs/finetuned',
      ...variational,
    );
    expect(code).toBe(0);
    expect(stderr).toMatch(/^starting from the weights of runs\/source: \d+ arrays of parameters$/m);
    expect(stderr).toMatch(/^runs\/source has no dequantiser: \d+ arrays with initial values$/m);
    expect(JSON.parse(read('runs/finetuned/summary.json').toString())).toMatchObject({ from: 'runs/source' });
    const card = read('runs/finetuned/README.md').toString();
    expect(card).toContain('| Started from | the weights of source |');
    expect((await emerging.run('runs')).stdout).toContain(
      'runs/finetuned: started from the weights of runs/source\n',
    );
    expect(card).toContain('# a new run with these settings, from random weights');
    const [source, target] = ['runs/source', 'runs/finetuned'].map((run) =>
      resolveConfig({ file: readTextFile(inFolder(run, 'config.yaml')) }),
    );
    expect(target!.training).toEqual({ ...source!.training, steps: 2 });
    expect(target!.model).toEqual({
      ...source!.model,
      dequantisation: { name: 'variational', steps: 2, width: 8 },
    });
  });

  it('has the model and weights of an export, for other images', async () => {
    const options = ['--from=exported', '--data=many', '--steps=2', '--no-test', '--out=runs/many'];
    const { code, stderr } = await emerging.run('train', ...options);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^starting from the weights of exported: all arrays of parameters$/m);
    expect(stderr).toMatch(/^exported is an export, without settings of its training: using the defaults/m);
  });

  it.each([
    [['--from=nothing'], /nothing/],
    [['--from=exported', '--steps=2'], /data\.name/],
    [
      ['--from=runs/source', '--preset=mnist'],
      /^emerging: --from starts with the settings of runs\/source: omit --preset, and change/,
    ],
    [['--from=runs/source', '--resume=runs/source'], /omit --from$/],
  ])('refuses %j in one line', async (options, message) => {
    const { code, stderr } = await emerging.run('train', ...options);
    expect([1, 2]).toContain(code);
    expect(stderr.trim().split('\n')).toEqual([expect.stringMatching(message)]);
  });
});

describe('a run', () => {
  let result: Record<string, unknown>;

  beforeAll(async () => {
    result = await emerging.json(...newRun, '--steps=6', '--out=runs/a');
  });

  it('leaves a folder with exactly the expected files', () => {
    expect(readdirSync(inFolder('runs/a'), { recursive: true }).sort()).toEqual([
      'README.md',
      'checkpoints',
      ...[2, 4, 6].map((step) => checkpointPath('', step)),
      'config.schema.json',
      'config.yaml',
      'curve.png',
      'data.json',
      'data.mark',
      'metrics.jsonl',
      'samples',
      'samples/over-time.png',
      ...[2, 4, 6].map((step) => `samples/step-0000000${step}.png`),
      'scores.json',
      'summary.json',
      'timings.jsonl',
    ]);
    const metrics = lines('runs/a/metrics.jsonl');
    expect(metrics.map(({ step }) => step)).toEqual([1, 2, 2, 3, 4, 4, 5, 6, 6]);
    expect(lines('runs/a/timings.jsonl').map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('records no time, host or path in metrics and checkpoints', () => {
    const keys = new Set(lines('runs/a/metrics.jsonl').flatMap(Object.keys));
    const expected = ['step', 'epoch', 'bitsPerDim', 'learningRate', 'gradientNorm', 'validationBitsPerDim'];
    expect(keys).toEqual(new Set(expected));
    const checkpoint = read(checkpointPath('runs/a', 6));
    const { metadata, tensors } = decodeSafetensors(checkpoint, 'checkpoint');
    expect(metadata).toEqual({
      format: 'emerging-flows',
      formatVersion: '3',
      step: '6',
      updates: '6',
      guard: expect.stringContaining('"dropped":0'),
      optimizer: 'muon',
      imageShape: '8x8x1',
      model: expect.stringMatching(/^\{"bits":8,.*"mixing":"emerging"\}$/),
      checksum: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const parts = new Set([...tensors.keys()].map((name) => name.replace(/\/(levels|prior)\/.*/, '')));
    expect(parts).toEqual(new Set(['weights', 'average', 'optimizer/first', 'optimizer/second']));
    // Only in the header: a short name may occur by chance among the numbers.
    const header = checkpoint.subarray(8, 8 + Number(checkpoint.readBigUInt64LE()));
    expect(header.includes('levels/0/steps/0/')).toBe(true);
    for (const text of [hostname(), emerging.folder, `${new Date().getFullYear()}-`]) {
      expect(header.includes(text), text).toBe(false);
    }
  });

  it('is named after its dataset if it differs from its preset’s, and warns about what has no effect', async () => {
    const lengths = ['--steps=2', '--stop-at=9', '--set=training.warmupSteps=5'];
    const { stdout, stderr } = await emerging.run(...newRun, ...lengths, '--no-test');
    expect(stdout).toContain('checkpoint runs/data/checkpoints/step-00000002.safetensors');
    expect(stdout).toContain('card       runs/data/README.md\n');
    expect(stdout).not.toContain('scores.json');
    expect(stderr).toContain('using preset mnist-quickstart; choose another with');
    expect(read('runs/data/README.md').toString()).toMatch(/^# data, emerging: a normalizing flow\n/);
    expect(stderr).toContain(
      'warning: --stop-at 9 is beyond the last step: the run ends after step 2; --steps 9 trains longer\n',
    );
    expect(stderr).toContain(
      'warning: the warm-up of 5 steps is longer than the run of 2 steps, so the learning rate stays below',
    );
  });

  it('can be repeated from its config', async () => {
    const again = await emerging.json('train', '--config=runs/a/config.yaml', '--no-test', '--out=runs/d');
    expect(sameBytes('runs/a', 'runs/d', 6)).toEqual(equal);
    expect(read('runs/d/config.yaml')).toEqual(read('runs/a/config.yaml'));
    expect(again).toMatchObject({ preset: null, bitsPerDim: result.bitsPerDim });
  });

  it('continues to another number of steps and records that in its config', async () => {
    const longer = await emerging.json('train', '--resume=runs/d', '--steps=10', '--no-test');
    const changes = [{ step: 6, setting: 'training.steps', from: 6, to: 10 }];
    expect(longer).toMatchObject({ steps: 10, complete: true, changes });
    expect(read('runs/d/README.md').toString()).toContain('# a new run with the last settings');
    expect(resolveConfig({ file: readTextFile(inFolder('runs/d/config.yaml')) }).training.steps).toBe(10);
    expect(lines('runs/d/metrics.jsonl').at(-1)!.step).toBe(10);
    const fewer = ['train', '--resume=runs/d', '--set=training.epochs=1'];
    expect(await emerging.refusedWith(2, ...fewer)).toContain(
      'training.epochs=1 (step 9) is below step 10, which the run has reached: ',
    );
  });
});

describe('a time budget', () => {
  it('chooses the number of steps', async () => {
    // At most a few of them are trained: their number depends on the machine.
    const short = ['--minutes=10', '--stop-at=6', '--no-test', '--threads=1', '--out=runs/budget'];
    const { code, stderr } = await emerging.run(...newRun, ...short);
    expect(code, stderr).toBe(0);
    const { steps } = resolveConfig({ file: readTextFile(inFolder('runs/budget/config.yaml')) }).training;
    expect(stderr).toContain(`${formatCount(steps!)} steps chosen: `);
    expect(stderr).toContain(`step 6/${formatCount(steps!)} `);
  });

  it.each([
    [
      [...newRun, '--minutes=1', '--steps=5'],
      '--minutes and --steps both choose the length of the run: keep',
    ],
    [[...newRun, '--minutes=1', '--set=training.epochs=5'], '--minutes and --set training.epochs both'],
    [[...newRun, '--steps=5', '--set=training.epochs=5'], '--steps and --set training.epochs both choose'],
    [['train', '--resume=runs/a', '--minutes=2'], 'runs/a is at step 6, and its number of steps is already'],
    [[...newRun, '--minutes=soon'], 'It must be a number above 0.'],
  ])('is refused in one line: %j', async (args, message) => {
    const { code, stdout, stderr } = await emerging.run(...args);
    expect([code, stdout, stderr.split('\n').length]).toEqual([2, '', 2]);
    expect(stderr).toContain(message);
  });
});

describe('a run that is interrupted', () => {
  it('is the same after a resume, no matter how it was stopped, and has its preset and device on record', async () => {
    const steps = 150;
    const long = [...newRun, '--preset=mnist-1x1', `--steps=${steps}`, '--threads=1'];
    const goOn = ['train', '--resume=live/broken', '--threads=1'];
    /** What each call prints at its first milestone: the first call at step 30. */
    const validated = 'bits/dim on validation images';
    await emerging.json(...long, '--out=runs/long');

    const killed = await emerging.interrupt('SIGKILL', validated, ...long, '--out=live/broken');
    expect(killed.code).toBeNull();
    expect(killed.stderr).not.toContain('using preset');
    const [live] = await emerging.json('runs', 'live');
    expect(live).toMatchObject({ preset: 'mnist-1x1', data: 'data', complete: false, problem: null });
    const begun = JSON.parse(read('live/broken/summary.json').toString());
    expect(begun).toMatchObject({ preset: 'mnist-1x1', device: 'cpu', threads: 1 });

    const stopped = await emerging.interrupt('SIGINT', validated, ...goOn, '--json');
    expect(stopped.code).toBe(130);
    expect(stopped.stderr).toContain('stopping after this step; press Ctrl-C again to stop at once');
    const summary = JSON.parse(stopped.stdout);
    expect(summary).toMatchObject({ complete: false, samples: null });
    expect(summary.steps).toBeGreaterThanOrEqual(30);
    expect(summary.steps).toBeLessThan(steps);
    expect(summary.checkpoint).toBe(checkpointPath('live/broken', summary.steps));
    expect(lines('live/broken/metrics.jsonl').at(-1)!.step).toBe(summary.steps);
    expect(existsSync(inFolder(summary.checkpoint))).toBe(true);

    const terminated = await emerging.interrupt('SIGTERM', validated, ...goOn);
    expect(terminated.code).toBe(143);
    expect(terminated.stdout).toMatch(/^to continue: emerging train --resume live\/broken$/m);
    expect(existsSync(inFolder(checkpointPath('live/broken', steps)))).toBe(false);

    expect(await emerging.json(...goOn)).toMatchObject({ preset: 'mnist-1x1', complete: true });
    expect(sameBytes('runs/long', 'live/broken', steps)).toEqual(equal);
    expect(read('live/broken/README.md').toString()).toMatch(/settings of mnist-1x1, with .*, seed 0/);
  });
});
