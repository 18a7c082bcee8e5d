// Training whose state is on a device, here a software one: the numbers of the processor, and little that crosses.
import { expect, it, vi } from 'vitest';
import { countElements, type ImageShape } from '../../core/numeric/arrays.ts';
import { RandomStream } from '../../core/numeric/random.ts';
import { median } from '../../core/numeric/statistics.ts';
import { Glow } from '../../flows/models/glow.ts';
import type { ModelOptions } from '../../flows/models/options.ts';
import { ParameterLayout } from '../../flows/models/parameterLayout.ts';
import { dequantisationName } from '../../flows/models/partRegistries.ts';
import { type Batch, oneHotClasses, sliceBatch } from '../../model/likelihood/likelihood.ts';
import type { TrainingState } from '../../runs/contents/trainingState.ts';
import { DeviceArray, type ProgramArrays } from '../../tensor/engine/arrays.ts';
import { releaseAfter } from '../../tensor/engine/resources.ts';
import { Session } from '../../tensor/engine/session.ts';
import { adamax } from '../../tensor/optimizers/adamax.ts';
import { adamw } from '../../tensor/optimizers/adamw.ts';
import { muon } from '../../tensor/optimizers/muon.ts';
import { smallMixing } from '../../testing/layers.ts';
import { onLocalRanks } from '../../testing/localRanks.ts';
import { describeOnGpu, onGpu } from '../../testing/webgpu.ts';
import type { ActivationChoice } from '../gradients/gradientPlan.ts';
import { DeviceArrays } from './deviceArrays.ts';
import { startFromData } from './startFromData.ts';
import { Trainer, type TrainerOptions } from './trainer.ts';

const imageShape: ImageShape = [4, 8, 1];
const BATCH = 4;
const optimizers = {
  adamax: adamax({ beta2: 0.9, biasCorrection: 'glow' }),
  adamw: adamw({ beta1: 0.9, beta2: 0.99, epsilon: 1e-4, weightDecay: 0.1 }),
  muon: muon({
    momentum: 0.95,
    weightDecay: 0.1,
    rest: adamax({ beta2: 0.9, biasCorrection: 'glow' }),
    restRate: 2,
  }),
};

const createModel = (changes: Partial<ModelOptions>): Glow =>
  new Glow(imageShape, {
    levels: 1,
    depth: 2,
    conditioner: { width: 4 },
    mixing: 'emerging',
    ...changes,
  });

/** With classes, and noise from a flow: all that a model may take in addition to images. */
const conditioned: Partial<ModelOptions> = {
  levels: 2,
  depth: 1,
  classes: ['cat', 'dog', 'cow'],
  dequantisation: { name: 'variational', width: 4 },
};

/** Couplings of the later kinds. */
const stronger: Partial<ModelOptions> = {
  depth: 1,
  checkerboard: 1,
  checkerboardWidth: 4,
  conditioner: { name: 'gated', blocks: 1 },
  coupling: 'mixture',
};

function batchAt(step: number, model: Glow): Batch {
  const random = new RandomStream(1, 'images', step);
  const shape = [BATCH, ...imageShape];
  const noise = {
    shape,
    data: new Float32Array(countElements(shape)),
    dequantisation: dequantisationName(model.options),
  };
  const { classes } = model;
  const numbers = Array.from({ length: BATCH }, (_, index) => (step + index) % classes.length);
  const image = {
    shape,
    data: Float32Array.from({ length: countElements(shape) }, () => random.integer(256)),
  };
  model.dequantiser.draw(random, noise.data);
  return { image, noise, ...(classes.length > 0 && oneHotClasses(numbers, classes.length)) };
}

type Choices = Partial<TrainerOptions> & { readonly activations?: ActivationChoice };

/** A start away from the initial weights, where the last layers are zero. */
async function createStart(model: Glow): Promise<TrainingState> {
  const state = await startFromData(model, batchAt(0, model), 1);
  const random = new RandomStream(2);
  for (const group of new ParameterLayout(model.parameters).trained) {
    const { data } = state.weights[group]!;
    data.forEach((value, index) => {
      data[index] = value + 0.02 * random.normal();
    });
  }
  return { ...state, optimizer: { name: 'adamax', moments: {} } };
}

/** The state after steps from another one, and the losses and norms on the way. */
async function trained(model: Glow, start: TrainingState, steps: number, options: Choices) {
  return releaseAfter(async (keep) => {
    const { optimizer = optimizers.adamax } = options;
    const from = start.updates === 0 ? { ...start, optimizer: { name: optimizer.name, moments: {} } } : start;
    const trainer = keep(
      await Trainer.create(model, from, {
        batchSize: BATCH,
        averageDecay: 0.9,
        ...(options.device === undefined && { threads: 1 }),
        workers: 1,
        activations: 'keep',
        ...options,
        optimizer,
      }),
    );
    const seen: number[][] = [];
    for (let step = 1; step <= steps; step++) {
      const { bitsPerDim, gradientNorm } = await trainer.step(
        batchAt(trainer.progress.step + 1, model),
        0.001,
      );
      seen.push([...bitsPerDim, gradientNorm]);
    }
    return { state: await trainer.state(), seen, gradients: await trainer.arrays.readGradients() };
  });
}

/** The largest difference between the weights, averages and moments of two states, relative to values above 1. */
function difference(a: TrainingState, b: TrainingState): number {
  const stateParts = ({ weights, average, optimizer }: TrainingState) =>
    Object.entries({ weights, average, ...optimizer.moments }).flatMap(([part, groups]) =>
      Object.entries(groups).map(([group, { data }]) => [`${part}/${group}`, data] as const),
    );
  const others = new Map(stateParts(b));
  return Math.max(
    ...stateParts(a).map(([name, data]) => {
      const otherData = others.get(name)!;
      expect(otherData).toHaveLength(data.length);
      return Math.max(
        ...Array.from(
          data,
          (value, index) => Math.abs(value - otherData[index]!) / Math.max(1, Math.abs(value)),
        ),
      );
    }),
  );
}

const vectorNorm = (seen: readonly number[]): number => seen.at(-1)!;

const largestDifference = (a: readonly number[][], b: readonly number[][]): number =>
  Math.max(...a.flat().map((value, index) => Math.abs(value / b.flat()[index]! - 1)));

it('refuses weights that do not fit into the arrays of a device, before anything is allocated', async () => {
  const layout = new ParameterLayout({
    kernel: { shape: [2 ** 34], trained: true, decays: false, initial: () => new Float64Array(0) },
  });
  const options = {
    optimizer: optimizers.adamax,
    averageDecay: 0.9,
    batchSize: 1,
    device: 'webgpu',
  } as const;
  await expect(DeviceArrays.open(layout, options)).rejects.toThrow(
    /^the 17179869184 weights of this model take 65536 MiB, and the device 'webgpu' holds at most \d+ MiB in an array: use a smaller model, or device: 'cpu'$/,
  );
});

describeOnGpu('training on a device', () => {
  // The gradients of every mixing are compared in otherDevices.test.ts; these compute in ways of their own.
  const mixings = ['1x1-plu', 'emerging', 'periodic', 'maf', 'convexp'] as const;
  const cases = [
    ...mixings.map((mixing) => ({ mixing, name: 'adamax', what: 'only images', changes: {} }) as const),
    { mixing: '1x1', name: 'adamw', what: 'classes and variational noise', changes: conditioned } as const,
    {
      mixing: 'emerging',
      name: 'muon',
      what: 'matrices of several shapes',
      changes: { conditioner: { width: 9 } },
    } as const,
    { mixing: '1x1', name: 'adamax', what: 'stronger couplings', changes: stronger } as const,
  ];

  it.each(cases)(
    '$mixing, $name, $what: 10 steps, resumed in the middle, match the CPU',
    async ({ mixing, name, changes }) => {
      const model = createModel({ mixing: smallMixing(mixing, 8), ...changes });
      const optimizer = optimizers[name];
      const start = await createStart(model);
      const freely = await trained(model, start, 10, { optimizer });
      const clipNorm = median(freely.seen.map(vectorNorm));
      const options = { optimizer, microBatch: 2, clipNorm };
      const expected = await trained(model, start, 10, options);
      const half = await trained(model, start, 5, { ...options, ...onGpu });
      const onDevice = await trained(model, half.state, 5, { ...options, ...onGpu });
      expect(difference(expected.state, onDevice.state)).toBeLessThan(1e-4);
      expect(largestDifference(expected.seen, [...half.seen, ...onDevice.seen])).toBeLessThan(1e-3);
      // Some steps were clipped, others not, and the weights have moved.
      const norms = expected.seen.map(vectorNorm);
      expect([Math.min(...norms) < clipNorm, Math.max(...norms) > clipNorm]).toEqual([true, true]);
      expect(difference(start, { ...start, weights: onDevice.state.weights })).toBeGreaterThan(0.005);
    },
  );

  it('in pieces is the same, in micro-batches and without', async () => {
    for (const [microBatch, changes] of [
      [2, { ...conditioned, mixing: '1x1' }],
      [4, { mixing: 'emerging' }],
    ] as const) {
      const model = createModel({ ...changes, levels: 2, depth: 3 });
      const start = await createStart(model);
      const keptActivations = await trained(model, start, 4, { ...onGpu, microBatch });
      const recomputed = await trained(model, start, 4, { ...onGpu, microBatch, activations: 'recompute' });
      expect(difference(keptActivations.state, recomputed.state)).toBeLessThan(1e-5);
    }
  });

  const hostBytes = (arrays: ProgramArrays): number =>
    Object.values(arrays).reduce(
      (total, array) => total + (array instanceof DeviceArray ? 0 : array.data.byteLength),
      0,
    );

  it.each(['keep', 'recompute'] as const)(
    'moves nothing that grows with the weights (%s)',
    async (activations) => {
      const crossing = async (width: number) => {
        const model = createModel({ levels: 2, conditioner: { width } });
        const traffic = { bytesUp: 0, bytesDown: 0, waits: 0 };
        await releaseAfter(async (keep) => {
          const trainer = keep(
            await Trainer.create(model, await createStart(model), {
              ...onGpu,
              batchSize: BATCH,
              averageDecay: 0.9,
              optimizer: optimizers.adamax,
              activations,
            }),
          );
          await trainer.step(batchAt(1, model), 0.001);
          const runs = vi.spyOn(Session.prototype, 'run');
          const copies = vi.spyOn(Session.prototype, 'runOnDevice');
          await trainer.step(batchAt(2, model), 0.001);
          for (const [inputs] of [...runs.mock.calls, ...copies.mock.calls]) {
            traffic.bytesUp += hostBytes(inputs);
          }
          for (const { value } of runs.mock.settledResults) {
            const bytes = hostBytes(value);
            traffic.bytesDown += bytes;
            traffic.waits += bytes > 0 ? 1 : 0;
          }
          vi.restoreAllMocks();
        });
        return traffic;
      };
      const [narrow, wide] = [await crossing(4), await crossing(64)];
      expect(wide).toEqual(narrow);
      const images = 2 * 4 * BATCH * countElements(imageShape);
      // In addition to images and noise: two scalars, and the matrices that the host inverts with their determinants.
      expect(narrow.bytesUp).toBeGreaterThan(images + 8);
      expect(narrow.bytesUp).toBeLessThan(images + 8 + 4 * 4 * 200);
      expect(narrow.waits).toBe(activations === 'keep' ? 2 : 1 + 4);
    },
  );

  it('sums the gradients of several ranks', async () => {
    const model = createModel({ depth: 1 });
    const start = await createStart(model);
    const expected = await trained(model, start, 3, {});
    const states = await onLocalRanks(2, async (ranks) =>
      releaseAfter(async (keep) => {
        const trainer = keep(
          await Trainer.create(model, start, {
            ...onGpu,
            batchSize: BATCH,
            averageDecay: 0.9,
            optimizer: optimizers.adamax,
            ranks,
          }),
        );
        for (let step = 1; step <= 3; step++) {
          await trainer.step(sliceBatch(batchAt(step, model), ranks.rank * 2, 2), 0.001);
        }
        return trainer.state();
      }),
    );
    expect(difference(states[0]!, states[1]!)).toBe(0);
    expect(difference(expected.state, states[0]!)).toBeLessThan(1e-4);
  });

  it('tells the guard of gradients that are not finite', async () => {
    const model = createModel({ depth: 1 });
    const start = await createStart(model);
    const layout = new ParameterLayout(model.parameters);
    const { data } = layout.unpack(start.weights)['levels/0/steps/0/actnorm/bias']!;
    data.fill(Number.NaN);
    const { seen } = await trained(model, start, 1, onGpu);
    expect(seen[0]!.every(Number.isNaN)).toBe(true);
  });
});
