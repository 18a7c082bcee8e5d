// A flow in two dimensions: its layers one by one agree with the model that the library makes of it.

import { FlowModel } from 'emerging-flows';
import type { StagedFlow } from 'emerging-flows/flows';
import { constant, constantValue } from 'emerging-flows/tensor';
import { startFromData } from 'emerging-flows/training';
import { describe, expect, it } from 'vitest';
import { trainedModel } from '#model/trainedModel';
import { Layers, type Weights } from './layers.ts';
import { CELLS, EXTENT, LINE_POINTS, type Look, lookAt } from './look.ts';
import { planeFlow, type TransformerName, transformers } from './planeFlow.ts';
import { planeTasks } from './planeTasks.ts';

const DEPTH = 3;

/** Points in a ring, two numbers each. */
function ring(count: number): Float32Array {
  return Float32Array.from({ length: 2 * count }, (_, index) => {
    const angle = 2.4 * (index >> 1);
    return (1 + 0.2 * Math.sin(7 * angle)) * (index % 2 === 0 ? Math.cos(angle) : Math.sin(angle));
  });
}

/** A flow with weights away from the start, where layers do nothing. */
async function bentFlow(transformer: TransformerName) {
  const data = ring(64);
  const flow = planeFlow({ depth: DEPTH, width: 8, transformer }, data);
  const shape = [64, 1, 1, 2];
  const noise = { shape, data: new Float32Array(128), dequantisation: 'none' as const };
  const state = await startFromData(flow, { image: { shape, data }, noise }, 1);
  const trained = trainedModel(flow, state);
  const weights: Weights = Object.fromEntries(
    Object.entries(trained.parameters).map(([path, tensor]) => [path, constantValue(tensor)!]),
  );
  for (const [path, { data: values }] of Object.entries(weights)) {
    if (path.includes('third/')) {
      values.forEach((_, index) => {
        values[index] = 0.15 * Math.sin(3 * index + path.length);
      });
    }
  }
  return { flow, weights, model: toFlowModel(flow, weights) };
}

function toFlowModel(flow: StagedFlow, weights: Weights): FlowModel {
  const parameters = Object.fromEntries(
    Object.entries(weights).map(([path, array]) => [path, constant(array)]),
  );
  return new FlowModel({ model: flow, parameters });
}

describe.each(Object.keys(transformers) as TransformerName[])('%s couplings', (transformer) => {
  it('have the density, the Jacobians and the inverse of the model', async () => {
    const { flow, weights, model: bentModel } = await bentFlow(transformer);
    await using model = bentModel;
    const layers = new Layers(flow);
    const points = ring(40);
    const look = (
      layerPosition: number,
      point: readonly [number, number],
      pointLayer: number,
    ): Promise<Look> =>
      lookAt(layers, weights, { place: layerPosition, points, chosen: { place: pointLayer, point } });

    const [x, y] = [points[6]!, points[7]!];
    const { trace, density, lines } = await look(0, [x, y], 0);
    const { logDets, logPrior, jacobians, points: way } = trace!;
    const sum = logPrior + logDets.reduce((total, logDet) => total + logDet, 0);
    const [expected] = await model.logLikelihood(points.subarray(6, 8));
    expect(sum).toBeCloseTo(expected!, 4);

    // The square's area changes by the product of the factors, and the Jacobian matches small differences.
    const [a, b, c, d] = jacobians.at(-1)!;
    expect(Math.log(Math.abs(a * d - b * c))).toBeCloseTo(sum - logPrior, 4);
    const step = 1e-2;
    const ends = await Promise.all(
      [1, -1].map(async (sign) => (await look(0, [x + sign * step, y], 0)).trace!.points.at(-1)!),
    );
    expect((ends[0]![0] - ends[1]![0]) / (2 * step)).toBeCloseTo(a, 1);
    expect((ends[0]![1] - ends[1]![1]) / (2 * step)).toBeCloseTo(c, 1);

    // A point chosen in the noise is the same as its origin chosen in the data.
    const back = (await look(0, way.at(-1)!, layers.count)).trace!.points[0]!;
    expect(back[0]).toBeCloseTo(x, 4);
    expect(back[1]).toBeCloseTo(y, 4);

    // The density of a point is its cell's, up to the size of a cell; all cells hold nearly everything.
    const area = ((2 * EXTENT) / CELLS) ** 2;
    const inside = density.reduce((total, value) => total + value, 0) * area;
    expect(inside).toBeGreaterThan(0.9);
    expect(inside).toBeLessThan(1.02);

    // Grid lines of the data end in straight lines of the noise; half-way they are in between.
    expect(lines).toHaveLength(2 * 13 * 2 * LINE_POINTS);
    const noise = (await look(layers.count, [x, y], 0)).lines;
    expect([...noise.subarray(0, 4)]).toEqual([-3, -3, -3, expect.closeTo(-2.9, 5)]);
    const half = (await look(layers.count - 0.5, [x, y], 0)).lines;
    const before = (await look(layers.count - 1, [x, y], 0)).lines;
    expect(half[20]).toBeCloseTo((before[20]! + noise[20]!) / 2, 5);
    await layers.release();
  });
});

it('learns while it is shown, and restarts', async () => {
  const points = ring(500);
  const options = { depth: 4, width: 16, transformer: 'affine', points, seed: 0 } as const;
  await planeTasks.open(options);
  const first = await planeTasks.train({ steps: 1, seed: 0 });
  const [{ step, losses }] = await Promise.all([
    planeTasks.train({ steps: 150, seed: 0 }),
    planeTasks.look({ place: 1.5, chosen: undefined }),
  ]);
  expect(step).toBe(151);
  expect(losses).toHaveLength(150);
  expect(losses.at(-1)!).toBeLessThan(first.losses[0]! - 0.4);
  await planeTasks.open(options);
  expect(await planeTasks.train({ steps: 1, seed: 0 })).toMatchObject({ step: 1, losses: first.losses });
  // A point chosen in the noise of a flow with more couplings.
  const { trace } = await planeTasks.look({ place: 9, chosen: { place: 9, point: [0.5, -0.25] } });
  expect(trace!.points).toHaveLength(6);
  expect(trace!.points.at(-1)![0]).toBeCloseTo(0.5, 4);
});
