// `emerging evaluate` as a process: what it prints, what the result depends on, and what it adds to the run.
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { readOne } from '../../../data/contract/dataset.ts';
import { contactSheet } from '../../../data/pictures/contactSheet.ts';
import { openDataset } from '../../../data/registry.ts';
import { errorText } from '../../../model/card/reportText.ts';
import { commandProcess } from '../../../testing/command.ts';

const emerging = commandProcess();
let training: { bitsPerDim: number; evaluations: Record<string, unknown>[] };

const evaluateRun = (...args: string[]) => emerging.json('evaluate', 'runs/a', '--threads=1', ...args);
const summary = (): typeof training =>
  JSON.parse(readFileSync(join(emerging.folder, 'runs/a/summary.json'), 'utf8'));

beforeAll(async () => {
  // Without warm-up, so that the weights differ from their average after a few steps.
  training = await emerging.trainTiny('--set=training.warmupSteps=0', '--steps=12', '--out=runs/a');
});

it('prints the result and adds it to the summary', async () => {
  const result = await evaluateRun('--draws=3', '--seed=5');
  expect(result).toMatchObject({ run: 'runs/a', step: 12, split: 'test', weights: 'average' });
  expect(result).toMatchObject({ draws: 3, images: 48, bits: 8, seed: 5 });
  expect(result.bitsPerDim).toBeGreaterThan(1);
  expect(result.standardError).toBeGreaterThan(0);
  expect(result.worst.bitsPerDim).toBeGreaterThan(result.median);
  const { run: _, worstPicture: __, ...record } = result;
  const { evaluations, ...otherFields } = summary();
  expect(evaluations).toEqual([...training.evaluations, record]);
  expect(otherFields).toEqual({ ...training, evaluations: undefined });
});

it('agrees with the results of training, on test and on validation images', async () => {
  const [ofTraining] = training.evaluations;
  expect(await evaluateRun()).toEqual({
    run: 'runs/a',
    ...ofTraining,
    worstPicture: 'runs/a/worst-test.png',
  });
  // During training, weights are inputs of the program, so it rounds differently.
  const { bitsPerDim, images } = await evaluateRun('--split=validation', '--draws=1');
  expect(images).toBe(16);
  expect(Math.abs(bitsPerDim - training.bitsPerDim)).toBeLessThan(1e-5);
});

it('draws the worst images, in the run folder or elsewhere', async () => {
  const { worstImages, worstPicture } = await evaluateRun('--draws=1');
  expect(worstPicture).toBe('runs/a/worst-test.png');
  expect(worstImages).toHaveLength(16);
  const png = readFileSync(join(emerging.folder, worstPicture));
  const { test } = await openDataset(join(emerging.folder, 'data'), { validation: 0.1 });
  const images = Buffer.concat(worstImages.map(({ index }: { index: number }) => readOne(test, index)));
  expect(Buffer.compare(png, contactSheet(images, { imageShape: test.imageShape }))).toBe(0);
  expect(await evaluateRun('--draws=1', '--worst=odd.png')).toMatchObject({ worstPicture: 'odd.png' });
  expect(Buffer.compare(readFileSync(join(emerging.folder, 'odd.png')), png)).toBe(0);
});

it('measures some of the images if asked to, and saves nothing', async () => {
  const before = summary();
  const { worstImages } = await evaluateRun('--draws=1', '--seed=4');
  const some = await evaluateRun('--draws=1', '--seed=4', '--count=12');
  expect(some).toMatchObject({ images: 12, available: 48, worstPicture: null });
  // Every fourth image, by its index in the split.
  expect(some.worstImages.map(({ index }: { index: number }) => index % 4)).toEqual(Array(12).fill(0));
  expect(worstImages.length).toBeGreaterThan(12);
  const { stdout, stderr } = await emerging.run('evaluate', 'runs/a', '--draws=1', '--count=12');
  expect(stdout).toContain(' on 12 of 48 test images; ');
  expect(stderr).toContain('the result is printed but not saved: only 12 of 48 images were measured');
  expect(summary().evaluations).toHaveLength(before.evaluations.length + 1);
  expect(await evaluateRun('--draws=1', '--count=1000')).toMatchObject({ images: 48 });
});

it('still prints the result if the run folder is not writable, and says so', async () => {
  mkdirSync(join(emerging.folder, 'runs/a/worst-train.png'));
  const { code, stdout, stderr } = await emerging.run('evaluate runs/a --split=train --draws=1 --json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ split: 'train', worstPicture: null });
  expect(stderr).toContain('no picture of the worst images: cannot write runs/a/worst-train.png');
});

it('prints two lines of text', async () => {
  const { stdout } = await emerging.run('evaluate', 'runs/a', '--draws=3', '--seed=5', '--threads=1');
  const { bitsPerDim, standardError, samplingError, ...otherFields } = await evaluateRun(
    '--draws=3',
    '--seed=5',
  );
  const { median, quantiles, worst, worstImages } = otherFields;
  expect(stdout).toBe(
    `${bitsPerDim.toFixed(4)} bits/dim (± ${errorText(standardError)} over draws, ` +
      `± ${errorText(samplingError)} over images) on all 48 test images; average weights, 8 bits, uniform bound, 3 draws\n` +
      `over images: median ${median.toFixed(3)}, 1 % below ${quantiles['1%'].toFixed(3)}, ` +
      `1 % above ${quantiles['99%'].toFixed(3)}, worst ${worst.bitsPerDim.toFixed(3)}: image ${worst.index}\n` +
      'worst images: runs/a/worst-test.png\n' +
      `row by row: ${worstImages.map((image: { index: number }) => `image ${image.index}`).join(', ')}\n`,
  );
});
