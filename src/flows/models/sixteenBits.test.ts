// Integers of 16 bits in float32: dequantisation is exact, pixels never move, and likelihoods keep their accuracy.
import { expect, it } from 'vitest';
import type { ImageShape, NdArray } from '../../core/numeric/arrays.ts';
import { RandomStream } from '../../core/numeric/random.ts';
import { pixelsFromValues } from '../../data/pixels/values.ts';
import { input, type Precision } from '../../tensor/tensor.ts';
import { asConstants, runOnce } from '../../testing/programValues.ts';
import { randomParameters } from '../checks/randomParameters.ts';
import { parametersFrom } from '../contract/parameters.ts';
import { Glow } from './glow.ts';
import { buildImageValues } from './imageValues.ts';

const LEVELS = 2 ** 16;
const imageShape: ImageShape = [8, 8, 1];
const options = { levels: 2, depth: 2, conditioner: { width: 4 }, mixing: 'emerging', bits: 16 } as const;

it('v and its noise become x exactly, and x stays in the pixel', async () => {
  const { dequantiser, values } = new Glow(imageShape, options);
  const shape = [1, 256, 256, 1];
  const image = { shape, data: Float32Array.from({ length: LEVELS }, (_, index) => index) };
  const noise = { shape, data: new Float32Array(LEVELS) };
  dequantiser.draw(new RandomStream(0, 'noise'), noise.data);
  expect([Math.min(...noise.data.slice(0, 9999)) > 0, Math.max(...noise.data.slice(0, 9999)) < 1]).toEqual([
    true,
    true,
  ]);
  const [v, u] = [input('image', shape), input('noise', shape)];
  const x = buildImageValues([256, 256, 1], { bits: 16 }).toModel(v, u);
  const definition = { inputs: { image: v, noise: u }, outputs: { x } };
  const { x: encodedValues } = await runOnce(definition, { image, noise }, 'float32');
  const exact = Float64Array.from(image.data, (value, index) => (value + noise.data[index]!) / LEVELS - 0.5);
  expect(Float64Array.from(encodedValues!.data)).toEqual(exact);
  expect(pixelsFromValues(encodedValues!.data, 16)).toEqual(Uint16Array.from(image.data));
  expect(values).toMatchObject({ kind: 'uint16', bits: 16 });
});

it('log-likelihoods in float32 agree with float64', async () => {
  const model = new Glow(imageShape, options);
  const random = new RandomStream(1, 'images');
  const shape = [8, ...imageShape];
  const image = { shape, data: Float64Array.from({ length: 512 }, () => random.integer(LEVELS)) };
  const noise = { shape, data: new Float32Array(512) };
  model.dequantiser.draw(new RandomStream(2, 'noise'), noise.data);
  const weights = randomParameters(model.parameters, 3);
  const measured = async (precision: Precision): Promise<NdArray['data']> => {
    const [v, u] = [input('image', shape), input('noise', shape)];
    const { logLikelihood } = model.likelihood(v, u, parametersFrom(asConstants(weights)));
    const definition = { inputs: { image: v, noise: u }, outputs: { logLikelihood } };
    const as = ({ shape, data }: NdArray): NdArray => ({
      shape,
      data: precision === 'float32' ? Float32Array.from(data) : Float64Array.from(data),
    });
    const results = await runOnce(definition, { image: as(image), noise: as(noise) }, precision);
    return results.logLikelihood!.data;
  };
  const [rough, precise] = [await measured('float32'), await measured('float64')];
  // In nats per value: far below the last digit of a reported bits/dim.
  precise.forEach((value, index) => {
    expect(Math.abs(rough[index]! - value) / 64).toBeLessThan(2e-5 * Math.max(1, Math.abs(value) / 64));
  });
});
