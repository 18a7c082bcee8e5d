// Training and sampling on a GPU, here a software one, match the CPU; nothing but the weight update, which
// runs on the host, may fall back to the CPU.
import { describe, expect, it } from 'vitest';
import { UserError } from '../errors.ts';
import { FlowModel, type FlowModelOptions } from '../evaluation/model/flowModel.ts';
import { drawLatents } from '../evaluation/model/latents.ts';
import { trainedModel } from '../evaluation/model/trainedModel.ts';
import { Glow } from '../models/glow.ts';
import { type Mixing, mixingNames, mixings } from '../models/mixing.ts';
import type { ImageShape } from '../numeric/imageShape.ts';
import { sizeOf } from '../numeric/ndarray.ts';
import { RandomStream } from '../numeric/random.ts';
import { adamax } from '../optimizers/adamax.ts';
import { input } from '../tensor/tensor.ts';
import { expectClose } from '../testing/golden.ts';
import type { ActivationChoice } from '../training/gradients/gradientPlan.ts';
import { type Groups, ParameterLayout } from '../training/parameterLayout.ts';
import { startFromData } from '../training/startFromData.ts';
import { Trainer } from '../training/step/trainer.ts';
import { type CompileOptions, compile } from './program.ts';
import { releaseAfter } from './resources.ts';

const imageShape: ImageShape = [4, 8, 1];
const BATCH = 2;
const LEARNING_RATE = 0.01;
const TOLERANCE = 1e-4;
const onGpu = { device: 'webgpu', fallback: false } as const;

/** Whether there is a Vulkan driver for WebGPU. */
async function hasWebGpu(): Promise<boolean> {
  const x = input('x', [1]);
  try {
    const program = await compile({ inputs: { x }, outputs: { y: x } }, { device: 'webgpu' });
    await program.release();
    return true;
  } catch (error) {
    if (error instanceof UserError) {
      return false;
    }
    throw error;
  }
}

/** A model of two levels, each of two steps, in the middle of training, and the next batch. */
async function inTraining(mixing: Mixing) {
  const options = { levels: 2, depth: 2, width: 4, mixing, kernelSize: 3, dilation: 1, hiddenChannels: 8 };
  const model = new Glow({ ...options, learnedPrior: true, bits: 8 }, imageShape);
  const random = new RandomStream(1, 'images');
  const shape = [BATCH, ...imageShape];
  const image = { shape, data: Float32Array.from({ length: sizeOf(shape) }, () => random.integer(256)) };
  const noise = { shape, data: Float32Array.from({ length: sizeOf(shape) }, () => random.uniform()) };
  const batch = { image, noise };
  const state = await startFromData(model, batch, 1);
  // Away from the start, where the last layer of every network is zero and so are the moments.
  const layout = new ParameterLayout(model.parameters);
  const drawn = (name: string, draw: (stream: RandomStream) => number): Groups => {
    const stream = new RandomStream(1, name);
    const groups = layout.zeros();
    for (const { data } of Object.values(groups)) {
      data.forEach((_, index) => {
        data[index] = draw(stream);
      });
    }
    return groups;
  };
  const moments = {
    first: drawn('first', (stream) => 0.2 * stream.normal()),
    second: drawn('second', (stream) => 0.1 + stream.uniform()),
  };
  const average = drawn('average', (stream) => stream.normal());
  for (const group of layout.trained) {
    const { data } = state.weights[group]!;
    data.forEach((value, index) => {
      data[index] = value + 0.05 * random.normal();
    });
  }
  return { model, state: { ...state, step: 7, average, optimizer: { name: 'adamax', moments } }, batch };
}

/** All results of one update on a device, by name. */
async function trained(
  mixing: Mixing,
  device: CompileOptions,
  activations: ActivationChoice = 'keep',
): Promise<Record<string, ArrayLike<number>>> {
  const { model, state, batch } = await inTraining(mixing);
  const optimizer = adamax({ beta2: 0.999, biasCorrection: 'glow' });
  return releaseAfter(async (keep) => {
    const options = { batchSize: BATCH, optimizer, averageDecay: 0.9, activations, ...device };
    const trainer = keep(await Trainer.create(model, state, options));
    const { bitsPerDim, gradientNorm } = await trainer.step(batch, LEARNING_RATE);
    const { weights, average, optimizer: remembered } = trainer.state;
    const arrays = Object.entries({ weights, average, ...remembered.moments }).flatMap(([kind, groups]) =>
      Object.entries(groups).map(([group, { data }]) => [`${kind}/${group}`, data.slice()]),
    );
    return { bitsPerDim, gradientNorm: [gradientNorm], ...Object.fromEntries(arrays) };
  });
}

/** The values of two samples on a device. */
async function sampled(mixing: Mixing, device: FlowModelOptions): Promise<ArrayLike<number>> {
  const { model, state } = await inTraining(mixing);
  return releaseAfter(async (keep) => {
    const flow = keep(new FlowModel(trainedModel(model, state, 'raw'), device));
    const draw = { first: 0, count: BATCH, temperature: 0.7, seed: 3 };
    return flow.decodeValues(drawLatents(flow.latentShapes, draw));
  });
}

/** Inverses that repeat until nothing changes: ONNX Runtime keeps the Loop for that on the CPU. */
const repeats = (mixing: Mixing) => mixings[mixing].inverse === 'fixed-point';
const available = await hasWebGpu();

describe.skipIf(!available)('webgpu (needs a Vulkan driver: scripts/install-system-packages)', () => {
  it.each(mixingNames)('%s: training steps, their gradients without the CPU', async (mixing) => {
    const [expected, actual] = [await trained(mixing, {}), await trained(mixing, onGpu)];
    expect(Object.keys(actual)).toEqual(Object.keys(expected));
    for (const [name, values] of Object.entries(expected)) {
      expectClose(name, actual[name]!, values, 'float32', TOLERANCE);
    }
  });

  it('a piecewise training step', async () => {
    const [expected, actual] = [await trained('emerging', {}), await trained('emerging', onGpu, 'recompute')];
    for (const [name, values] of Object.entries(expected)) {
      expectClose(name, actual[name]!, values, 'float32', TOLERANCE);
    }
  });

  it.each(mixingNames.filter((mixing) => !repeats(mixing)))('%s: samples without the CPU', async (mixing) => {
    expectClose('values', await sampled(mixing, onGpu), await sampled(mixing, {}), 'float32', TOLERANCE);
  });

  it.each(mixingNames.filter(repeats))('%s: samples with the CPU for its loop', async (mixing) => {
    const device = { device: 'webgpu' } as const;
    expectClose('values', await sampled(mixing, device), await sampled(mixing, {}), 'float32', TOLERANCE);
  });
});
