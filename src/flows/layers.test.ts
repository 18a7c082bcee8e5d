// The contract of bijections, held against every layer of the registry with random parameters.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compile, type NamedArrays, type Program } from '../engine/program.ts';
import { logAbsDeterminant } from '../numeric/linearAlgebra.ts';
import { type NdArray, sizeOf } from '../numeric/ndarray.ts';
import { RandomStream } from '../numeric/random.ts';
import type { Precision } from '../tensor/emitter.ts';
import { gradients } from '../tensor/gradient.ts';
import { add, multiply, sum } from '../tensor/operations/index.ts';
import { OPEN_BATCH } from '../tensor/shape.ts';
import { constant, input, type Tensor } from '../tensor/tensor.ts';
import { expectClose } from '../testing/golden.ts';
import { layerCases, randomImages, randomParameters } from '../testing/layers.ts';
import type { Bijection } from './bijection.ts';
import { parametersFrom } from './parameters.ts';

const IMAGES = 3;

/** The name of a parameter in a program: one of them may be called like another input. */
const parameterName = (path: string) => `parameters/${path}`;

const asFeeds = (parameters: Record<string, NdArray>): NamedArrays =>
  Object.fromEntries(Object.entries(parameters).map(([path, array]) => [parameterName(path), array]));

/** The parameters that training changes. */
function trainedPaths({ parameters }: Bijection): string[] {
  return Object.keys(parameters).filter((path) => parameters[path]!.trained);
}

/** The arguments of a layer for a batch of `images`, or an open one, and how a program lists them. */
function argumentsOf(layer: Bijection, images: number) {
  const tensors = Object.fromEntries(
    Object.entries(layer.parameters).map(([path, { shape }]) => [path, input(path, shape)]),
  );
  const x = input('x', [images, ...layer.inputShape]);
  const target = input('target', [images, ...layer.outputShape]);
  const named = Object.entries(tensors).map(([path, tensor]) => [parameterName(path), tensor]);
  const variables: Record<string, Tensor> = { x, ...Object.fromEntries(named) };
  return { x, target, p: parametersFrom(tensors), variables };
}

/** `y`, `logDet` and `inverse` = inverse(target). */
function compileMap(layer: Bijection, images: number): Promise<Program> {
  const { x, target, p, variables } = argumentsOf(layer, images);
  const outputs = { ...layer.forward(x, p), inverse: layer.inverse(target, p) };
  return compile({ inputs: { target, ...variables }, outputs }, { precision: 'float64', threads: 1 });
}

/**
 * The same with `loss` = Σ y·weight + share·Σ logDet and its gradients: share 0 leaves rows of the Jacobian, whatever
 * the layer says about its determinant.
 */
function compileWithGradients(layer: Bijection, precision: Precision): Promise<Program> {
  const { x, target, p, variables } = argumentsOf(layer, IMAGES);
  const weight = input('weight', target.shape);
  const share = input('share', []);
  const { y, logDet } = layer.forward(x, p);
  const total = logDet.rank === 0 ? multiply(logDet, IMAGES) : sum(logDet);
  const loss = add(sum(multiply(y, weight)), multiply(total, share));
  const outputs: Record<string, Tensor> = { y, logDet, loss, inverse: layer.inverse(target, p) };
  const differentiated = ['x', ...trainedPaths(layer).map(parameterName)];
  gradients(
    loss,
    differentiated.map((name) => variables[name]!),
    constant(1),
  ).forEach((g, index) => {
    outputs[`gradient ${differentiated[index]}`] = g;
  });
  return compile({ inputs: { target, weight, share, ...variables }, outputs }, { precision, threads: 1 });
}

const scalar = (value: number): NdArray => ({ shape: [], data: Float64Array.of(value) });

/** The log-determinant of one image. */
const logDetOf = ({ shape, data }: NdArray, image: number) => data[shape.length === 0 ? 0 : image]!;

/** The part of an array that belongs to one image. */
function ofImage(array: NdArray, image: number): NdArray {
  const size = sizeOf(array.shape.slice(1));
  return {
    shape: [1, ...array.shape.slice(1)],
    data: array.data.slice(image * size, (image + 1) * size),
  };
}

describe.each(layerCases())('%s', (_, layer) => {
  const x = randomImages(IMAGES, layer.inputShape, 'x');
  const target = randomImages(IMAGES, layer.outputShape, 'target');
  const weight = randomImages(IMAGES, layer.outputShape, 'weight');
  const parameters = randomParameters(layer.parameters);
  const feeds: NamedArrays = { x, target, weight, share: scalar(1), ...asFeeds(parameters) };
  const dimensions = sizeOf(layer.inputShape);
  let program: Program;
  let result: Record<string, NdArray>;

  beforeAll(async () => {
    program = await compileWithGradients(layer, 'float64');
    result = await program.run(feeds);
  });

  afterAll(() => program.release());

  it('is undone by its inverse, and undoes it', async () => {
    expect(result.y!.shape).toEqual([IMAGES, ...layer.outputShape]);
    const back = await program.run({ ...feeds, x: result.inverse!, target: result.y! });
    expectClose('inverse(forward(x))', back.inverse!.data, x.data, 'float64');
    expectClose('forward(inverse(y))', back.y!.data, target.data, 'float64');
  });

  it('has the log-determinant of its dense Jacobian, and each image depends on itself alone', async () => {
    const rows = Array.from({ length: IMAGES }, () => new Float64Array(dimensions * dimensions));
    /** The gradient of element `element` of the given images, summed, with respect to x. */
    const gradientOf = async (element: number, images: number[]) => {
      const seed = new Float64Array(IMAGES * dimensions);
      for (const image of images) {
        seed[image * dimensions + element] = 1;
      }
      const values = await program.run({
        ...feeds,
        share: scalar(0),
        weight: { shape: weight.shape, data: seed },
      });
      return values['gradient x']!;
    };
    for (let element = 0; element < dimensions; element++) {
      const one = element % IMAGES;
      const alone = await gradientOf(element, [one]);
      const all = await gradientOf(element, [0, 1, 2]);
      for (let image = 0; image < IMAGES; image++) {
        const depends = ofImage(alone, image).data.some((value) => value !== 0);
        expect(depends, `whether element ${element} of image ${one} depends on image ${image}`).toBe(
          image === one,
        );
        rows[image]!.set(ofImage(all, image).data, element * dimensions);
      }
    }
    for (let image = 0; image < IMAGES; image++) {
      const expected = logAbsDeterminant(rows[image]!, dimensions);
      expectClose(`logDet of image ${image}`, [logDetOf(result.logDet!, image)], [expected], 'float64');
    }
  });

  it('has the gradients that central differences give', async () => {
    for (const name of ['x', ...trainedPaths(layer).map(parameterName)]) {
      const { shape, data } = feeds[name]!;
      const g = result[`gradient ${name}`]!;
      expect(g.shape).toEqual([...shape]);
      // Along a random direction any wrong element shows.
      for (let draw = 0; draw < 2; draw++) {
        const direction = new RandomStream(3, name, draw).normals(data.length);
        const length = Math.hypot(...direction);
        const lossAt = async (distance: number) => {
          const moved = data.map((value, index) => value + (distance / length) * direction[index]!);
          return (await program.run({ ...feeds, [name]: { shape, data: moved } })).loss!.data[0]!;
        };
        // Short steps, so that none crosses a kink of a ReLU.
        const h = 1e-5;
        const numeric = ((await lossAt(h)) - (await lossAt(-h))) / (2 * h);
        const exact = direction.reduce((total, value, index) => total + value * g.data[index]!, 0) / length;
        expectClose(`gradient of ${name}`, [exact], [numeric], 'float64', 1e-7);
      }
    }
  });

  it('gives every trained parameter a gradient, and masked elements none and no part in the result', async () => {
    const clean: Record<string, NdArray> = { ...parameters };
    for (const path of trainedPaths(layer)) {
      const { mask, shape: lengths } = layer.parameters[path]!;
      const { data } = result[`gradient ${parameterName(path)}`]!;
      // A reflection of one channel changes its sign, whatever its length; and a triangle of one may be empty.
      const counts = mask ? mask.some((on) => on !== 0) : path !== 'reflections' || sizeOf(lengths) > 1;
      if (counts) {
        expect(
          data.some((value) => value !== 0),
          path,
        ).toBe(true);
      }
      if (mask) {
        expect(
          data.every((value, index) => mask[index] !== 0 || value === 0),
          path,
        ).toBe(true);
        const { shape, data: values } = parameters[path]!;
        clean[path] = { shape, data: values.map((value, index) => (mask[index] === 0 ? 0 : value)) };
      }
    }
    expect(await program.run({ ...feeds, ...asFeeds(clean) })).toEqual(result);
  });

  it('gives in float32 what it gives in float64', async () => {
    const single = await compileWithGradients(layer, 'float32');
    const values = await single.run(feeds);
    for (const [name, { data }] of Object.entries(result)) {
      expectClose(name, values[name]!.data, data, 'float32');
    }
    await single.release();
  });

  it('gives the same with an open batch of any size', async () => {
    const open = await compileMap(layer, OPEN_BATCH);
    const all = await open.run({ ...asFeeds(parameters), x, target });
    expectClose('y', all.y!.data, result.y!.data, 'float64', 1e-12);
    expectClose('logDet', all.logDet!.data, result.logDet!.data, 'float64', 1e-12);
    expectClose('inverse', all.inverse!.data, result.inverse!.data, 'float64', 1e-12);
    for (let image = 0; image < IMAGES; image++) {
      const one = await open.run({
        ...asFeeds(parameters),
        x: ofImage(x, image),
        target: ofImage(target, image),
      });
      expectClose('y', one.y!.data, ofImage(result.y!, image).data, 'float64', 1e-12);
      expectClose('logDet', [one.logDet!.data[0]!], [logDetOf(result.logDet!, image)], 'float64', 1e-12);
      expectClose('inverse', one.inverse!.data, ofImage(result.inverse!, image).data, 'float64', 1e-12);
    }
    await open.release();
  });

  it('starts with values of the declared shapes that the seed alone decides, and is invertible', async () => {
    const drawn = (seed: number): Record<string, NdArray> =>
      Object.fromEntries(
        Object.entries(layer.parameters).map(([path, { shape, initial }]) => [
          path,
          { shape, data: initial(new RandomStream(seed, path)) },
        ]),
      );
    const start = drawn(1);
    expect(drawn(1)).toEqual(start);
    for (const [path, { shape, data }] of Object.entries(start)) {
      expect(data.length, path).toBe(sizeOf(shape));
      expect(
        data.every((value) => Number.isFinite(value)),
        path,
      ).toBe(true);
    }
    const { y, logDet } = await program.run({ ...feeds, ...asFeeds(start) });
    expect(logDet!.data.every((value) => Number.isFinite(value))).toBe(true);
    const back = await program.run({ ...feeds, ...asFeeds(start), target: y! });
    expectClose('inverse(forward(x))', back.inverse!.data, x.data, 'float64', 1e-11);
  });
});
