// Samples drawn on a GPU, here a software one, match the CPU's; float64, which a GPU lacks, keeps its digits.
import { it } from 'vitest';
import { countElements, type ImageShape } from '../../core/numeric/arrays.ts';
import { RandomStream } from '../../core/numeric/random.ts';
import { Glow } from '../../flows/models/glow.ts';
import { knownComponents, type ModelCondition, type ModelOptions } from '../../flows/models/options.ts';
import { ParameterLayout } from '../../flows/models/parameterLayout.ts';
import { dequantisationName, type Mixing, mixingNames, mixings } from '../../flows/models/partRegistries.ts';
import { createConditionRows } from '../../model/conditions.ts';
import { FlowModel } from '../../model/flowModel.ts';
import type { FlowModelOptions } from '../../model/flowModelOptions.ts';
import { drawNormals } from '../../model/latents.ts';
import { trainedModel } from '../../model/trainedModel.ts';
import { expectClose } from '../../testing/golden.ts';
import { smallMixing } from '../../testing/layers.ts';
import { conditionedModels } from '../../testing/tinyRuns.ts';
import { describeOnGpu, onGpu } from '../../testing/webgpu.ts';
import { startFromData } from '../../training/step/startFromData.ts';
import { inverse, multiply } from '../operations/index.ts';
import { input } from '../tensor.ts';
import { compile } from './program.ts';
import { releaseAfter } from './resources.ts';

const imageShape: ImageShape = [4, 8, 1];
const BATCH = 2;
const TOLERANCE = 1e-4;

/** Models that condition on something, with variational dequantisation or without, and one on a torus. */
const measuredModels: readonly (readonly [string, object])[] = [
  ...conditionedModels
    .filter(([name]) => name === 'both' || name === 'conditions')
    .map(([name, options]) => [name, withSizedConditions(options)] as const),
  ['a torus', { boundary: 'periodic', checkerboard: 1 }],
];

/** These options with condition images of the height and width of the images. */
function withSizedConditions<Options extends { condition?: ModelCondition | undefined }>({
  condition,
  ...options
}: Options) {
  const sized = knownComponents(condition).map((component) =>
    component.shape
      ? { ...component, shape: [imageShape[0], imageShape[1], component.shape.at(-1)!] }
      : component,
  );
  return { ...options, ...(condition && { condition: sized }) };
}

/** What a model with these options is given for a batch. */
function givenTo({ classes, condition }: ModelOptions) {
  const random = new RandomStream(6, 'conditions');
  const components = knownComponents(condition);
  const values = components.map(({ name, shape = [1] }) => [
    name,
    random.normals(BATCH * countElements(shape)),
  ]);
  return { ...(classes && { class: [1, 0] }), condition: Object.fromEntries(values) };
}

/** A model away from its start, where the last layer of every network is zero. */
async function trainedTo(mixing: Mixing, added: Partial<ModelOptions> = {}) {
  const options = {
    levels: 2,
    depth: 1,
    conditioner: { width: 4 },
    mixing: smallMixing(mixing, 8),
  };
  const model = new Glow(imageShape, { ...options, learnedPrior: true, bits: 8, ...added });
  const random = new RandomStream(1, 'images');
  const shape = [BATCH, ...imageShape];
  const image = {
    shape,
    data: Float32Array.from({ length: countElements(shape) }, () => random.integer(256)),
  };
  const noise = {
    shape,
    data: new Float32Array(countElements(shape)),
    dequantisation: dequantisationName(model.options),
  };
  model.dequantiser.draw(random, noise.data);
  const batch = { image, noise, ...createConditionRows(model, givenTo(model.options), BATCH)(0, BATCH) };
  const state = await startFromData(model, batch, 1);
  for (const group of new ParameterLayout(model.parameters).trained) {
    const { data } = state.weights[group]!;
    data.forEach((value, index) => {
      data[index] = value + 0.05 * random.normal();
    });
  }
  return { model, state };
}

/** The values of two samples on a device. */
async function sampled(mixing: Mixing, device: FlowModelOptions): Promise<ArrayLike<number>> {
  const { model, state } = await trainedTo(mixing, { levels: 1 });
  return releaseAfter(async (keep) => {
    const flow = keep(new FlowModel(trainedModel(model, state, 'raw'), device));
    const draw = { first: 0, count: BATCH, temperature: 0.7, seed: 3 };
    return flow.decodeValues(drawNormals(flow.latentShapes, draw));
  });
}

/** A model's results for two images on a device, with the gradient, and two samples of it. */
async function used(added: Partial<ModelOptions>, device: FlowModelOptions): Promise<Float64Array> {
  const { model, state } = await trainedTo('1x1', added);
  return releaseAfter(async (keep) => {
    const flow = keep(new FlowModel(trainedModel(model, state, 'raw'), device));
    const random = new RandomStream(4, 'pixels');
    const pixels = Uint8Array.from({ length: BATCH * countElements(imageShape) }, () => random.integer(256));
    const options = givenTo(model.options);
    const latents = drawNormals(flow.latentShapes, { first: 0, count: BATCH, temperature: 0.7, seed: 3 });
    return Float64Array.from([
      ...(await flow.bitsPerDim(pixels, { draws: 2, ...options })),
      ...(model.classes.length > 0 ? await flow.classify(pixels) : []).flatMap((classification) => [
        ...classification.probabilities,
      ]),
      ...(await flow.encode(pixels, options)).flatMap(({ data }) => [...data]),
      ...(await flow.decodeValues(latents, options)),
      // In nats per grey level, the size of the others.
      ...(await flow.gradient(pixels, options)).gradient.data.map((value) => value / 256),
    ]);
  });
}

/** Inverses that repeat until nothing changes: ONNX Runtime keeps the Loop for that on the CPU. */
const repeats = (mixing: Mixing) => mixings.find(mixing).inverse === 'fixed-point';

describeOnGpu('webgpu', () => {
  it('computes in float64 with what the host computes, on the CPU', async () => {
    const w = input('w', [2, 2]);
    const program = await compile(
      { inputs: { w }, outputs: { y: multiply(inverse(w), 1) } },
      { device: 'webgpu', precision: 'float64' },
    );
    const { y } = await program.run({ w: { shape: [2, 2], data: Float64Array.of(3, 0, 0, 7) } });
    await program.release();
    expectClose('inverse', y!.data, [1 / 3, 0, 0, 1 / 7], 'float64');
  });

  it.each(mixingNames.filter((mixing) => !repeats(mixing)))('%s: samples without the CPU', async (mixing) => {
    expectClose('values', await sampled(mixing, onGpu), await sampled(mixing, {}), 'float32', TOLERANCE);
  });

  it.each(measuredModels)('%s: measures, encodes and samples without the CPU', async (_, added) => {
    const options = added as Partial<ModelOptions>;
    expectClose('values', await used(options, onGpu), await used(options, {}), 'float32', TOLERANCE);
  });

  it('checkerboards and gated networks: measures, encodes and samples without the CPU', async () => {
    const options = { checkerboard: 2, mask: 'checkerboard', levels: 1, depth: 2, conditioner: 'gated' };
    expectClose('values', await used(options, onGpu), await used(options, {}), 'float32', TOLERANCE);
  });

  it('mixtures: measures, encodes, and samples with the CPU for its loop', async () => {
    const options = { checkerboard: 1, levels: 1, depth: 1, coupling: 'mixture' };
    const device = { device: 'webgpu' } as const;
    expectClose('values', await used(options, device), await used(options, {}), 'float32', TOLERANCE);
  });

  it.each(mixingNames.filter(repeats))('%s: samples with the CPU for its loop', async (mixing) => {
    const device = { device: 'webgpu' } as const;
    expectClose('values', await sampled(mixing, device), await sampled(mixing, {}), 'float32', TOLERANCE);
  });
});
