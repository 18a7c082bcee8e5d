// The code of images by stage: its length in a file, and −log2 p.
import { afterAll, expect, it } from 'vitest';
import { loadModel } from '../../model/loading/loadModel.ts';
import { codeLengths } from './codeLengths.ts';
import { compress } from './compress.ts';

const model = await loadModel('models/mnist-small');
afterAll(() => model.release());

it('begins at 8 bits a value and ends at the length in a file, which is −log2 p', async () => {
  const pixels = (await model.sample({ count: 3, seed: 2, temperature: 0.7 })) as Uint8Array;
  const lengths = await codeLengths(model, pixels);
  expect(lengths.map(({ plain }) => plain)).toEqual([false, false, false]);
  expect(lengths.map(({ stages }) => stages.length)).toEqual(Array(3).fill(1 + model.stages.length));
  const expected = await model.bitsPerDim(pixels, { draws: 8 });
  lengths.forEach(({ stages }, index) => {
    expect(stages[0]).toBeCloseTo(8 * 784);
    expect(Math.abs(stages.at(-1)! / 784 - expected[index]!)).toBeLessThan(0.05);
  });
  // Each image more makes a file longer by its code, and an entry of a few bytes in the list of names.
  const image = (index: number) => ({
    name: 'digit.png',
    shape: [28, 28, 1] as const,
    pixels: pixels.subarray(784 * index, 784 * (index + 1)),
  });
  const files = await Promise.all(
    [6, 7].map((copies) =>
      compress(
        model,
        Array.from({ length: copies }, () => image(0)),
        { withModel: false },
      ),
    ),
  );
  const growth = 8 * (files[1]!.length - files[0]!.length);
  expect(Math.abs(growth - lengths[0]!.stages.at(-1)!)).toBeLessThan(64);
});

it('stores images plainly that the model would need more bits for', async () => {
  const noise = Uint8Array.from({ length: 784 }, (_, index) => (index * index * 7919) % 251);
  const [{ stages, plain }] = (await codeLengths(model, noise)) as [{ stages: number[]; plain: boolean }];
  expect(plain).toBe(true);
  expect(new Set(stages.map(Math.round))).toEqual(new Set([6272]));
});
