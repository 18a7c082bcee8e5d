// The gradient along the path of samples, against central differences; that it vanishes for an exact model; what it refuses.
import { describe, expect, it } from 'vitest';
import type { NdArray } from '../../core/numeric/arrays.ts';
import { RandomStream } from '../../core/numeric/random.ts';
import { parametersFrom } from '../../flows/contract/parameters.ts';
import { Glow } from '../../flows/models/glow.ts';
import type { ModelOptions } from '../../flows/models/options.ts';
import { ParameterLayout } from '../../flows/models/parameterLayout.ts';
import { prepare } from '../../tensor/engine/graph/prepare.ts';
import { compile, compilePrepared } from '../../tensor/engine/program.ts';
import { add, multiply, reshape, split, sum, sumPerImage } from '../../tensor/operations/index.ts';
import { constant, input, type Tensor } from '../../tensor/tensor.ts';
import { expectClose } from '../../testing/golden.ts';
import { type Action, actionLoss } from './actionLoss.ts';
import { planGradients } from './planGradients.ts';

const shape = [4, 8, 1] as const;
const IMAGES = 3;

const createModel = (changes: Partial<ModelOptions>) =>
  new Glow(shape, {
    levels: 2,
    depth: 2,
    conditioner: { width: 6 },
    continuous: { mean: [0.3], deviation: [1.7] },
    ...changes,
  });

/** Σ x⁴/4 + x·(its left neighbour, on a torus of columns). */
const quartic: Action = (x) => {
  const squares = multiply(x, x);
  const [first, ...otherColumns] = split(x, 2, Array(8).fill(1));
  const products = [first!, ...otherColumns].map((column, index) =>
    sumPerImage(multiply(column, [...otherColumns, first!][index]!)),
  );
  return products.reduce(add, multiply(sumPerImage(multiply(squares, squares)), 0.25));
};

describe.each<[string, Partial<ModelOptions>]>([
  ['emerging', { mixing: 'emerging' }],
  ['periodic', { mixing: 'periodic', boundary: 'periodic', depth: 1 }],
  [
    'standard normal priors, additive couplings',
    { learnedPrior: false, coupling: 'additive', mixing: '1x1-plu', depth: 1 },
  ],
  ['checkerboards', { checkerboard: 2, mixing: 'finc', levels: 1, depth: 1 }],
])('%s', (_, changes) => {
  const model = createModel(changes);
  const values = createParameters(model);
  const noise = { shape: [IMAGES, ...shape], data: new RandomStream(3).normals(IMAGES * 32) };

  it('has the gradient of log q + S along the path of x', async () => {
    const tensors = createInputs('weights', values);
    const { inputs, bitsPerDim, gradientsBy } = actionLoss(quartic)(model, IMAGES, tensors);
    const trained = Object.keys(values).filter((path) => model.parameters[path]!.trained);
    const gradients = gradientsBy(
      trained.map((path) => tensors[path]!),
      constant(1),
    );
    const outputs = Object.fromEntries(trained.map((path, index) => [path, gradients[index]!]));
    const definition = {
      inputs: { ...inputs, ...named('weights', tensors) },
      outputs: { ...outputs, bitsPerDim },
    };
    const engine = { precision: 'float64', threads: 1 } as const;
    const program = await compile(definition, engine);
    const loss = await lossOfPath(model);
    const weights = named('weights', values);
    const results = await program.run({ noise, ...weights });
    const lossAt = (moved: Record<string, NdArray>): Promise<number> => loss({ noise, ...weights, ...moved });
    // Weights of the path and of the density agree: the loss itself.
    const total = Array.from(results.bitsPerDim!.data).reduce((sum, value) => sum + value, 0);
    expect(await lossAt(named('path', values))).toBeCloseTo(total, 9);
    let largest = 0;
    for (const path of trained) {
      const { shape: parameterShape, data } = values[path]!;
      const direction = new RandomStream(5, path).normals(data.length);
      const step = (size: number) => ({
        ...named('path', values),
        [`path ${path}`]: {
          shape: parameterShape,
          data: data.map((value, i) => value + size * direction[i]!),
        },
      });
      const expected = ((await lossAt(step(1e-6))) - (await lossAt(step(-1e-6)))) / 2e-6;
      const gradient = Array.from(results[path]!.data).reduce(
        (sum, value, i) => sum + value * direction[i]!,
        0,
      );
      expect(Math.abs(gradient - expected), path).toBeLessThan(1e-5 * (1 + Math.abs(expected)));
      largest = Math.max(largest, Math.abs(gradient));
    }
    expect(largest).toBeGreaterThan(0.1);
    await program.release();
    // The graph that a GPU runs, in float64 on the CPU.
    const stacked = await compilePrepared(prepare(definition, { device: 'webgpu' }), engine);
    const stackedResults = await stacked.run({ noise, ...weights });
    for (const [name, { data }] of Object.entries(results)) {
      expectClose(name, stackedResults[name]!.data, data, 'float64');
    }
    await stacked.release();
  });
});

it('vanishes for every sample where the model is exact', async () => {
  const model = createModel({ mixing: '1x1', learnedPrior: false });
  const values = createParameters(model);
  const tensors = Object.fromEntries(Object.entries(values).map(([path, value]) => [path, constant(value)]));
  // −ln q itself, up to a constant.
  const exact: Action = (x) => {
    const parameters = parametersFrom(tensors);
    const { latents, ...densities } = model.encode(model.values.toModel(x), parameters);
    return add(multiply(model.logLikelihood(densities), -1), 2);
  };
  const weights = createInputs('weights', values);
  const { inputs, gradientsBy } = actionLoss(exact)(model, IMAGES, weights);
  const trained = Object.keys(values).filter((path) => model.parameters[path]!.trained);
  const gradients = gradientsBy(
    trained.map((path) => weights[path]!),
    constant(1),
  );
  const squares = gradients.map((gradient) => sum(multiply(gradient, gradient))).reduce(add);
  const program = await compile(
    { inputs: { ...inputs, ...named('weights', weights) }, outputs: { squares } },
    { precision: 'float64', threads: 1 },
  );
  const noise = { shape: [IMAGES, ...shape], data: new RandomStream(3).normals(IMAGES * 32) };
  const result = await program.run({ noise, ...named('weights', values) });
  expect(result.squares!.data[0]).toBeLessThan(1e-16);
  await program.release();
});

describe('refuses', () => {
  const model = createModel({ mixing: '1x1' });
  const layout = new ParameterLayout(model.parameters);
  const request = { model, layout, images: 4, batchSize: 4, threads: 2, loss: actionLoss(quartic) };

  it('an action that returns anything but a number for each image', () => {
    const loss = actionLoss((x) => reshape(multiply(x, x), [4, 32]));
    expect(() => planGradients({ ...request, loss })).toThrow(
      'the action must return a number for each image, [4], but returns [4, 32]: sum over all other axes',
    );
  });
});

const named = <Value>(kind: string, values: Readonly<Record<string, Value>>): Record<string, Value> =>
  Object.fromEntries(Object.entries(values).map(([path, value]) => [`${kind} ${path}`, value]));

function createInputs(kind: string, values: Readonly<Record<string, NdArray>>): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(values).map(([path, value]) => [path, input(`${kind} ${path}`, value.shape)]),
  );
}

/** Parameters away from the initial ones, where networks are zero. */
function createParameters(model: Glow): Record<string, NdArray> {
  const layout = new ParameterLayout(model.parameters);
  return Object.fromEntries(
    Object.entries(layout.unpack(layout.initial(2))).map(([path, { shape: parameterShape, data }]) => {
      const noise = new RandomStream(4, path).normals(data.length);
      const deviation = model.parameters[path]!.trained ? 0.05 : 0;
      return [
        path,
        { shape: parameterShape, data: Float64Array.from(data, (value, i) => value + deviation * noise[i]!) },
      ];
    }),
  );
}

/** Σ (log q(x; weights) + S(x))/(D ln 2) for x = f⁻¹(z; path), with weights of their own. */
async function lossOfPath(
  model: Glow,
): Promise<(feeds: Readonly<Record<string, NdArray>>) => Promise<number>> {
  const values = createParameters(model);
  const [path, weights] = [createInputs('path', values), createInputs('weights', values)];
  const noise = input('noise', [IMAGES, ...shape]);
  const sizes = model.latentShapes.map(([h, w, c]) => h * w * c);
  const latents = split(reshape(noise, [IMAGES, 32]), 1, sizes).map((part, index) =>
    reshape(part, [IMAGES, ...model.latentShapes[index]!]),
  );
  const x = model.decode(latents, parametersFrom(path));
  const { latents: _, ...densities } = model.encode(x, parametersFrom(weights));
  const each = add(model.logLikelihood(densities), quartic(model.values.fromModel(x)));
  const program = await compile(
    {
      inputs: { noise, ...named('path', path), ...named('weights', weights) },
      outputs: { loss: multiply(sum(each), 1 / (32 * Math.LN2)) },
    },
    { precision: 'float64', threads: 1 },
  );
  return async (feeds) => (await program.run(feeds)).loss!.data[0]!;
}
