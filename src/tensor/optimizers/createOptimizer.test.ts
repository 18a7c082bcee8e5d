// Optimisers in a loop of one's own: the same updates as in scalar arithmetic, all rules, states, and mistakes.
import { afterEach, describe, expect, it } from 'vitest';
import type { NdArray } from '../../core/numeric/arrays.ts';
import { normalArray as random } from '../../testing/programValues.ts';
import { adamax } from './adamax.ts';
import { adamw } from './adamw.ts';
import { type CreateOptimizerOptions, createOptimizer, type ParameterOptimizer } from './createOptimizer.ts';
import { muon } from './muon.ts';
import type { Optimizer } from './optimizer.ts';

const opened: ParameterOptimizer[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((optimizer) => optimizer.release()));
});

async function open(
  optimizer: Optimizer,
  parameters: Record<string, NdArray>,
  options: Partial<CreateOptimizerOptions> = {},
): Promise<ParameterOptimizer> {
  const created = await createOptimizer(optimizer, parameters, {
    learningRate: 0.01,
    threads: 1,
    ...options,
  });
  opened.push(created);
  return created;
}

const shapes = { scale: [], bias: [3], kernel: [9, 8], image: [2, 3, 4] };

const parametersAt = (step: string): Record<string, NdArray> =>
  Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, random(`${step} ${name}`, shape)]));

describe('adamw', () => {
  it('updates every parameter by its formulas, and lets only kernels decay', async () => {
    const parameters = parametersAt('start');
    const expected = structuredClone(parameters);
    const optimizer = await open(adamw({ weightDecay: 0.5 }), parameters);
    const moments = Object.fromEntries(
      Object.entries(parameters).map(([name, { data }]) => [name, data.slice().fill(0)] as const),
    );
    const squares = structuredClone(moments);
    for (const [t, learningRate] of [
      [1, 0.01],
      [2, 0.3],
    ] as const) {
      const gradients = parametersAt(`gradient ${t}`);
      await optimizer.step(gradients, { learningRate });
      for (const [name, { data, shape }] of Object.entries(expected)) {
        const [m, v] = [moments[name]!, squares[name]!];
        for (const [index, g] of gradients[name]!.data.entries()) {
          m[index] = 0.9 * m[index]! + 0.1 * g;
          v[index] = 0.999 * v[index]! + 0.001 * g * g;
          const root = Math.sqrt(v[index]! / (1 - 0.999 ** t)) + 1e-8;
          const decay = shape.length > 1 ? 0.5 * data[index]! : 0;
          data[index]! -= learningRate * (m[index]! / (1 - 0.9 ** t) / root + decay);
        }
        data.forEach((value, index) => {
          expect(parameters[name]!.data[index]).toBeCloseTo(value, 12);
        });
      }
    }
  });

  it('decays only the named kernels', async () => {
    const parameters = { a: random('a', [2, 2]), b: random('b', [2]) };
    const start = structuredClone(parameters);
    const optimizer = await open(adamw({ weightDecay: 0.5 }), parameters, { kernels: ['b'] });
    const zeros = {
      a: { shape: [2, 2], data: new Float64Array(4) },
      b: { shape: [2], data: new Float64Array(2) },
    };
    await optimizer.step(zeros);
    expect(parameters.a).toEqual(start.a);
    expect(parameters.b.data).toEqual(start.b.data.map((value) => value - 0.01 * 0.5 * value));
  });
});

it('adamw takes undefined options as left out', () => {
  expect(adamw({ beta1: undefined! }).scalars(1, 1)).toEqual(adamw().scalars(1, 1));
});

describe.each([
  ['adamax', adamax()],
  ['adamw', adamw()],
  ['muon', muon()],
] as const)('%s', (_, rules) => {
  it('continues from a saved state as if it had not stopped', async () => {
    const [unsplit, halves] = [parametersAt('start'), parametersAt('start')];
    const steps = [1, 2, 3, 4].map((step) => parametersAt(`gradient ${step}`));
    const optimizer = await open(rules, unsplit);
    for (const gradients of steps) {
      await optimizer.step(gradients);
    }
    const before = await open(rules, halves);
    await before.step(steps[0]!);
    await before.step(steps[1]!);
    const state = structuredClone(before.state);
    const after = await open(rules, halves, { state });
    await after.step(steps[2]!);
    await after.step(steps[3]!);
    expect(halves).toEqual(unsplit);
    expect(after.state).toEqual(optimizer.state);
    expect(after.state.steps).toBe(4);
  });

  it('reduces a loss, in float32 too', async () => {
    const parameters = { w: { shape: [8, 8], data: Float32Array.from(random('w', [8, 8]).data) } };
    const size = (): number => parameters.w.data.reduce((sum, value) => sum + value * value, 0);
    const start = size();
    const optimizer = await open(rules, parameters, { learningRate: 0.05 });
    for (let step = 0; step < 20; step++) {
      await optimizer.step({ w: { shape: [8, 8], data: parameters.w.data.slice() } });
    }
    expect(size()).toBeLessThan(0.9 * start);
    expect(parameters.w.data).toBeInstanceOf(Float32Array);
  });
});

describe('mistakes', () => {
  const create = (options: Partial<CreateOptimizerOptions> = {}) =>
    open(adamw(), parametersAt('start'), options);

  it('are errors that name the parameter, and change nothing', async () => {
    const parameters = parametersAt('start');
    const optimizer = await open(adamw(), parameters);
    const { bias: _, ...missing } = parametersAt('gradient');
    const wrong = { ...parametersAt('gradient'), bias: random('wrong', [4]) };
    const infinite = parametersAt('gradient');
    infinite.bias!.data[1] = Number.POSITIVE_INFINITY;
    await expect(optimizer.step(missing)).rejects.toThrow("the gradient of 'bias' is missing");
    await expect(optimizer.step(wrong)).rejects.toThrow(
      "the gradient of 'bias' must have shape [3], not [4]",
    );
    await expect(optimizer.step(infinite)).rejects.toThrow(
      "the gradient of 'bias' has values that are not finite",
    );
    await expect(optimizer.step(parametersAt('gradient'), { learningRate: Number.NaN })).rejects.toThrow(
      'learningRate must be a number of 0 or more, not NaN',
    );
    expect(parameters).toEqual(parametersAt('start'));
    expect(optimizer.state.steps).toBe(0);
    const single = { w: { shape: [1], data: new Float32Array(1) } };
    const tooLarge = { w: { shape: [1], data: Float64Array.of(1e39) } };
    await expect((await open(adamw(), single)).step(tooLarge)).rejects.toThrow('values that are not finite');
  });

  it('include a step before the last one has ended, and after the release', async () => {
    const optimizer = await create();
    const first = optimizer.step(parametersAt('gradient'));
    await expect(optimizer.step(parametersAt('gradient'))).rejects.toThrow('the step before has not ended');
    await first;
    await optimizer.release();
    await expect(optimizer.step(parametersAt('gradient'))).rejects.toThrow('has been released');
  });

  it.each([
    [() => adamw({ beta1: 1 }), 'beta1 must be a number of 0 or more and below 1, not 1'],
    [() => adamw({ weightDecay: -0.1 }), 'weightDecay must be a number of 0 or more, not -0.1'],
    [() => adamax({ beta2: Number.NaN }), 'beta2 must be a number of 0 or more and below 1, not NaN'],
    [() => muon({ momentum: -1 }), 'momentum must be a number of 0 or more and below 1, not -1'],
    [() => muon({ iterations: 0 }), 'iterations must be a whole number of 1 or more, not 0'],
  ])('include an option out of its range (%#)', (build, message) => {
    expect(build).toThrow(message);
  });

  it('include a parameter whose values do not fit its shape, and a negative number of steps', async () => {
    const unfit = { w: { shape: [2], data: new Float64Array(3) } };
    await expect(open(adamw(), unfit)).rejects.toThrow(
      "the parameter 'w' of shape [2] needs 2 values, not 3",
    );
    const { state } = await create();
    await expect(create({ state: { ...state, steps: -1 } })).rejects.toThrow('state.steps must be a whole');
  });

  it('include unknown kernels, no parameters, and the state of another optimiser', async () => {
    await expect(create({ kernels: ['kernels'] })).rejects.toThrow("the kernel 'kernels' is not one of");
    await expect(open(adamw(), {})).rejects.toThrow('an optimiser needs parameters');
    const { state } = await open(muon(), parametersAt('start'));
    await expect(create({ state })).rejects.toThrow("the state has 'first:");
    const { state: sameNames } = await open(adamax(), parametersAt('start'));
    await expect(create({ state: sameNames })).rejects.toThrow(
      'the state is of adamax, but the optimiser is adamw',
    );
  });
});
