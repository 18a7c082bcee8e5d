// Times training and likelihoods of models, in turn in one process.
import { type OperatorTime, profile } from '../engine/profile.node.ts';
import { type CompileOptions, compile } from '../engine/program.ts';
import { releaseAfter, releaseOnFailure } from '../engine/resources.ts';
import { trainedModel } from '../evaluation/model/trainedModel.ts';
import { countParameters, Glow } from '../models/glow.ts';
import type { Mixing } from '../models/mixing.ts';
import type { ImageShape } from '../numeric/imageShape.ts';
import { median } from '../numeric/statistics.ts';
import type { BatchLoader } from '../training/batchLoader.ts';
import type { ActivationChoice, GradientPlan } from '../training/gradients/gradientPlan.ts';
import type { SharedPlan } from '../training/gradients/sharedGradients.ts';
import { requireWorkers } from '../training/gradients/workers.ts';
import { likelihoodDefinition } from '../training/likelihood.ts';
import { startFromData } from '../training/startFromData.ts';
import { Trainer } from '../training/step/trainer.ts';
import { type BenchModel, benchUpdate, randomBatches } from './benchModel.ts';
import { timeProducts } from './timeProducts.ts';
import { measureInTurn, secondsOf, type Turns } from './timing.ts';

/** What is timed. */
export interface TrainingBenchmark extends CompileOptions {
  readonly mixings: readonly Mixing[];
  readonly model: BenchModel;
  readonly imageShape: ImageShape;
  readonly batchSize: number;
  /** Images per run of the programs, a divisor of `batchSize`; by default all of them. */
  readonly microBatch?: number;
  /** Timed rounds of steps and then of forward passes; in each, every mixing runs one in turn. */
  readonly rounds: number;
  /** Whether the matrix products are timed on their own, and all operators in the step; default true. */
  readonly products?: boolean;
  /** Whether activations are kept or recomputed; default auto. */
  readonly activations?: ActivationChoice | undefined;
  /** The number of data-parallel workers; by default what is likely to be fastest. */
  readonly workers?: number | undefined;
  /** Checked before each measurement of a round. */
  readonly signal?: AbortSignal;
  /** Called with the kind of work and how much of it is done. */
  onProgress?(what: TimedWork, done: number, total: number): void;
}

/** The kinds of work: rounds, including warm-up, operator profiles, and products on their own. */
type TimedWork = 'round' | 'profile' | 'product';

/** The parts of a step, in order: images and noise, forward and backward, optimiser. */
export const stepParts = ['batch', 'gradients', 'update'] as const;

/** One of `stepParts`. */
type StepPart = (typeof stepParts)[number];

/** The times of one mixing, in seconds, over the rounds. */
export interface TrainingTimes {
  readonly mixing: Mixing;
  readonly parameters: number;
  /** Full steps: data, noise, forward and backward of every micro-batch, optimiser. */
  readonly steps: readonly number[];
  /** The median times of the parts of a step. */
  readonly parts: Readonly<Record<StepPart, number>>;
  /** Log-likelihoods of a micro-batch with frozen weights, data and noise included. */
  readonly forwards: readonly number[];
  /** The peak memory of the process, with the models of all mixings. */
  readonly peakMemoryBytes: number;
  /** Whether activations were kept or recomputed. */
  readonly activations: GradientPlan['activations'];
  /** The number of data-parallel workers. */
  readonly workers: number;
  /** A worker's time for the gradients of a step by ONNX operator, longest first; profiling adds to it. */
  readonly operators: readonly OperatorTime[];
  /**
   * The time of the step's matrix products at the best rate that each shape reaches on its own in this run.
   */
  readonly productFloor: number | null;
}

const WARM_UP = 3;

/** Times training steps and forward passes of models that differ in their mixing, interleaved in one process. */
export async function timeTraining(benchmark: TrainingBenchmark): Promise<TrainingTimes[]> {
  const { mixings, workers, products = true, onProgress } = benchmark;
  requireWorkers(workers, { ...benchmark, images: benchmark.microBatch ?? benchmark.batchSize });
  const measured = await releaseAfter(async (keep) => {
    const contenders: Contender[] = [];
    for (const mixing of mixings) {
      contenders.push(keep(await createContender(benchmark, mixing)));
    }
    const { steps, forwards } = await timeRounds(benchmark, contenders);
    const peakMemoryBytes = process.resourceUsage().maxRSS * 1024;
    const operators: (readonly OperatorTime[])[] = [];
    for (const [index, contender] of products ? contenders.entries() : []) {
      onProgress?.('profile', index, contenders.length);
      operators.push(await contender.profile());
      onProgress?.('profile', index + 1, contenders.length);
    }
    return contenders.map(({ mixing, parameters, plan }, index) => ({
      plan,
      mixing,
      parameters,
      activations: plan.activations,
      workers: plan.workers,
      peakMemoryBytes,
      parts: steps[index]!,
      forwards: forwards[index]!,
      operators: operators[index] ?? [],
    }));
  });
  // The models are released by now: the products have the memory and processor to themselves.
  const results: TrainingTimes[] = [];
  for (const { plan, parts, ...times } of measured) {
    const told = (done: number, total: number): void => onProgress?.('product', done, total);
    results.push({
      ...times,
      steps: parts.map((step) => stepParts.reduce((total, part) => total + step[part], 0)),
      parts: Object.fromEntries(
        stepParts.map((part) => [part, median(parts.map((step) => step[part]))]),
      ) as Record<StepPart, number>,
      productFloor: products ? runsOf(benchmark) * (await timeProducts(plan, benchmark, told)) : null,
    });
  }
  return results;
}

/** All rounds of steps, then all of forward passes. */
async function timeRounds(
  { rounds, signal, onProgress }: TrainingBenchmark,
  contenders: readonly Contender[],
): Promise<{ steps: Record<StepPart, number>[][]; forwards: number[][] }> {
  const all = WARM_UP + rounds;
  const turns = (before: number): Turns => ({
    warmUp: WARM_UP,
    rounds,
    signal,
    onRound: (done) => onProgress?.('round', before + done, 2 * all),
  });
  const steps = await measureInTurn(
    contenders.map(({ step }) => step),
    turns(0),
  );
  const forwards = await measureInTurn(
    contenders.map(({ pass }) => pass),
    turns(all),
  );
  return { steps, forwards };
}

/** One timed model with its programs. */
interface Contender {
  readonly mixing: Mixing;
  readonly parameters: number;
  readonly plan: SharedPlan;
  /** The seconds of the parts of a step, including making its batch. */
  step(round: number): Promise<Record<StepPart, number>>;
  /** The seconds of a forward pass of a micro-batch, including making it. */
  pass(round: number): Promise<number>;
  /** The time of a worker per operator in the gradients of a step. */
  profile(): Promise<readonly OperatorTime[]>;
  release(): Promise<void>;
}

function createContender(benchmark: TrainingBenchmark, mixing: Mixing): Promise<Contender> {
  const { imageShape, batchSize, microBatch = batchSize } = benchmark;
  const model = new Glow({ ...benchmark.model, mixing }, imageShape);
  const [batches, microBatches] = [batchSize, microBatch].map((count) =>
    randomBatches(imageShape, count, model.options.bits),
  ) as [BatchLoader, BatchLoader];
  return releaseOnFailure(async (keep) => {
    const state = await startFromData(model, batches.at(0), 0, benchmark);
    const { parameters } = trainedModel(model, state, 'raw');
    const trainer = keep(await Trainer.create(model, state, { ...benchmark, ...benchUpdate }));
    const definition = likelihoodDefinition(model, microBatch, { inputs: {}, tensors: parameters });
    const forward = keep(await compile(definition, benchmark));
    const { plan } = trainer;
    return {
      mixing,
      plan,
      parameters: countParameters(model.options, imageShape),
      async step(round) {
        const begin = performance.now();
        const batch = batches.at(round);
        const made = performance.now();
        const gradients = await trainer.gradientsOf(batch);
        const found = performance.now();
        await trainer.update(gradients, 1e-4);
        const end = performance.now();
        return {
          batch: (made - begin) / 1000,
          gradients: (found - made) / 1000,
          update: (end - found) / 1000,
        };
      },
      pass: (round) => secondsOf(() => forward.run({ ...microBatches.at(round) })),
      async profile() {
        const { arrays } = trainer;
        const { memory } = arrays;
        const operators = await profile(
          (profiled) => plan.compile({ ...profiled, ...(memory && { memory }) }),
          (program) => program.run(microBatches.at(0), arrays.weights, arrays.target(0)),
          benchmark,
        );
        const share = runsOf(benchmark) / plan.workers;
        return operators.map(({ operator, nodes, seconds }) => ({
          operator,
          nodes: Math.round(share * nodes),
          seconds: share * seconds,
        }));
      },
      async release() {
        await Promise.all([trainer.release(), forward.release()]);
      },
    };
  });
}

/** How many times a step runs its gradient program. */
function runsOf({ batchSize, microBatch = batchSize }: TrainingBenchmark): number {
  return batchSize / microBatch;
}
