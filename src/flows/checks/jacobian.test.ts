// Three numerical log-determinants of one layer agree with each other, and with the layer.
import { describe, expect, it } from 'vitest';
import type { ImageShape } from '../../core/numeric/arrays.ts';
import { asConstants } from '../../testing/programValues.ts';
import { type Bijection, chain } from '../contract/bijection.ts';
import { parametersFrom } from '../contract/parameters.ts';
import { conv1x1 } from '../layers/conv1x1.ts';
import { emerging } from '../layers/emerging.ts';
import { squeeze } from '../layers/squeeze.ts';
import { buildCoupling } from '../models/partRegistries.ts';
import { logDetByDifferences, logDetByDirections, logDetByGradients } from './jacobian.ts';
import { LayerMap } from './layerMap.ts';
import { randomImages, randomParameters } from './randomParameters.ts';

const shape: ImageShape = [8, 6, 2];
const layers: Record<string, Bijection> = {
  squeeze: squeeze(shape),
  conv1x1: conv1x1(shape),
  emerging: emerging(shape),
  step: chain('step', {
    conv1x1: conv1x1(shape),
    emerging: emerging(shape),
    coupling: buildCoupling(shape, { conditioner: { width: 6 } }),
  }),
};

describe.each(Object.entries(layers))('%s', (_, layer) => {
  const parameters = parametersFrom(asConstants(randomParameters(layer.parameters)));
  const map = new LayerMap(layer, parameters, { threads: 1 });
  const images = Float64Array.from(randomImages(2, shape, 'x').data);
  const x = images.subarray(0, map.dimensions);

  it('has the log-determinant of its Jacobian, computed in three ways', async () => {
    const { logDet } = await map.forward(images);
    expect(logDet.length).toBe(2);
    const logDetValue = logDet[0]!;
    const gradients = await logDetByGradients(map, x);
    const differences = await logDetByDifferences(map, x);
    const directions = await logDetByDirections(map, x, { count: 32, seed: 0 });
    await map.release();
    expect(gradients).toEqual({ value: expect.closeTo(logDetValue, 9), method: 'dense', uncertainty: 0 });
    expect(differences).toEqual({ value: expect.closeTo(logDetValue, 6), method: 'dense', uncertainty: 0 });
    expect(Math.abs(directions.value - logDetValue)).toBeLessThan(directions.uncertainty + 1e-6);
    // The bound is useful: a fifth of a nat for each of the 96 values at most.
    expect(directions.uncertainty).toBeLessThan(19.2);
  });
});
