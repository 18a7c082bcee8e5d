// The export of a continuous model: values in, without noise; values out; the exact log-density in between.
import { expect, it } from 'vitest';
import type { ImageShape, NdArray } from '../../core/numeric/arrays.ts';
import { RandomStream } from '../../core/numeric/random.ts';
import { randomParameters } from '../../flows/checks/randomParameters.ts';
import { parametersFrom } from '../../flows/contract/parameters.ts';
import { Glow } from '../../flows/models/glow.ts';
import { input } from '../../tensor/tensor.ts';
import { asConstants, runOnce } from '../../testing/programValues.ts';
import { exportPrograms } from './exportPrograms.ts';

const runtime: string = 'onnxruntime-node';
const imageShape: ImageShape = [4, 4, 2];
const continuous = { mean: [1000, -3], deviation: [50, 0.1] };
const model = new Glow(imageShape, {
  levels: 1,
  depth: 1,
  conditioner: { width: 4 },
  mixing: '1x1',
  continuous,
});
const trained = {
  model,
  parameters: asConstants(randomParameters(model.parameters, 1)),
  step: 1,
  weights: 'average',
} as const;

const random = new RandomStream(0, 'images');
const image: NdArray = {
  shape: [3, ...imageShape],
  data: Float32Array.from({ length: 96 }, (_, index) => {
    const channel = index % 2;
    return continuous.mean[channel]! + continuous.deviation[channel]! * random.normal();
  }),
};

it('takes and returns values in their own unit, in only onnxruntime', async () => {
  const { encoder, sampler, dequantiser } = await exportPrograms(trained, { threads: 1 });
  expect(dequantiser).toBeUndefined();
  // By a variable, as a user's program would load it: the library reaches it through one file.
  const { InferenceSession, Tensor } = await import(runtime);
  const session = await InferenceSession.create(encoder);
  expect(session.inputNames).toEqual(['image']);
  const encoded = await session.run({
    image: new Tensor('float32', Float32Array.from(image.data), image.shape),
  });
  const [v, u] = [input('image', image.shape), input('noise', image.shape)];
  const { logLikelihood } = model.likelihood(v, u, parametersFrom(trained.parameters));
  const expected = await runOnce(
    { inputs: { image: v, noise: u }, outputs: { logLikelihood } },
    { image, noise: image },
    'float64',
  );
  for (const [position, value] of expected.logLikelihood!.data.entries()) {
    expect(Number(encoded.logLikelihood!.data[position])).toBeCloseTo(value, 3);
  }
  const drawing = await InferenceSession.create(sampler);
  const back = await drawing.run({
    latent0: encoded.latent0!,
    temperature: new Tensor('float32', Float32Array.of(1), [1]),
  });
  expect(back.image!.type).toBe('float32');
  image.data.forEach((value, index) => {
    expect(Math.abs(Number(back.image!.data[index]) - value)).toBeLessThan(
      1e-3 * continuous.deviation[index % 2]!,
    );
  });
  await session.release();
  await drawing.release();
});
