import { expect, it, test } from 'vitest';
import { countElements } from '../../core/numeric/arrays.ts';
import { RandomStream } from '../../core/numeric/random.ts';
import { Glow } from '../../flows/models/glow.ts';
import type { ModelOptions } from '../../flows/models/options.ts';
import { type Groups, ParameterLayout } from '../../flows/models/parameterLayout.ts';
import { StagedFlow } from '../../flows/models/stagedFlow.ts';
import { type Batch, oneHotClasses } from '../../model/likelihood/likelihood.ts';
import type { Device } from '../../tensor/engine/devices/device.ts';
import type { GradientPlan, GradientRequest } from './gradientPlan.ts';
import { threadedGradients } from './gradientThreads.ts';
import { planGradients } from './planGradients.ts';
import { threadsEach } from './workers.ts';

const options: ModelOptions = {
  levels: 2,
  depth: 2,
  conditioner: { width: 8 },
  mixing: 'emerging',
  learnedPrior: true,
  bits: 8,
};

const imageShape = [4, 8, 2] as const;
const images = 6;
const model = new Glow(imageShape, options);
const layout = new ParameterLayout(model.parameters);
const classes = ['cat', 'dog', 'cow'];
const classified = new Glow(imageShape, { ...options, classes, dequantisation: 'variational' });

function planned(changes: Partial<GradientRequest>, flow = model): GradientPlan {
  const flowLayout = new ParameterLayout(flow.parameters);
  return planGradients({
    model: flow,
    layout: flowLayout,
    images,
    batchSize: images,
    threads: 2,
    ...changes,
  });
}

/** A batch, and weights away from the initial ones, where the last layers are zero. */
function setting(flow = model): { batch: Batch; weights: Groups } {
  const layout = new ParameterLayout(flow.parameters);
  const random = new RandomStream(1);
  const weights = layout.initial(2);
  for (const { data } of Object.values(weights)) {
    data.set(data.map((value) => value + 0.03 * random.normals(1)[0]!));
  }
  const shape = [images, ...imageShape];
  const image = {
    shape,
    data: Float32Array.from({ length: countElements(shape) }, () => random.integer(256)),
  };
  const noise = { shape, data: new Float32Array(countElements(shape)) };
  flow.dequantiser.draw(random, noise.data);
  const numbers = Array.from({ length: images }, (_, index) => index % 3);
  return {
    batch: { image, noise, ...(flow.classes.length > 0 && oneHotClasses(numbers, 3)) },
    weights,
  };
}

/** Arrays for the results of a batch. */
function target(layout: ParameterLayout) {
  return { bitsPerDim: { shape: [images], data: new Float32Array(images) }, gradients: layout.zeros() };
}

/** The results of a plan for two sets of weights in turn. */
async function runTwice(plan: GradientPlan, flow = model): Promise<Float32Array[]> {
  const layout = new ParameterLayout(flow.parameters);
  const { batch, weights } = setting(flow);
  const program = await plan.compile();
  const results: Float32Array[] = [];
  for (let round = 0; round < 2; round++) {
    const { bitsPerDim, gradients } = target(layout);
    await program.run(batch, weights, { bitsPerDim, gradients });
    results.push(bitsPerDim.data, ...layout.trained.map((group) => gradients[group]!.data as Float32Array));
    for (const { data } of Object.values(weights)) {
      data.set(data.map((value) => value * 1.01));
    }
  }
  await program.release();
  return results;
}

it('workers compute what one computes, up to rounding, with recomputed activations, classes and variational noise', async () => {
  const run = (workers: number) =>
    runTwice(planned({ activations: 'recompute', workers, threads: workers }, classified), classified);
  const [alone, shared] = [await run(1), await run(3)];
  expect(shared.length).toBe(alone.length);
  shared.forEach((values, index) => {
    const size = Math.max(...alone[index]!.map(Math.abs));
    expect(size).toBeGreaterThan(0);
    values.forEach((value, position) => {
      expect(Math.abs(value - alone[index]![position]!)).toBeLessThan(2e-5 * size);
    });
  });
});

test('workers share the available memory and the threads', () => {
  const keepPlan = planned({ workers: 1, activations: 'keep' });
  expect(threadsEach(3, { threads: 7 })).toBe(2);
  const scarce = { activations: 'auto', available: 3 * keepPlan.bytes } as const;
  expect(planned({ ...scarce, workers: 1 }).activations).toBe('keep');
  expect(planned({ ...scarce, workers: 3, threads: 3 }).activations).toBe('recompute');
});

test("the workers' copies leave less room for activations", () => {
  const shares = 2 * planned({ images: images / 2, workers: 1, activations: 'keep' }).bytes;
  const copies = planned({ workers: 2, activations: 'keep' }).bytes - shares;
  // Activations may take two fifths of the rest.
  const enough = shares / 0.4 + copies;
  const chosen = (available: number) => planned({ workers: 2, activations: 'auto', available }).activations;
  expect(chosen(1.001 * enough)).toBe('keep');
  expect(chosen(0.999 * enough)).toBe('recompute');
});

test('a failure in a thread fails the run, and leaves nothing to wait for', async () => {
  const { batch, weights } = setting();
  const program = await planned({ workers: 2 }).compile();
  const wrong = { shape: [images, 1, 1, 1], data: new Float32Array(images) };
  await expect(program.run({ ...batch, noise: wrong }, weights, target(layout))).rejects.toThrow(/noise/);
  const { bitsPerDim, gradients } = target(layout);
  await program.run(batch, weights, { bitsPerDim, gradients });
  const [alone] = await runTwice(planned({ workers: 1 }));
  for (const [image, bits] of bitsPerDim.data.entries()) {
    expect(bits).toBeCloseTo(alone![image]!, 4);
  }
  await program.release();
});

test('a failure while threads start is reported', async () => {
  const wrong = { options: { ...options, levels: 9 }, imageShape } as unknown as Glow;
  const request = { model: wrong, layout, images: 3, batchSize: images };
  const starting = threadedGradients(request, 2, planned({ images: 3, workers: 1 })).compile();
  await expect(starting).rejects.toThrow(/must be even/);
});

it('shares no operation on wasm, and keeps no more activations than its memory holds', () => {
  expect(threadsEach(1, { threads: 2, device: 'wasm' })).toBe(1);
  const wide = new Glow([8, 8, 1], { ...options, levels: 1, depth: 1, conditioner: { width: 4096 } });
  const activationsOn = (device: Device, available: number): string =>
    planned({ images: 4096, batchSize: 4096, workers: 1, device, available }, wide).activations;
  expect(activationsOn('cpu', 2 ** 40)).toBe('keep');
  expect(activationsOn('wasm', 2 ** 40)).toBe('recompute');
  // Each of two workers has a memory of its own.
  expect(
    planned({ images: 4096, batchSize: 4096, workers: 2, device: 'wasm', available: 2 ** 40 }, wide)
      .activations,
  ).toBe('keep');
});

test('a flow that its options do not build is not shared among workers, which build it from them', () => {
  // The stages of a Glow in another order: the parameters have the same names and shapes.
  const [first, ...laterStages] = model.stages;
  const steps = laterStages.filter(({ kind, level }) => kind === 'step' && level === 0);
  const others = laterStages.filter((stage) => !steps.includes(stage));
  const turned = new StagedFlow(imageShape, [first!, ...steps.toReversed(), ...others], options);
  expect(turned.parameters).toEqual(model.parameters);
  expect(planned({}, turned).workers).toBe(1);
  expect(planned({ workers: 1 }, turned).workers).toBe(1);
  expect(() => planned({ workers: 2 }, turned)).toThrow(
    'each of 2 workers builds the flow from its options, which give a different flow: define yours with ' +
      'define.flow and set flow in its options, or use workers: 1',
  );
  expect(planned({ workers: 2 }, new StagedFlow(imageShape, model.stages, options)).workers).toBe(2);
});
