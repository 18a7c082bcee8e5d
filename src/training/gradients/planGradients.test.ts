import { expect, it } from 'vitest';
import { countElements } from '../../core/numeric/arrays.ts';
import { RandomStream } from '../../core/numeric/random.ts';
import { countTrained } from '../../flows/contract/parameters.ts';
import { Glow } from '../../flows/models/glow.ts';
import type { ModelOptions } from '../../flows/models/options.ts';
import { ParameterLayout } from '../../flows/models/parameterLayout.ts';
import { mixingNames } from '../../flows/models/partRegistries.ts';
import { oneHotClasses } from '../../model/likelihood/likelihood.ts';
import { smallMixing } from '../../testing/layers.ts';
import type { ActivationChoice, GradientPlan } from './gradientPlan.ts';
import { definePieces } from './pieces.ts';
import { planGradients } from './planGradients.ts';

const options: Partial<ModelOptions> = {
  levels: 2,
  depth: 2,
  // So wide that no network is dead by chance, and no multiple of what the processor computes at once.
  conditioner: { width: 18 },
  mixing: 'emerging',
};

const imageShape = [4, 8, 2] as const;

function plan(
  changes: Partial<ModelOptions>,
  activations: ActivationChoice,
  { images = 3, available = 1e12 } = {},
): GradientPlan {
  const model = new Glow(imageShape, { ...options, ...changes });
  const layout = new ParameterLayout(model.parameters);
  return planGradients({ model, layout, images, batchSize: images, workers: 1, activations, available });
}

const oneStep = { levels: 1, depth: 1 };

it.each<[string, Partial<ModelOptions>]>([
  ...mixingNames.map((mixing): [string, Partial<ModelOptions>] => [
    mixing,
    { mixing: smallMixing(mixing, 16), ...oneStep },
  ]),
  ['several steps and levels', {}],
  ['standard normal priors, additive couplings', { depth: 1, learnedPrior: false, coupling: 'additive' }],
  ['spline couplings, dilated', { ...oneStep, coupling: 'spline', mixing: { dilation: 2 } }],
  [
    'mixtures and gated networks',
    { ...oneStep, coupling: 'mixture', conditioner: { name: 'gated', blocks: 1 } },
  ],
  [
    'checkerboards before the squeezes, and inside',
    { ...oneStep, checkerboard: 2, checkerboardMixing: true, mask: 'checkerboard' },
  ],
  [
    'classes and variational dequantisation',
    { depth: 1, classes: ['a', 'b', 'c', 'd'], dequantisation: { name: 'variational', width: 16 } },
  ],
])('%s: recomputed activations yield the same loss and gradients, bit for bit', async (_, changes) => {
  const random = new RandomStream(1);
  const layout = new ParameterLayout(new Glow(imageShape, { ...options, ...changes }).parameters);
  const weights = layout.initial(2);
  for (const array of Object.values(weights)) {
    // Away from the initial weights, where the last layers are zero; fixed permutations are kept.
    const noise = random.normals(array.data.length);
    array.data.set(
      array.data.map((value, index) => value + (array === weights.fixed ? 0 : 0.03 * noise[index]!)),
    );
  }
  const shape = [3, ...imageShape];
  const batch = {
    image: { shape, data: Float32Array.from({ length: countElements(shape) }, () => random.integer(256)) },
    noise: { shape, data: Float32Array.from({ length: countElements(shape) }, () => random.uniform()) },
    ...(changes.classes && oneHotClasses([3, 0, 2], 4)),
  };
  const results = [];
  for (const activations of ['keep', 'recompute'] as const) {
    const program = await plan(changes, activations).compile();
    const into = layout.zeros();
    const bitsPerDim = { shape: [3], data: new Float32Array(3) };
    await program.run(batch, weights, { bitsPerDim, gradients: into });
    results.push({ bitsPerDim, ...layout.unpack(into) });
    await program.release();
  }
  expect(results[1]).toEqual(results[0]);
  for (const [name, { data }] of Object.entries(results[0]!)) {
    expect(
      data.some((value) => value !== 0 && Number.isFinite(value)),
      name,
    ).toBe(true);
  }
});

it('compiles one program for each kind of stage, however many stages there are', () => {
  const [few, many] = [1, 5].map((depth) => {
    const model = new Glow(imageShape, { ...options, depth });
    const pieces = definePieces({
      model,
      layout: new ParameterLayout(model.parameters),
      images: 3,
      batchSize: 3,
    });
    return { runs: pieces.length, programs: new Set(pieces.map(({ program }) => program)).size };
  });
  expect(many!.programs).toBe(few!.programs);
  // Four more steps in each of two levels, forward and backward.
  expect(many!.runs - few!.runs).toBe(4 * 2 * 2);
});

it('needs memory for the activations of every step if they are kept, and hardly any if they are recomputed', () => {
  const bytes = (depth: number, activations: ActivationChoice): number =>
    plan({ depth, conditioner: { width: 16 } }, activations, { images: 64 }).bytes;
  const gradients = (depth: number): number => {
    const { parameters } = new Glow(imageShape, { ...options, depth, conditioner: { width: 16 } });
    return 4 * countTrained(parameters);
  };
  const added = (activations: ActivationChoice): number => bytes(24, activations) - bytes(8, activations);
  // Two hidden layers of 16 channels per step, on 64 images of 2x4 and 1x2 pixels.
  const hidden = 4 * 2 * 16 * 64 * (2 * 4 + 1 * 2);
  expect(added('keep') - (gradients(24) - gradients(8))).toBeGreaterThan(16 * hidden);
  // The input images of a step, and its network's output: 8 channels in the first level, 16 in the second.
  expect(added('recompute')).toBe(16 * 4 * 2 * 64 * (2 * 4 * 8 + 1 * 2 * 16));
});

it('keeps activations only if there is room', () => {
  const { bytes } = plan({}, 'keep');
  expect(plan({}, 'auto', { available: 100 * bytes }).activations).toBe('keep');
  expect(plan({}, 'auto', { available: bytes }).activations).toBe('recompute');
});
