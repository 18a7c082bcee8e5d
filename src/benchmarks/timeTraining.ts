// Times training and likelihoods of models, in turn in one process.
import { defaultDevice, isHost } from '../engine/devices/device.ts';
import { providers } from '../engine/devices/providers.node.ts';
import { type OperatorTime, profile } from '../engine/profile.node.ts';
import { compile } from '../engine/program.ts';
import { releaseAfter, releaseOnFailure } from '../engine/resources.ts';
import { newTraffic, type Traffic, trafficSince } from '../engine/traffic.ts';
import { countParameters } from '../models/flowRegistry.ts';
import type { MixingName } from '../models/mixing.ts';
import type { ModelOptions } from '../models/options.ts';
import { median } from '../numeric/statistics.ts';
import { likelihoodDefinition } from '../trained/likelihood/likelihood.ts';
import { trainedModel } from '../trained/model/trainedModel.ts';
import type { GradientPlan } from '../training/gradients/gradientPlan.ts';
import type { SharedPlan } from '../training/gradients/sharedGradients.ts';
import { requireWorkers } from '../training/gradients/workers.ts';
import { randomBatches } from './benchModel.ts';
import { BENCH_RATE, type BenchTrainingOptions, prepareBenchTraining } from './benchTraining.ts';
import { countDispatches } from './countDispatches.node.ts';
import { timeProducts } from './timeProducts.ts';
import { measureInTurn, secondsOf, type Turns } from './timing.ts';

/** What is timed. */
export interface TrainingBenchmark extends Omit<BenchTrainingOptions, 'model'> {
  readonly models: readonly ModelOptions[];
  /** Timed rounds of steps and then of forward passes; in each, every model runs one in turn. */
  readonly rounds: number;
  /**
   * Whether the matrix products are timed on their own, and all operators in the step, on the CPU with the native runtime,
   * and the dispatches of a step are counted on WebGPU; default true.
   */
  readonly products?: boolean;
  /** Checked before each measurement of a round. */
  readonly signal?: AbortSignal;
  /** Called with the kind of work and how much of it is done. */
  onProgress?(what: TimedWork, done: number, total: number): void;
}

/** The kinds of work: rounds, including warm-up, operator profiles, counts of dispatches, and products on their own. */
type TimedWork = 'round' | 'profile' | 'count' | 'product';

/** The parts of a step, in order: images and noise, forward and backward, optimiser. */
export const stepParts = ['batch', 'gradients', 'update'] as const;

/** One of `stepParts`. */
type StepPart = (typeof stepParts)[number];

/** The times of one model, in seconds, over the rounds. */
export interface TrainingTimes {
  readonly mixing: MixingName;
  readonly parameters: number;
  /** Full steps: data, noise, forward and backward of every micro-batch, optimiser. */
  readonly steps: readonly number[];
  /** The median times of the parts of a step. */
  readonly parts: Readonly<Record<StepPart, number>>;
  /** Log-likelihoods of a micro-batch with frozen weights, data and noise included. */
  readonly forwards: readonly number[];
  /** The peak memory of the process, with all models. */
  readonly peakMemoryBytes: number;
  /** Whether activations were kept or recomputed. */
  readonly activations: GradientPlan['activations'];
  /** The number of data-parallel workers. */
  readonly workers: number;
  /** What a step moves between the host and the device; null on a CPU. */
  readonly traffic: Traffic | null;
  /** The programs that a step starts on the GPU of WebGPU; null if they were not counted. */
  readonly dispatches: number | null;
  /** A worker's time for the gradients of a step by ONNX operator, longest first; profiling adds to it. Empty where programs are not profiled. */
  readonly operators: readonly OperatorTime[];
  /**
   * The time of the step's matrix products at the best rate that each shape reaches on its own in this run; null if they
   * were not timed, as on a GPU, whose products would be timed with what crosses to and from it.
   */
  readonly productFloor: number | null;
}

const WARM_UP = 3;

/** Times training steps and forward passes of models, interleaved in one process. */
export async function timeTraining(benchmark: TrainingBenchmark): Promise<TrainingTimes[]> {
  const { models, workers, device = defaultDevice, onProgress } = benchmark;
  const isMore = benchmark.products ?? true;
  const products = isMore && providers[device].profiles;
  requireWorkers(workers, { ...benchmark, images: benchmark.microBatch ?? benchmark.batchSize });
  const measured = await releaseAfter(async (keep) => {
    const contenders: Contender[] = [];
    for (const model of models) {
      contenders.push(keep(await createContender(benchmark, model)));
    }
    const { steps, forwards } = await timeRounds(benchmark, contenders);
    const peakMemoryBytes = process.resourceUsage().maxRSS * 1024;
    const operators: (readonly OperatorTime[])[] = [];
    for (const [index, contender] of products ? contenders.entries() : []) {
      onProgress?.('profile', index, contenders.length);
      operators.push(await contender.profile());
      onProgress?.('profile', index + 1, contenders.length);
    }
    return contenders.map(({ mixing, parameters, plan, traffic }, index) => ({
      traffic: isHost(device) ? null : traffic(),
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
  // The models are released by now: what follows has the memory and processor to itself.
  const results: TrainingTimes[] = [];
  for (const [index, { plan, parts, ...times }] of measured.entries()) {
    const told = (done: number, total: number): void => onProgress?.('product', done, total);
    const counts = isMore && providers[device].logsDispatches;
    if (counts) {
      onProgress?.('count', index, measured.length);
    }
    results.push({
      ...times,
      dispatches: counts ? await countDispatches(trainingOf(benchmark, models[index]!)) : null,
      steps: parts.map((step) => stepParts.reduce((total, part) => total + step[part], 0)),
      parts: Object.fromEntries(
        stepParts.map((part) => [part, median(parts.map((step) => step[part]))]),
      ) as Record<StepPart, number>,
      productFloor: products ? runsOf(benchmark) * (await timeProducts(plan, benchmark, told)) : null,
    });
    if (counts) {
      onProgress?.('count', index + 1, measured.length);
    }
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

/** What another process needs to take the steps of one model. */
function trainingOf(
  { imageShape, batchSize, microBatch, activations, device }: TrainingBenchmark,
  model: ModelOptions,
): BenchTrainingOptions {
  return {
    model,
    imageShape,
    batchSize,
    activations,
    ...(microBatch !== undefined && { microBatch }),
    ...(device && { device }),
  };
}

/** One timed model with its programs. */
interface Contender {
  readonly mixing: MixingName;
  readonly parameters: number;
  readonly plan: SharedPlan;
  /** The seconds of the parts of a step, including making its batch. */
  step(round: number): Promise<Record<StepPart, number>>;
  /** The seconds of a forward pass of a micro-batch, including making it. */
  pass(round: number): Promise<number>;
  /** What the last step moved to and from the device. */
  traffic(): Traffic;
  /** The time of a worker per operator in the gradients of a step. */
  profile(): Promise<readonly OperatorTime[]>;
  release(): Promise<void>;
}

function createContender(benchmark: TrainingBenchmark, options: ModelOptions): Promise<Contender> {
  const { imageShape, batchSize, microBatch = batchSize } = benchmark;
  const traffic = newTraffic();
  let moved = newTraffic();
  return releaseOnFailure(async (keep) => {
    const { model, state, trainer, batches } = await prepareBenchTraining(
      { ...benchmark, model: options, traffic },
      keep,
    );
    const { parameters } = trainedModel(model, state, 'raw');
    const microBatches = randomBatches(imageShape, microBatch, model);
    const definition = likelihoodDefinition(model, microBatch, { inputs: {}, tensors: parameters });
    const forward = keep(await compile(definition, benchmark));
    const { plan } = trainer;
    return {
      mixing: options.mixing,
      plan,
      parameters: countParameters(imageShape, model.options),
      async step(round) {
        const before = { ...traffic };
        const begin = performance.now();
        const batch = batches.at(round);
        const made = performance.now();
        const gradients = await trainer.gradientsOf(batch);
        const found = performance.now();
        await trainer.update(gradients, BENCH_RATE);
        const end = performance.now();
        moved = trafficSince(before, traffic);
        return {
          batch: (made - begin) / 1000,
          gradients: (found - made) / 1000,
          update: (end - found) / 1000,
        };
      },
      pass: (round) => secondsOf(() => forward.run({ ...microBatches.at(round) })),
      traffic: () => moved,
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
