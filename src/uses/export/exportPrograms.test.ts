// Exported programs of every mixing in two runtimes, native and WebAssembly: same results as our own
// programs.
import onnxProto from 'onnx-proto';
import { beforeAll, describe, expect, it } from 'vitest';
import { countElements, type ImageShape, type NdArray } from '../../core/numeric/arrays.ts';
import { RandomStream } from '../../core/numeric/random.ts';
import { pixelsFromValues, toFullRange } from '../../data/pixels/values.ts';
import { parametersFrom } from '../../flows/contract/parameters.ts';
import type { ModelOptions } from '../../flows/models/options.ts';
import { mixingNames } from '../../flows/models/partRegistries.ts';
import { compileDecoder, decodeBatch, drawNormals } from '../../model/latents.ts';
import { asConditionInputs, conditionFromArrays, oneHotClasses } from '../../model/likelihood/likelihood.ts';
import type { TrainedModel } from '../../model/trainedModel.ts';
import { evaluate } from '../../tensor/engine/program.ts';
import { constant, input } from '../../tensor/tensor.ts';
import { expectClose } from '../../testing/golden.ts';
import { smallMixing } from '../../testing/layers.ts';
import { runOnce } from '../../testing/programValues.ts';
import { randomModel } from '../../testing/randomModel.ts';
import { type ExportedPrograms, exportPrograms } from './exportPrograms.ts';

const runtimes = ['onnxruntime-node', 'onnxruntime-web'] as const;
type Runtime = typeof import('onnxruntime-web');
type Session = Awaited<ReturnType<Runtime['InferenceSession']['create']>>;

const imageShape: ImageShape = [8, 4, 2];
const largestBatch = 3;
const base: Omit<ModelOptions, 'mixing'> = {
  levels: 2,
  depth: 2,
  conditioner: { width: 6 },
  learnedPrior: true,
  bits: 8,
};
const oneStep = { ...base, levels: 1, depth: 1 };
const cases: [string, ModelOptions][] = [
  ...mixingNames.map((mixing): [string, ModelOptions] => [
    mixing,
    { ...oneStep, mixing: smallMixing(mixing, 16) },
  ]),
  ['spline couplings', { ...oneStep, mixing: '1x1', coupling: 'spline' }],
  [
    'checkerboards, gated networks, mixtures',
    {
      ...oneStep,
      mixing: '1x1',
      checkerboard: 2,
      conditioner: { name: 'gated', blocks: 1 },
      coupling: 'mixture',
    },
  ],
  [
    'masks of checkerboards, glow',
    {
      ...base,
      depth: 1,
      mixing: '1x1',
      mask: 'checkerboard',
      checkerboard: [1, 2],
      checkerboardMixing: true,
    },
  ],
  [
    'several steps and levels, kernel 5, dilation 2, additive, 5 bits',
    { ...base, mixing: { name: 'emerging', kernelSize: 5, dilation: 2 }, coupling: 'additive', bits: 5 },
  ],
  ['dense networks without levels', { ...oneStep, levels: 0, mixing: '1x1', conditioner: 'dense' }],
  ['emerging, scales of at least 0.2', { ...oneStep, mixing: 'emerging', coupling: { scaleFloor: 0.2 } }],
  ['a torus', { ...oneStep, mixing: 'periodic', boundary: 'periodic', checkerboard: 1 }],
  [
    'periodic, kernel 5, standard priors, 1 bit',
    { ...base, depth: 1, mixing: { name: 'periodic', kernelSize: 5 }, learnedPrior: false, bits: 1 },
  ],
];

/** A model some way from its initial weights, as if trained: further away its inverse would lose all digits. */
const createTrainedModel = (options: ModelOptions): TrainedModel => randomModel(imageShape, options, 0.05);

/** Integer images and dequantisation noise. */
function someImages(bits: number): { image: NdArray; noise: NdArray } {
  const shape = [largestBatch, ...imageShape];
  const random = new RandomStream(3, 'pixels');
  const draw = (make: () => number): NdArray => ({
    shape,
    data: Float32Array.from({ length: countElements(shape) }, make),
  });
  return {
    image: draw(() => Math.floor(random.uniform() * 2 ** bits)),
    noise: draw(() => Math.fround(0.9 * random.uniform())),
  };
}

/** The first images of a batch. */
function firstImages({ shape, data }: NdArray, count: number): NdArray {
  const innerShape = shape.slice(1);
  return { shape: [count, ...innerShape], data: data.subarray(0, count * countElements(innerShape)) };
}

const half = ({ shape, data }: NdArray): NdArray => ({
  shape,
  data: new Float32Array(data.length).fill(0.5),
});

/** Runs a session of a runtime as a user with only the file would. */
async function call(
  runtime: Runtime,
  session: Session,
  feeds: Record<string, NdArray>,
): Promise<Record<string, { data: Float32Array | Uint8Array; shape: readonly number[] }>> {
  const tensors = Object.entries(feeds).map(([name, { shape, data }]) => [
    name,
    new runtime.Tensor('float32', Float32Array.from(data), shape),
  ]);
  const results = await session.run(Object.fromEntries(tensors));
  return Object.fromEntries(
    Object.entries(results).map(([name, { data, dims }]) => [
      name,
      { data: data as Float32Array | Uint8Array, shape: dims },
    ]),
  );
}

const temperature = (value: number): NdArray => ({ shape: [1], data: Float32Array.of(value) });

describe.each(cases)('%s', (_, options) => {
  const trained = createTrainedModel(options);
  const { model } = trained;
  const { bits = 8 } = options;
  const images = someImages(bits);
  const latentNames = model.latentShapes.map((__, index) => `latent${index}`);
  const drawn = drawNormals(model.latentShapes, { first: 0, count: largestBatch, temperature: 1, seed: 5 });
  const createFeeds = (latents: readonly NdArray[], count: number): Record<string, NdArray> =>
    Object.fromEntries(latentNames.map((name, index) => [name, firstImages(latents[index]!, count)]));
  let files: ExportedPrograms;
  /** The model's results in float64, and its decoded images as from `sample`. */
  let encoded: Record<string, NdArray>;
  let decoded: NdArray;

  beforeAll(async () => {
    files = await exportPrograms(trained, { threads: 1 });
    const [image, noise] = [input('image', images.image.shape), input('noise', images.noise.shape)];
    const { latents, logLikelihood } = model.likelihood(image, noise, parametersFrom(trained.parameters));
    const outputs = {
      logLikelihood,
      ...Object.fromEntries(latents.map((latent, index) => [latentNames[index], latent])),
    };
    encoded = await runOnce({ inputs: { image, noise }, outputs }, images, 'float64');
    const decoder = await compileDecoder(trained, { threads: 1 });
    const cooler = drawn.map(({ shape, data }) => ({ shape, data: data.map((value) => value / 2) }));
    decoded = { shape: [largestBatch, ...imageShape], data: await decodeBatch(decoder, cooler) };
    await decoder.release();
  });

  it('is made of standard operators of opset 20', () => {
    for (const file of [files.encoder, files.sampler]) {
      expectStandard(file);
    }
  });

  describe.each(runtimes)('in %s', (name) => {
    let runtime: Runtime;
    let encoder: Session;
    let sampler: Session;

    beforeAll(async () => {
      runtime = await import(name);
      runtime.env.wasm.numThreads = 1;
      encoder = await runtime.InferenceSession.create(files.encoder, { intraOpNumThreads: 1 });
      sampler = await runtime.InferenceSession.create(files.sampler, { intraOpNumThreads: 1 });
    });

    it.each([1, largestBatch])('encodes %i images as the model does in float64', async (count) => {
      const result = await call(runtime, encoder, {
        image: firstImages(images.image, count),
        noise: firstImages(images.noise, count),
      });
      expect(Object.keys(result).sort()).toEqual([...latentNames, 'logLikelihood'].sort());
      for (const [output, array] of Object.entries(encoded)) {
        const expected = firstImages(array, count);
        expect(result[output]!.shape).toEqual(expected.shape);
        expectClose(output, result[output]!.data, expected.data, 'float32');
      }
    });

    it.each([1, largestBatch])('recovers %i encoded images exactly', async (count) => {
      const image = firstImages(images.image, count);
      const { logLikelihood, ...latents } = await call(runtime, encoder, { image, noise: half(image) });
      const result = await call(runtime, sampler, {
        ...(latents as Record<string, NdArray>),
        temperature: temperature(1),
      });
      expect(result.image!.data).toBeInstanceOf(Uint8Array);
      expect(result.image!.data).toEqual(toFullRange(Uint8Array.from(image.data), bits));
    });

    it.each([1, largestBatch])('decodes %i images from latents as `sample` does', async (count) => {
      const feeds = createFeeds(drawn, count);
      const result = await call(runtime, sampler, { ...feeds, temperature: temperature(0.5) });
      expect(result.image!.shape).toEqual([count, ...imageShape]);
      expect(result.values!.shape).toEqual([count, ...imageShape]);
      const { data } = firstImages(decoded, count);
      expectClose('values', result.values!.data, data, 'float32');
      // The pixels follow from the values, and match `sample` except where a value lies on a pixel boundary.
      const eightBit = (values: ArrayLike<number>) => toFullRange(pixelsFromValues(values, bits), bits);
      expect(result.image!.data).toEqual(eightBit(result.values!.data));
      const expected = eightBit(data);
      const differing = expected.filter((pixel, index) => pixel !== result.image!.data[index]);
      expect(differing.length).toBeLessThanOrEqual(1);
    });
  });
});

const classes = ['cat', 'dog', 'cow'];
const conditioned: [string, Partial<ModelOptions>][] = [
  ['variational dequantisation and classes', { dequantisation: 'variational', classes }],
  [
    'numbers and images',
    {
      condition: [
        { name: 'omega', mean: 0.3, deviation: 0.1 },
        { name: 'low', mean: 1, deviation: 2, shape: [...imageShape.slice(0, 2), 1] },
        { name: 'slope', mean: -1, deviation: 2 },
      ],
    },
  ],
];

describe.each(conditioned)('%s', (_, added) => {
  const options: ModelOptions = { ...base, depth: 1, mixing: 'emerging', ...added };
  const trained = createTrainedModel(options);
  const { model } = trained;
  const shape = [largestBatch, ...imageShape];
  const { image } = someImages(options.bits ?? 8);
  const noise = { shape, data: new Float32Array(countElements(shape)) };
  model.dequantiser.draw(new RandomStream(8, 'noise'), noise.data);
  /** The conditions of all images. */
  const conditionArrays: [string, NdArray][] = Object.entries(model.condition).map(
    ([name, conditionShape]) => {
      const batchShape = [largestBatch, ...conditionShape];
      const data = new RandomStream(9, name).normals(countElements(batchShape));
      const oneHot = oneHotClasses([2, 0, 1], classes.length)['condition/classes']!;
      return [name, name === 'classes' ? oneHot : { shape: batchShape, data }];
    },
  );
  /** The conditions of the first images, as inputs of a program. */
  const conditionInput = (count: number): Record<string, NdArray> =>
    Object.fromEntries(conditionArrays.map(([name, array]) => [name, firstImages(array, count)]));
  let files: ExportedPrograms;
  let expected: Float64Array;
  let latents: NdArray[];

  beforeAll(async () => {
    files = await exportPrograms(trained, { threads: 1 });
    const parameters = parametersFrom(trained.parameters);
    const condition = conditionFromArrays(asConditionInputs(conditionInput(largestBatch)));
    const { logLikelihood } = model.likelihood(constant(image), constant(noise), parameters, condition);
    const middle = model.dequantise(constant(image), constant(0.5));
    const results = await evaluate([logLikelihood, ...model.encode(middle, parameters, condition).latents]);
    expected = Float64Array.from(results[0]!.data);
    latents = results.slice(1);
  });

  it('is made of standard operators of opset 20', () => {
    for (const file of Object.values(files)) {
      expectStandard(file);
    }
  });

  it.each(runtimes)('gives the bound in %s, with u from its own file', async (name) => {
    const runtime: Runtime = await import(name);
    runtime.env.wasm.numThreads = 1;
    const dequantiser =
      files.dequantiser &&
      (await runtime.InferenceSession.create(files.dequantiser, { intraOpNumThreads: 1 }));
    const encoder = await runtime.InferenceSession.create(files.encoder, { intraOpNumThreads: 1 });
    for (const count of [1, largestBatch]) {
      const images = firstImages(image, count);
      const drawn = firstImages(noise, count);
      const { u, logDensity } = await (dequantiser
        ? call(runtime, dequantiser, { image: images, noise: drawn })
        : { u: drawn, logDensity: undefined });
      expect(u!.shape).toEqual([count, ...imageShape]);
      expect(u!.data.every((value) => value >= 0 && value < 1)).toBe(true);
      const { logLikelihood } = await call(runtime, encoder, {
        image: images,
        noise: { shape: u!.shape, data: Float32Array.from(u!.data) },
        ...conditionInput(count),
      });
      const bound = Array.from(logLikelihood!.data, (value, index) => value - (logDensity?.data[index] ?? 0));
      expectClose('bound', bound, expected.subarray(0, count), 'float32');
    }
  });

  it.each(runtimes)('encodes and decodes in %s', async (name) => {
    const runtime: Runtime = await import(name);
    runtime.env.wasm.numThreads = 1;
    const encoder = await runtime.InferenceSession.create(files.encoder, { intraOpNumThreads: 1 });
    const sampler = await runtime.InferenceSession.create(files.sampler, { intraOpNumThreads: 1 });
    for (const count of [1, largestBatch]) {
      const images = firstImages(image, count);
      const conditionFeeds = conditionInput(count);
      const { logLikelihood: _, ...codes } = await call(runtime, encoder, {
        image: images,
        noise: half(images),
        ...conditionFeeds,
      });
      latents.forEach((latent, index) => {
        expectClose(
          `latent${index}`,
          codes[`latent${index}`]!.data,
          firstImages(latent, count).data,
          'float32',
        );
      });
      const back = await call(runtime, sampler, {
        ...(codes as Record<string, NdArray>),
        temperature: temperature(1),
        ...conditionFeeds,
      });
      expect(back.image!.data).toEqual(Uint8Array.from(images.data));
    }
  });

  if (options.dequantisation) {
    it('carries the weights of the noise only in that file', async () => {
      const sizeOfExport = (files: ExportedPrograms): number => files.encoder.length + files.sampler.length;
      const uniform = createTrainedModel({ ...options, dequantisation: 'uniform' });
      const plain = await exportPrograms(uniform, { threads: 1 });
      expect(plain.dequantiser).toBeUndefined();
      // The same graphs: numbers are written in as many bytes, names of nodes may differ by a few.
      expect(Math.abs(sizeOfExport(files) - sizeOfExport(plain))).toBeLessThan(200);
      expect(files.dequantiser!.length).toBeGreaterThan(50_000);
    });
  }
});

/** Operators of the standard domain at opset 20, and nothing else: the runtimes refuse those that it lacks. */
function expectStandard(file: Uint8Array): void {
  const { opsetImport, functions, graph } = onnxProto.onnx.ModelProto.decode(file);
  expect(opsetImport.map(({ domain, version }) => [domain, Number(version)])).toEqual([['', 20]]);
  expect(functions ?? []).toEqual([]);
  const nodes = allNodes(graph!);
  expect(nodes.length).toBeGreaterThan(20);
  expect(new Set(nodes.map(({ domain }) => domain ?? ''))).toEqual(new Set(['']));
}

type Node = onnxProto.onnx.INodeProto;

/** The nodes of a graph and of the graphs inside it. */
function allNodes(graph: onnxProto.onnx.IGraphProto): Node[] {
  return (graph.node ?? []).flatMap((node) => [
    node,
    ...(node.attribute ?? []).flatMap(({ g }) => (g ? allNodes(g) : [])),
  ]);
}
