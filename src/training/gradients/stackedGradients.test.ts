// Gradient programs for a GPU, where isomorphic parts of all flow steps are computed at once. They run here on a CPU, in
// float64; `../step/deviceArrays.test.ts` runs them on a GPU.
import onnxProto from 'onnx-proto';
import { expect, it } from 'vitest';
import { countElements, type ImageShape, type NdArray } from '../../core/numeric/arrays.ts';
import { RandomStream } from '../../core/numeric/random.ts';
import { Glow } from '../../flows/models/glow.ts';
import type { ModelOptions } from '../../flows/models/options.ts';
import { arrayName, ParameterLayout } from '../../flows/models/parameterLayout.ts';
import { mixingNames } from '../../flows/models/partRegistries.ts';
import { graphStyle } from '../../tensor/engine/devices/device.ts';
import { prepare } from '../../tensor/engine/graph/prepare.ts';
import { isHosted } from '../../tensor/engine/hostPart.ts';
import { lower } from '../../tensor/engine/onnx/lower.ts';
import { compilePrepared, freeze } from '../../tensor/engine/program.ts';
import { listTensors, type ProgramDefinition } from '../../tensor/tensor.ts';
import { expectClose } from '../../testing/golden.ts';
import { smallMixing } from '../../testing/layers.ts';
import { gradientDefinition } from './wholeGradients.ts';

const { onnx } = onnxProto;

const options: Partial<ModelOptions> = {
  levels: 2,
  depth: 3,
  // So wide that no network is dead by chance.
  conditioner: { width: 16 },
  mixing: 'emerging',
};

const IMAGES = 3;

function buildDefinition(changes: Partial<ModelOptions>, imageShape: ImageShape, images = IMAGES) {
  const model = new Glow(imageShape, { ...options, ...changes });
  const layout = new ParameterLayout(model.parameters);
  const definition = gradientDefinition({ model, layout, images, batchSize: images });
  return { layout, definition };
}

/** The fewest that are stacked. */
const twoSteps = { levels: 1, depth: 2 };

it.each<[string, Partial<ModelOptions>]>([
  ...mixingNames.map((mixing): [string, Partial<ModelOptions>] => [
    mixing,
    { mixing: smallMixing(mixing, 16), ...twoSteps },
  ]),
  ['several levels', {}],
  ['standard normal priors, additive couplings', { depth: 2, learnedPrior: false, coupling: 'additive' }],
  [
    'an odd depth, dilated, a floor',
    { depth: 5, levels: 1, mixing: { dilation: 2 }, coupling: { scaleFloor: 0.2 } },
  ],
  ['single steps', { depth: 1 }],
  [
    'checkerboards, gated networks, mixtures',
    { ...twoSteps, checkerboard: 2, conditioner: { name: 'gated', blocks: 1 }, coupling: 'mixture' },
  ],
  [
    'a torus and variational dequantisation',
    {
      ...twoSteps,
      mixing: 'periodic',
      boundary: 'periodic',
      dequantisation: { name: 'variational', steps: 3 },
    },
  ],
  ['kernels in arrays of their own', { ...twoSteps, conditioner: { width: 130 } }],
])('%s: the same loss and gradients with stacks as without', async (_, changes) => {
  const imageShape = [4, 8, 2] as const;
  const { layout, definition } = buildDefinition(changes, imageShape);
  const random = new RandomStream(1);
  const weights = Object.fromEntries(
    Object.entries(layout.initial(2)).map(([name, { shape, data }]) => {
      // Away from the initial weights, where the last layers are zero; fixed permutations are kept.
      const noise = random.normals(data.length);
      const moved = Float64Array.from(data, (value, i) => value + (name === 'fixed' ? 0 : 0.03 * noise[i]!));
      return [name, { shape, data: moved }];
    }),
  );
  const shape = [IMAGES, ...imageShape];
  const image = {
    shape,
    data: Float64Array.from({ length: countElements(shape) }, () => random.integer(256)),
  };
  const noise = { shape, data: Float64Array.from({ length: countElements(shape) }, () => random.uniform()) };
  const [expected, actual] = await Promise.all<Record<string, NdArray>>(
    (['cpu', 'webgpu'] as const).map(async (device) => {
      const program = await compilePrepared(prepare(definition, { device }), { precision: 'float64' });
      const values = await program.run({ image, noise, ...weights });
      await program.release();
      const groups = layout.trained.map((name) => [name, values[arrayName('gradients', name)]!]);
      return { bitsPerDim: values.bitsPerDim!, ...layout.unpack(Object.fromEntries(groups)) };
    }),
  );
  for (const [name, { data }] of Object.entries(expected!)) {
    expectClose(name, actual![name]!.data, data, 'float64', 1e-12);
    expect(
      data.some((value) => value !== 0),
      name,
    ).toBe(true);
  }
});

/** How many nodes of each type a GPU computes in the model of a definition; a Reshape computes nothing. */
async function countNodes(definition: ProgramDefinition): Promise<Record<string, number>> {
  const { inputs, outputs } = prepare(definition, { device: 'webgpu' });
  const constants = await freeze({ inputs, outputs });
  const hosted = listTensors({ inputs, outputs }).filter(
    (tensor) => isHosted(tensor) && !constants.has(tensor),
  );
  const hostInputs = Object.fromEntries(hosted.map((tensor, index) => [`host${index}`, tensor]));
  const named = Object.entries(outputs).map(([name, tensor]) => [`output ${name}`, tensor]);
  const bytes = lower({
    inputs: { ...inputs, ...hostInputs },
    outputs: Object.fromEntries(named),
    known: constants,
    precision: 'float32',
    style: graphStyle('webgpu'),
  });
  const counts: Record<string, number> = {};
  for (const { opType } of onnx.ModelProto.decode(bytes).graph!.node!) {
    if (opType !== 'Reshape') {
      counts[opType!] = (counts[opType!] ?? 0) + 1;
    }
  }
  return counts;
}

const total = (counts: Record<string, number>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

it('has few nodes, and hardly more for the weights of deeper models', async () => {
  const [shallow, deep] = await Promise.all(
    [8, 14].map((depth) => {
      const { definition } = buildDefinition(
        { levels: 3, depth, conditioner: { width: 512 } },
        [32, 32, 3],
        32,
      );
      return countNodes(definition);
    }),
  );
  expect(total(shallow!)).toBeLessThan(2500);
  // Those on images, of a flow step: more than 200 before its weights were stacked.
  expect((total(deep!) - total(shallow!)) / (3 * (14 - 8))).toBeLessThan(81);
  // Scales, their reordering, the determinants' diagonals, sums over a stack: for all steps of a level at once. The scale of a
  // coupling is an image.
  for (const [type, ofImages] of Object.entries({ Exp: 1, Log: 0, Abs: 0, Div: 0, MatMul: 0 })) {
    expect(shallow![type], type).toBeGreaterThan(0);
    expect(deep![type], type).toBe(shallow![type]! + 3 * (14 - 8) * ofImages);
  }
});
