// The trained model in the repository, `models/mnist-small`, as a user would use it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { mean } from '../../core/numeric/statistics.ts';
import { firstImages, readAll } from '../../data/contract/dataset.ts';
import { openDataset } from '../../data/registry.ts';
import type { FlowModel } from '../../model/flowModel.ts';
import { loadModel } from '../../model/loading/loadModel.ts';
import { createSession } from '../../tensor/engine/runtime.node.ts';
import { eightBit } from '../../testing/eightBit.ts';
import { examineFiles } from '../../uses/export/exportModel.ts';

const folder = fileURLToPath(new URL('../../../models/mnist-small', import.meta.url));
const COUNT = 100;

let model: FlowModel;
let digits: Uint8Array;

beforeAll(async () => {
  model = await loadModel(folder);
  const { test } = await openDataset('mnist', { validation: 0.02 });
  digits = eightBit(readAll(firstImages(test, COUNT)));
});
afterAll(() => model.release());

it('gives real digits about the bits/dim stated in its manifest', async () => {
  const { trained } = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
  const storedBits = trained.bitsPerDim.find(({ split }: { split: string }) => split === 'test').bitsPerDim;
  const measuredBits = await model.bitsPerDim(digits, { draws: 2, seed: 0 });
  // The mean of 100 of 10,000 images whose bits/dim deviate by about 0.3.
  expect(Math.abs(mean(measuredBits) - storedBits)).toBeLessThan(0.1);
});

it('recovers every pixel from its latents', async () => {
  expect(Buffer.compare(eightBit(await model.decode(await model.encode(digits))), digits)).toBe(0);
});

it('has the files that its manifest lists', async () => {
  expect(await examineFiles(folder)).toEqual([]);
});

it('is the same in its ONNX files', async () => {
  const encoder = await createSession(readFileSync(join(folder, 'encoder.onnx')), {
    device: 'cpu',
    fallback: true,
  });
  const shape = [8, 28, 28, 1];
  const pixels = digits.subarray(0, 8 * 784);
  const { logLikelihood, latent0 } = await encoder.run({
    image: { shape, data: Float32Array.from(pixels) },
    noise: { shape, data: new Float32Array(pixels.length).fill(0.5) },
  });
  const [first] = await model.encode(pixels);
  const largest = (latent0!.data as Float32Array).reduce(
    (worst, value, index) => Math.max(worst, Math.abs(value - first!.data[index]!)),
    0,
  );
  expect(largest).toBeLessThan(1e-3);
  expect([...(logLikelihood!.data as Float32Array)].every((value) => value < 0)).toBe(true);
});
