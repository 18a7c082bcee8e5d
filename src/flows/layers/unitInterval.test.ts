// The sigmoid onto the inside of the unit interval: slope, inverse, and what is left of them where it is flat.
import { expect, it } from 'vitest';
import type { ImageShape } from '../../core/numeric/arrays.ts';
import { compile } from '../../tensor/engine/program.ts';
import { constant, input, type Precision } from '../../tensor/tensor.ts';
import { parametersFrom } from '../contract/parameters.ts';
import { unitInterval } from './unitInterval.ts';

const shape: ImageShape = [1, 1, 2];
const margin = 2 ** -16;
const layer = unitInterval(shape, { scale: 1, margin });
const parameters = parametersFrom({
  bias: constant({ shape: [2], data: Float64Array.of(0.3, -0.7) }),
  logScale: constant({ shape: [2], data: Float64Array.of(-0.2, 0.25) }),
});

/** y, ln|det|, its map and the inverse, for pairs of values as images of one pixel. */
async function results(pairs: readonly number[], precision: Precision = 'float64') {
  const x = input('x', [pairs.length / 2, ...shape]);
  const { y, logDet, logDetMap } = layer.forward(x, parameters);
  const outputs = { y, logDet, map: logDetMap!, back: layer.inverse(y, parameters) };
  const program = await compile({ inputs: { x }, outputs }, { precision });
  const { y: yArray, ...others } = await program.run({
    x: { shape: x.shape, data: Float64Array.from(pairs) },
  });
  await program.release();
  return { y: yArray!.data, logDet: others.logDet!.data, map: others.map!.data, back: others.back!.data };
}

it('has the log-determinant of its slopes, and is inverted', async () => {
  const pairs = [0, 0, 1.5, -2, -3, 0.4, 6, 5];
  const step = 1e-5;
  const { y, logDet, map, back } = await results(pairs);
  const moved = await Promise.all([step, -step].map((by) => results(pairs.map((x) => x + by))));
  const slopes = Array.from(y, (_, index) => (moved[0]!.y[index]! - moved[1]!.y[index]!) / (2 * step));
  pairs.forEach((x, index) => {
    expect(y[index]).toBeGreaterThan(margin);
    expect(y[index]).toBeLessThan(1 - margin);
    expect(back[index]).toBeCloseTo(x, 9);
  });
  for (let image = 0; image < pairs.length / 2; image++) {
    const expected = Math.log(slopes[2 * image]!) + Math.log(slopes[2 * image + 1]!);
    expect(logDet[image]).toBeCloseTo(expected, 7);
    expect(map[image]).toBeCloseTo(expected, 7);
  }
});

it.each<Precision>(['float32', 'float64'])('is finite and inside far out, in %s', async (precision) => {
  const { y, logDet } = await results([-2000, -2000, 2000, 2000, -200, 200], precision);
  expect(Array.from(y)).toEqual([margin, margin, 1 - margin, 1 - margin, margin, 1 - margin]);
  // The slope falls as e^−|z| on both sides, with z = (x + bias)·e^(3·logScale).
  const z = (x: number, channel: number): number =>
    (x + [0.3, -0.7][channel]!) * Math.exp(3 * [-0.2, 0.25][channel]!);
  [-2000, 2000].forEach((x, image) => {
    const expected = -Math.abs(z(x, 0)) - Math.abs(z(x, 1)) + 3 * 0.05 + 2 * Math.log1p(-2 * margin);
    expect(logDet[image]! / expected).toBeCloseTo(1, 6);
  });
});

it('refuses a margin that leaves nothing', () => {
  expect(() => unitInterval(shape, { scale: 1, margin: 0.5 })).toThrow('margin');
  expect(() => unitInterval(shape, { scale: 1, margin: Number.NaN })).toThrow('margin');
});
