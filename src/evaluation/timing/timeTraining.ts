// How fast models train and give likelihoods, in turn in one process.
import { imagesInMemory } from '../../data/dataset.ts';
import { type OperatorTime, profile } from '../../engine/profile.ts';
import { type CompileOptions, compile, type Program } from '../../engine/program.ts';
import { countParameters, Glow, type GlowOptions } from '../../models/glow.ts';
import type { Mixing } from '../../models/mixing.ts';
import { dimensionsOf, type ImageShape } from '../../numeric/imageShape.ts';
import { RandomStream } from '../../numeric/random.ts';
import { BatchLoader } from '../../training/batchLoader.ts';
import type { ActivationChoice, GradientPlan } from '../../training/gradients/gradientPlan.ts';
import type { SharedPlan } from '../../training/gradients/sharedGradients.ts';
import { requireWorkers } from '../../training/gradients/workers.ts';
import { likelihoodDefinition } from '../../training/likelihood.ts';
import { releaseAfter, releaseOnFailure } from '../../training/resources.ts';
import { startFromData } from '../../training/startFromData.ts';
import { Trainer } from '../../training/step/trainer.ts';
import { trainedModel } from '../model/trainedModel.ts';
import { timeProducts } from './timeProducts.ts';
import { median, secondsOf } from './timing.ts';

/** What is timed. */
export interface TrainingBenchmark extends CompileOptions {
  readonly mixings: readonly Mixing[];
  readonly model: Omit<GlowOptions, 'mixing'>;
  readonly imageShape: ImageShape;
  readonly batchSize: number;
  /** Images per run of the programs, a divisor of `batchSize`; by default all of them. */
  readonly microBatch?: number;
  /** Timed rounds of steps and then of forward passes; in each, every mixing takes one in turn. */
  readonly rounds: number;
  /** Whether the matrix products are timed on their own, and all operators in the step; default true. */
  readonly products?: boolean;
  /** What becomes of the activations; default auto. */
  readonly activations?: ActivationChoice | undefined;
  /** The threads that work on images of their own; by default what is likely to be fastest. */
  readonly workers?: number | undefined;
  /** Called as the work goes on, with how much of what is done. */
  onProgress?(what: TimedWork, done: number, total: number): void;
}

/** What timing consists of: rounds, with those to warm up, profiles of operators, and products on their own. */
export type TimedWork = 'round' | 'profile' | 'product';

/** The parts of a step, in their order: its images and their noise, forward and backward, the optimiser. */
export const stepParts = ['batch', 'gradients', 'update'] as const;

/** One of `stepParts`. */
type StepPart = (typeof stepParts)[number];

/** The times of one mixing, in seconds, over the rounds. */
export interface TrainingTimes {
  readonly mixing: Mixing;
  readonly parameters: number;
  /** Full steps: data, noise, forward and backward of every micro-batch, optimiser. */
  readonly steps: readonly number[];
  /** What the parts of a step take: the medians. */
  readonly parts: Readonly<Record<StepPart, number>>;
  /** Log-likelihoods of a micro-batch with frozen weights, data and noise included. */
  readonly forwards: readonly number[];
  /** The most memory that the process held, with the models of all mixings. */
  readonly peakMemoryBytes: number;
  /** Whether activations were kept or computed again. */
  readonly activations: GradientPlan['activations'];
  /** The threads that worked on images of their own. */
  readonly workers: number;
  /** Where the gradients of a step spend the time of a worker, by ONNX operator, the longest first; timing adds to it. */
  readonly operators: readonly OperatorTime[];
  /** What the step's own matrix products take at the best rate that each shape reaches on its own in this run. */
  readonly productFloor: number | null;
}

const WARM_UP = 3;

/** Times training steps and forward passes of models that differ in their mixing, interleaved in one process. */
export async function timeTraining(benchmark: TrainingBenchmark): Promise<TrainingTimes[]> {
  const { mixings, imageShape, rounds, workers, products = true, onProgress } = benchmark;
  requireWorkers(workers, { ...benchmark, images: benchmark.microBatch ?? benchmark.batchSize });
  let peakMemoryBytes = 0;
  const timed = await releaseAfter(async (keep) => {
    const contenders: Contender[] = [];
    for (const mixing of mixings) {
      contenders.push(keep(await Contender.create(benchmark, mixing)));
    }
    for (const kind of ['step', 'pass'] as const) {
      for (let round = 0; round < WARM_UP + rounds; round++) {
        for (const contender of contenders) {
          await contender[kind](round, round >= WARM_UP);
        }
        const before = kind === 'step' ? 0 : WARM_UP + rounds;
        onProgress?.('round', before + round + 1, 2 * (WARM_UP + rounds));
      }
    }
    peakMemoryBytes = process.resourceUsage().maxRSS * 1024;
    for (const [index, contender] of products ? contenders.entries() : []) {
      onProgress?.('profile', index, contenders.length);
      await contender.profile(benchmark);
      onProgress?.('profile', index + 1, contenders.length);
    }
    return contenders;
  });
  const results: TrainingTimes[] = [];
  for (const { mixing, model, steps, forwards, plan, operators } of timed) {
    const parts = Object.fromEntries(
      stepParts.map((part) => [part, median(steps.map((step) => step[part]))]),
    ) as Record<StepPart, number>;
    const told = (done: number, total: number): void => onProgress?.('product', done, total);
    const productFloor = products ? runsOf(benchmark) * (await timeProducts(plan, benchmark, told)) : null;
    const parameters = countParameters(model.options, imageShape);
    const { activations, workers } = plan;
    results.push({
      mixing,
      parameters,
      activations,
      workers,
      peakMemoryBytes,
      steps: steps.map((step) => stepParts.reduce((total, part) => total + step[part], 0)),
      parts,
      forwards,
      productFloor,
      operators,
    });
  }
  return results;
}

/** One model that is timed, with the programs that are. */
class Contender {
  readonly mixing: Mixing;
  readonly model: Glow;
  readonly steps: Record<StepPart, number>[] = [];
  readonly forwards: number[] = [];
  operators: readonly OperatorTime[] = [];
  private readonly trainer: Trainer;
  private readonly forward: Program;
  private readonly batches: BatchLoader;
  /** Those of the forward pass: of a micro-batch. */
  private readonly parts: BatchLoader;

  private constructor(
    mixing: Mixing,
    model: Glow,
    trainer: Trainer,
    forward: Program,
    batches: BatchLoader,
    parts: BatchLoader,
  ) {
    this.mixing = mixing;
    this.model = model;
    this.trainer = trainer;
    this.forward = forward;
    this.batches = batches;
    this.parts = parts;
  }

  static create(benchmark: TrainingBenchmark, mixing: Mixing): Promise<Contender> {
    const { imageShape, batchSize, microBatch = batchSize } = benchmark;
    const model = new Glow({ ...benchmark.model, mixing }, imageShape);
    const [batches, parts] = [batchSize, microBatch].map((count) =>
      syntheticBatches(imageShape, count, model.options.bits),
    ) as [BatchLoader, BatchLoader];
    return releaseOnFailure(async (keep) => {
      const state = await startFromData(model, batches.at(0), 0, benchmark);
      const { parameters } = trainedModel(model, state, 'raw');
      const optimizer = { beta2: 0.999, biasCorrection: 'glow' } as const;
      const options = { ...benchmark, optimizer, averageDecay: 0.999 };
      const trainer = keep(await Trainer.create(model, state, options));
      const definition = likelihoodDefinition(model, microBatch, { inputs: {}, tensors: parameters });
      const forward = keep(await compile(definition, benchmark));
      return new Contender(mixing, model, trainer, forward, batches, parts);
    });
  }

  /** A step, with the making of its batch. */
  async step(number: number, counted: boolean): Promise<void> {
    const begin = performance.now();
    const batch = this.batches.at(number);
    const made = performance.now();
    const gradients = await this.trainer.gradientsOf(batch);
    const found = performance.now();
    this.trainer.update(gradients, 1e-4);
    const end = performance.now();
    if (counted) {
      this.steps.push({
        batch: (made - begin) / 1000,
        gradients: (found - made) / 1000,
        update: (end - found) / 1000,
      });
    }
  }

  /** A forward pass of a micro-batch, with the making of it. */
  async pass(number: number, counted: boolean): Promise<void> {
    const seconds = await secondsOf(async () => this.forward.run({ ...this.parts.at(number) }));
    this.forwards.push(...(counted ? [seconds] : []));
  }

  get plan(): SharedPlan {
    return this.trainer.plan;
  }

  /** Finds out which operators the gradients spend their time in. */
  async profile(options: TrainingBenchmark): Promise<void> {
    const { layout, state } = this.trainer;
    const into = layout.zeros();
    const { workers } = this.plan;
    const operators = await profile(
      (profiled) => this.plan.compile(profiled),
      (program) => program.run(this.parts.at(0), state.weights, into),
      options,
    );
    this.operators = operators.map(({ operator, nodes, seconds }) => ({
      operator,
      nodes: Math.round((runsOf(options) * nodes) / workers),
      seconds: (runsOf(options) * seconds) / workers,
    }));
  }

  async release(): Promise<void> {
    await Promise.all([this.trainer.release(), this.forward.release()]);
  }
}

/** How often a step runs the program of its gradients. */
function runsOf({ batchSize, microBatch = batchSize }: TrainingBenchmark): number {
  return batchSize / microBatch;
}

/** Batches as training makes them, of random pixels. */
function syntheticBatches(imageShape: ImageShape, batchSize: number, bits: number): BatchLoader {
  const random = new RandomStream(0, 'bench');
  const pixels = Uint8Array.from({ length: batchSize * dimensionsOf(imageShape) }, () => random.integer(256));
  return new BatchLoader(imagesInMemory(pixels, imageShape), { batchSize, seed: 0, bits });
}
