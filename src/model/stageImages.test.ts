// The outputs of a model's stages for images: their places, values and shapes.
import { afterAll, expect, it } from 'vitest';
import { countDimensions, type ImageShape, type NdArray } from '../core/numeric/arrays.ts';
import { randomParameters } from '../flows/checks/randomParameters.ts';
import { parametersFrom } from '../flows/contract/parameters.ts';
import { Glow } from '../flows/models/glow.ts';
import { evaluate } from '../tensor/engine/program.ts';
import { constant } from '../tensor/tensor.ts';
import { expectClose } from '../testing/golden.ts';
import { asConstants } from '../testing/programValues.ts';
import { tinyImages } from '../testing/tinyImages.ts';
import { FlowModel } from './flowModel.ts';

const imageShape: ImageShape = [8, 8, 1];
const glow = new Glow(imageShape, {
  levels: 2,
  depth: 2,
  conditioner: { width: 6 },
  mixing: 'emerging',
  learnedPrior: true,
  bits: 8,
});
const parameters = asConstants(randomParameters(glow.parameters));
const model = new FlowModel({ model: glow, parameters }, { threads: 1, batchSize: 2 });
afterAll(() => model.release());
const images = tinyImages(5, 8, 3);

it('says where each stage is', () => {
  const step = (level: number, step: number, outputShape: ImageShape) => ({
    path: `levels/${level}/steps/${step}`,
    kind: 'step',
    level,
    step,
    outputShape,
  });
  expect(model.stages).toEqual([
    { path: 'levels/0/squeeze', kind: 'squeeze', level: 0, outputShape: [4, 4, 4] },
    step(0, 0, [4, 4, 4]),
    step(0, 1, [4, 4, 4]),
    { path: 'levels/0/split', kind: 'split', level: 0, outputShape: [4, 4, 2], latentShape: [4, 4, 2] },
    { path: 'levels/1/squeeze', kind: 'squeeze', level: 1, outputShape: [2, 2, 8] },
    step(1, 0, [2, 2, 8]),
    step(1, 1, [2, 2, 8]),
    { path: 'prior', kind: 'prior', level: 1, latentShape: [2, 2, 8] },
  ]);
});

it('gives what each stage passes on, which the next one takes, and the latents of encode', async () => {
  const stages = await model.stageImages(images, { precision: 'float64' });
  expect(stages.map(({ output: _, latent: __, ...description }) => description)).toEqual(model.stages);
  let x: NdArray = { shape: [5, 8, 8, 1], data: Float64Array.from(images, (v) => (v + 0.5) / 256 - 0.5) };
  for (const [index, { path, output, latent }] of stages.entries()) {
    const { forward } = glow.stages[index]!.stage;
    const { y, epsilon } = forward(constant(x), parametersFrom(parameters).at(path));
    const expected = await evaluate([...(y ? [y] : []), ...(epsilon ? [epsilon] : [])]);
    const outputs = [output, latent].filter((array) => array !== undefined);
    expect(outputs.map(({ shape }) => shape)).toEqual(expected.map(({ shape }) => shape));
    outputs.forEach(({ data }, part) => {
      expectClose(path, data, expected[part]!.data, 'float64');
    });
    x = output ?? x;
  }
  const latents = await model.encode(images, { precision: 'float64' });
  expect(stages.flatMap(({ latent }) => latent ?? [])).toEqual(latents);
});

it('has the precision of the model by default, reports progress, and takes no images', async () => {
  const progress: number[] = [];
  const stages = await model.stageImages(images, { onProgress: (done) => progress.push(done) });
  expect(progress).toEqual([2, 4, 5]);
  expect(stages.every(({ output, latent }) => (output ?? latent)!.data instanceof Float32Array)).toBe(true);
  const none = await model.stageImages(new Uint8Array());
  expect(none.map(({ output, latent }) => (output ?? latent)!.shape[0])).toEqual(none.map(() => 0));
  await expect(model.stageImages(new Uint8Array(countDimensions(imageShape) - 1))).rejects.toThrow(
    'not a whole number of images',
  );
});
