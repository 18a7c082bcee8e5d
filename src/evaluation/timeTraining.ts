// How fast a model trains, and how much of the time its matrix products need.
import { type CompileOptions, compile, type Program } from '../engine/program.ts';
import { countParameters, Glow, type GlowOptions } from '../models/glow.ts';
import type { Mixing } from '../models/mixing.ts';
import { dimensionsOf, type ImageShape } from '../numeric/imageShape.ts';
import { type NdArray, sizeOf } from '../numeric/ndarray.ts';
import { RandomStream } from '../numeric/random.ts';
import { product, productTransposition } from '../tensor/operations/product.ts';
import { input, type Tensor } from '../tensor/tensor.ts';
import { topologicalOrder } from '../tensor/traversal.ts';
import { type Batch, imageArray, likelihoodDefinition } from '../training/likelihood.ts';
import { ParameterLayout } from '../training/parameterLayout.ts';
import { gradientDefinition, startFromData, Trainer } from '../training/trainer.ts';
import { trainedModel } from './loadRun.ts';
import { secondsOf } from './timing.ts';

/** What is timed. */
export interface TrainingBenchmark extends CompileOptions {
  readonly mixings: readonly Mixing[];
  readonly model: Omit<GlowOptions, 'mixing'>;
  readonly imageShape: ImageShape;
  readonly batchSize: number;
  /** Timed rounds; in each, every mixing takes one step and one forward pass in turn. */
  readonly rounds: number;
  /** Called as the work goes on, with the rounds done. */
  onProgress?(rounds: number): void;
}

/** The times of one mixing, in seconds, over the rounds. */
export interface TrainingTimes {
  readonly mixing: Mixing;
  readonly parameters: number;
  /** Full steps: data, noise, forward, backward, optimiser. */
  readonly steps: readonly number[];
  /** Log-likelihoods with frozen weights, data and noise included. */
  readonly forwards: readonly number[];
  /** What the step's own matrix products take at the best rate that each shape reaches on its own in this run. */
  readonly productFloor: number;
}

const WARM_UP = 3;

/** Times training steps and forward passes of models that differ in their mixing, interleaved in one process. */
export async function timeTraining(benchmark: TrainingBenchmark): Promise<TrainingTimes[]> {
  const { mixings, imageShape, batchSize, rounds, onProgress } = benchmark;
  const contenders = [];
  for (const mixing of mixings) {
    contenders.push(await Contender.create(benchmark, mixing));
  }
  for (let round = -WARM_UP; round < rounds; round++) {
    for (const contender of contenders) {
      await contender.round(round >= 0);
    }
    onProgress?.(Math.max(0, round + 1));
  }
  const results: TrainingTimes[] = [];
  for (const { mixing, model, steps, forwards, release } of contenders) {
    await release();
    const { outputs } = gradientDefinition(model, new ParameterLayout(model.parameters), batchSize);
    const productFloor = await timeProducts(Object.values(outputs), benchmark);
    const parameters = countParameters(model.options, imageShape);
    results.push({ mixing, parameters, steps, forwards, productFloor });
  }
  return results;
}

/** One model that is timed, with the programs that are. */
class Contender {
  readonly mixing: Mixing;
  readonly model: Glow;
  readonly steps: number[] = [];
  readonly forwards: number[] = [];
  private readonly trainer: Trainer;
  private readonly forward: Program;
  private readonly batch: () => Batch;

  private constructor(mixing: Mixing, model: Glow, trainer: Trainer, forward: Program, batch: () => Batch) {
    this.mixing = mixing;
    this.model = model;
    this.trainer = trainer;
    this.forward = forward;
    this.batch = batch;
  }

  static async create(benchmark: TrainingBenchmark, mixing: Mixing): Promise<Contender> {
    const { imageShape, batchSize } = benchmark;
    const model = new Glow({ ...benchmark.model, mixing }, imageShape);
    const batch = syntheticBatches(imageShape, batchSize, model.options.bits);
    const state = await startFromData(model, batch(), 0, benchmark);
    const optimizer = { beta2: 0.999, biasCorrection: 'glow' } as const;
    const trainer = await Trainer.create(model, state, { ...benchmark, optimizer, averageDecay: 0.999 });
    const { parameters } = trainedModel(model, state, 'raw');
    const definition = likelihoodDefinition(model, batchSize, { inputs: {}, tensors: parameters });
    return new Contender(mixing, model, trainer, await compile(definition, benchmark), batch);
  }

  async round(counted: boolean): Promise<void> {
    const step = await secondsOf(async () => this.trainer.step(this.batch(), 1e-4));
    const forward = await secondsOf(async () => this.forward.run({ ...this.batch() }));
    if (counted) {
      this.steps.push(step);
      this.forwards.push(forward);
    }
  }

  readonly release = async (): Promise<void> => {
    await this.trainer.release();
    await this.forward.release();
  };
}

/** Batches as training makes them, of random pixels. */
function syntheticBatches(imageShape: ImageShape, batchSize: number, bits: number): () => Batch {
  const size = batchSize * dimensionsOf(imageShape);
  const random = new RandomStream(0, 'bench');
  const pixels = Uint8Array.from({ length: size }, () => random.integer(256));
  const noise = new Float32Array(size);
  return () => {
    random.fillDequantisationNoise(noise);
    const image = imageArray(pixels, imageShape, bits);
    return { image, noise: { shape: image.shape, data: noise } };
  };
}

/** Products are timed this many at once, so that the cost of a call hardly counts, and this often. */
const COPIES = 4;
const REPEATS = 7;

/** The time of all matrix products of a graph, each shape at the best of several runs, in seconds. */
async function timeProducts(outputs: readonly Tensor[], options: CompileOptions): Promise<number> {
  const shapes = new Map<string, { node: Tensor; count: number }>();
  for (const node of topologicalOrder(outputs)) {
    const transposition = productTransposition(node);
    if (transposition) {
      const key = JSON.stringify([node.inputs.map(({ shape }) => shape), transposition]);
      const count = (shapes.get(key)?.count ?? 0) + 1;
      shapes.set(key, { node, count });
    }
  }
  let seconds = 0;
  for (const { node, count } of shapes.values()) {
    seconds += count * (await timeProduct(node, options));
  }
  return seconds;
}

async function timeProduct(node: Tensor, options: CompileOptions): Promise<number> {
  const [a, b] = node.inputs.map(({ shape }, index) => input(`operand${index}`, shape)) as [Tensor, Tensor];
  const random = new RandomStream(0, 'product');
  const arrayOf = ({ shape }: Tensor): NdArray => ({
    shape,
    data: Float32Array.from({ length: sizeOf(shape) }, () => random.uniform()),
  });
  const outputs: Record<string, Tensor> = {};
  const into: Record<string, NdArray> = {};
  for (let copy = 0; copy < COPIES; copy++) {
    outputs[`y${copy}`] = product(a, b, productTransposition(node));
    into[`y${copy}`] = arrayOf(node);
  }
  const program = await compile({ inputs: { a, b }, outputs }, options);
  const feeds = { a: arrayOf(a), b: arrayOf(b) };
  let best = Number.POSITIVE_INFINITY;
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    best = Math.min(best, await secondsOf(() => program.run(feeds, into)));
  }
  await program.release();
  return best / COPIES;
}
