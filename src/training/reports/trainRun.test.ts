// A run that the library trains is as whole as one of the command: summary, curve, samples and model card.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { imagesInMemory } from '../../data/contract/dataset.ts';
import { memoryFiles, readFiles } from '../../data/files/fileStore.ts';
import { loadModel } from '../../model/loading/loadModel.ts';
import { readReference } from '../../model/referenceScores.ts';
import { resumeRun, startRun } from '../../runs/open/run.node.ts';
import { temporaryFolder } from '../../testing/temporaryFolder.ts';
import { tinyConfig, tinyDataset } from '../../testing/tinyRuns.ts';
import { isTested, trainRun } from './trainRun.ts';

const root = temporaryFolder();
const dataset = tinyDataset(8);
/** The folder of the run that the first test trains. */
const completeFolder = join(root, 'whole');

it('has a summary, a curve, samples of every milestone and a card', async () => {
  const run = await startRun(tinyConfig(), completeFolder, { dataset });
  const reached: number[] = [];
  const onMilestone = (step: number): void => {
    // Its samples are there when the caller is told of the milestone.
    expect(step === 6 || existsSync(join(completeFolder, 'samples', `step-0000000${step}.png`))).toBe(true);
    reached.push(step);
  };
  const { validationBitsPerDim } = await trainRun({ ...run, threads: 1, events: { onMilestone } });
  expect(reached).toEqual([2, 4, 6]);
  expect(JSON.parse(readFileSync(join(completeFolder, 'summary.json'), 'utf8'))).toMatchObject({
    run: completeFolder,
    preset: null,
    steps: 6,
    complete: true,
    bitsPerDim: validationBitsPerDim,
    device: 'cpu',
    threads: 1,
    checkpoint: join(completeFolder, 'checkpoints', 'step-00000006.safetensors'),
    samples: join(completeFolder, 'samples', 'step-00000006.png'),
  });
  const card = readFileSync(join(completeFolder, 'README.md'), 'utf8');
  expect(card).toContain('samples/step-00000006.png');
  expect(card).toContain('curve.png');
  expect(card).toContain(validationBitsPerDim!.toFixed(4));
});

it('loses only the pictures that cannot be drawn, and reports them', async () => {
  const folder = join(root, 'noSamples');
  const run = await startRun(tinyConfig(), folder, { dataset });
  const troubles: [number, string][] = [];
  // Samples are written to a folder, and now a file is in the way.
  const onPrepared = (): void => {
    rmSync(join(folder, 'samples'), { recursive: true });
  };
  const onStep = (step: number): void => {
    if (step === 1) {
      rmSync(join(folder, 'samples'), { recursive: true });
      writeFileSync(join(folder, 'samples'), '');
    }
  };
  const onTrouble = (step: number, text: string): unknown => troubles.push([step, text]);
  const { complete } = await trainRun({ ...run, threads: 1, events: { onPrepared, onStep, onTrouble } });
  expect(complete).toBe(true);
  const lost = troubles.filter(([, text]) => text.startsWith('no samples'));
  expect(lost.map(([step]) => step)).toEqual([2, 4, 6]);
  expect(existsSync(join(folder, 'curve.png'))).toBe(true);
  expect(JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8'))).toMatchObject({
    complete: true,
    samples: null,
  });
});

it('trains a run in memory without pictures, with the statistics of validation images as in a folder', async () => {
  const files = memoryFiles('run');
  const run = await startRun(tinyConfig(), files, { dataset });
  const seen: [string, number, number][] = [];
  const onMeasuring = (...progress: (typeof seen)[number]): void => void seen.push(progress);
  await trainRun({ ...run, threads: 1, events: { onMeasuring } });
  expect(await files.list()).toEqual([
    'checkpoints/step-00000002.safetensors',
    'checkpoints/step-00000004.safetensors',
    'checkpoints/step-00000006.safetensors',
    'config.yaml',
    'data.json',
    'metrics.jsonl',
    'scores.json',
    'summary.json',
    'timings.jsonl',
  ]);
  const { count } = dataset.validation;
  expect([seen[0], seen.at(-1)]).toEqual([0, count].map((done) => ['validation', done, count]));
  const inFiles = Object(await readFiles(files)) as Record<string, Uint8Array>;
  await using model = await loadModel(completeFolder);
  const { data, ...reference } = readReference(inFiles['scores.json']!, model)!;
  const { data: _, ...inFolder } = model.reference!;
  expect(reference).toEqual(inFolder);
});

it('does not measure validation images of an unfinished run, and reports if they cannot be stored', async () => {
  const files = memoryFiles('page');
  const run = await startRun(tinyConfig(), files, { dataset });
  await trainRun({ ...run, threads: 1, stopAt: 2 });
  expect(await files.list()).not.toContain('scores.json');
  const full = memoryFiles('full');
  const write = (name: string, content: Parameters<typeof full.write>[1]): void => {
    if (name === 'scores.json') {
      throw new Error('the disk is full');
    }
    full.write(name, content);
  };
  const troubles: [number, string][] = [];
  const onTrouble = (step: number, text: string): void => void troubles.push([step, text]);
  const otherRun = await startRun(tinyConfig(), { ...full, write }, { dataset });
  const { complete } = await trainRun({ ...otherRun, threads: 1, events: { onTrouble } });
  expect(complete).toBe(true);
  expect(troubles).toEqual([[6, 'no statistics of validation images for emerging score: the disk is full']]);
});

it('evaluates test images on request, and returns and records the result', async () => {
  const run = await startRun(tinyConfig(), join(root, 'tested'), { dataset });
  const measured = new Set<string>();
  const onMeasuring = (split: string): void => void measured.add(split);
  const { test, samples, curve } = await trainRun({
    ...run,
    threads: 1,
    test: true,
    reference: false,
    events: { onMeasuring },
  });
  expect([...measured]).toEqual(['test']);
  expect(test!.images).toBe(dataset.test.count);
  expect({ samples, curve }).toEqual({
    samples: { file: join(root, 'tested', 'samples', 'step-00000006.png'), count: 64, overflowed: 0 },
    curve: join(root, 'tested', 'curve.png'),
  });
  const { complete, evaluations } = await run.store.readSummary();
  expect({ complete, evaluations }).toMatchObject({
    complete: true,
    evaluations: [{ step: 6, seed: 0, split: 'test', draws: 2, bitsPerDim: test!.bitsPerDim }],
  });
  const none = { ...dataset, test: imagesInMemory(new Uint8Array(), dataset.imageShape) };
  await expect(trainRun({ ...run, dataset: none, test: true })).rejects.toThrow(/has no test images/);
});

it('forgets the evaluation of a step that is trained again', async () => {
  const files = memoryFiles('again');
  const run = await startRun(tinyConfig(), files, { dataset });
  const options = { threads: 1, test: true, reference: false };
  await trainRun({ ...run, ...options });
  await run.store.removeCheckpoint(6);
  const resumed = await resumeRun(files, { training: { learningRate: 0.01 } }, { dataset });
  const { test } = await trainRun({ ...resumed, ...options });
  const { evaluations } = await run.store.readSummary();
  expect(evaluations).toMatchObject([{ step: 6, bitsPerDim: test!.bitsPerDim }]);
});

it('skips the other measurements if the signal ends the evaluation; the run is complete', async () => {
  const run = await startRun(tinyConfig(), memoryFiles('skipped'), { dataset });
  const stop = new AbortController();
  const reported: string[] = [];
  const result = await trainRun({
    ...run,
    threads: 1,
    test: true,
    signal: stop.signal,
    events: {
      onMeasuring: (split, done) => {
        reported.push(split);
        if (done > 0) {
          stop.abort();
        }
      },
      onTrouble: (_, text) => reported.push(text),
    },
  });
  expect(result).toMatchObject({ complete: true, interrupted: false });
  expect(result.test).toBeUndefined();
  expect(new Set(reported)).toEqual(new Set(['test']));
  const { complete, evaluations } = await run.store.readSummary();
  expect({ complete, evaluations }).toEqual({ complete: true, evaluations: undefined });
});

it('holds the lock to the end, and is complete only then', async () => {
  const files = memoryFiles('held');
  const run = await startRun(tinyConfig(), files, { dataset });
  const seen: unknown[] = [];
  const onTrained = (): void => {
    expect(() => files.lock()).toThrow('already being trained');
    seen.push(JSON.parse(new TextDecoder().decode(files.read('summary.json') as Uint8Array)).complete);
  };
  await trainRun({ ...run, threads: 1, events: { onTrained } });
  expect(seen).toEqual([false]);
  expect((await run.store.readSummary()).complete).toBe(true);
  await (await files.lock()).release();
});

it('does not take an evaluation of the raw weights for its own', () => {
  const evaluation = { split: 'test', step: 6, weights: 'raw' };
  expect(isTested({ evaluations: [evaluation] }, 6)).toBe(false);
  expect(isTested({ evaluations: [evaluation, { ...evaluation, weights: 'average' }] }, 6)).toBe(true);
});
