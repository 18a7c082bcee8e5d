// `emerging evaluate` as a process: what it says, what it depends on, and what it adds to the run.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { commandLine } from '../testing/command.ts';
import { tinyTraining, writeTinyDataset } from '../testing/tinyImages.ts';

const emerging = commandLine();
let training: { bitsPerDim: number; evaluations: Record<string, unknown>[] };

const evaluateRun = (...args: string[]) => emerging.json('evaluate', 'runs/a', '--threads=1', ...args);
const summary = (): typeof training =>
  JSON.parse(readFileSync(join(emerging.folder, 'runs/a/summary.json'), 'utf8'));

beforeAll(async () => {
  writeTinyDataset(join(emerging.folder, 'data'));
  // Without warm-up, so that the weights move away from their average in a few steps.
  const options = ['--set=training.warmupSteps=0', '--steps=12', '--out=runs/a', '--threads=1'];
  training = await emerging.json('train', '--data=data', ...tinyTraining, ...options);
});

it('says what it measured, and adds that to the summary', async () => {
  const result = await evaluateRun('--draws=3', '--seed=5');
  expect(result).toMatchObject({ run: 'runs/a', step: 12, split: 'test', weights: 'average' });
  expect(result).toMatchObject({ draws: 3, images: 48, bits: 8, seed: 5 });
  expect(result.bitsPerDim).toBeGreaterThan(1);
  expect(result.standardError).toBeGreaterThan(0);
  expect(result.worst.bitsPerDim).toBeGreaterThan(result.median);
  const { run: _, ...record } = result;
  const { evaluations, ...rest } = summary();
  expect(evaluations).toEqual([...training.evaluations, record]);
  expect(rest).toEqual({ ...training, evaluations: undefined });
});

it('gives what the training gave: on the test images, and on those for validation', async () => {
  const [ofTraining] = training.evaluations;
  expect(await evaluateRun()).toEqual({ run: 'runs/a', ...ofTraining });
  // The training measures with weights that are inputs, and so rounds elsewhere.
  const { bitsPerDim, images } = await evaluateRun('--split=validation', '--draws=1');
  expect(images).toBe(16);
  expect(Math.abs(bitsPerDim - training.bitsPerDim)).toBeLessThan(1e-5);
});

it('does not depend on the batch', async () => {
  const [whole, one, seven] = [
    await evaluateRun('--batch=64'),
    await evaluateRun('--batch=1'),
    await evaluateRun('--batch=7'),
  ];
  for (const other of [one, seven]) {
    expect(Math.abs(other.bitsPerDim - whole.bitsPerDim)).toBeLessThan(1e-5);
    expect(Math.abs(other.standardError - whole.standardError)).toBeLessThan(1e-5);
    expect(other.worst.index).toBe(whole.worst.index);
  }
});

it('depends on the weights, and has no error from a single draw', async () => {
  const raw = await evaluateRun('--weights=raw', '--draws=1');
  const average = await evaluateRun('--draws=1');
  expect(Math.abs(raw.bitsPerDim - average.bitsPerDim)).toBeGreaterThan(1e-3);
  expect(raw).toMatchObject({ weights: 'raw', standardError: null });
});

it('says it in one line for people', async () => {
  const { stdout } = await emerging.run('evaluate', 'runs/a', '--draws=3', '--seed=5', '--threads=1');
  const { bitsPerDim, standardError, median, worst } = await evaluateRun('--draws=3', '--seed=5');
  expect(stdout).toBe(
    `${bitsPerDim.toFixed(4)} ± ${standardError.toFixed(4)} bits/dim on all 48 test images ` +
      `(median ${median.toFixed(3)}, worst ${worst.bitsPerDim.toFixed(3)}: image ${worst.index}; ` +
      'average weights, 8 bits, 3 draws)\n',
  );
});
