// Times training and likelihoods of models, in turn in one process.

import { median } from '../../src/core/numeric/statistics.ts';
import { partName } from '../../src/core/parts/index.ts';
import { countParameters } from '../../src/flows/models/flowRegistry.ts';
import type { ModelOptions } from '../../src/flows/models/options.ts';
import { likelihoodDefinition } from '../../src/model/likelihood/likelihood.ts';
import { trainedModel } from '../../src/model/trainedModel.ts';
import { compile } from '../../src/tensor/engine/program.ts';
import { releaseAfter, releaseOnFailure } from '../../src/tensor/engine/resources.ts';
import type { GradientPlan } from '../../src/training/gradients/gradientPlan.ts';
import { requireWorkers } from '../../src/training/gradients/workers.ts';
import { measureInTurn, secondsFor } from '../../src/training/study/measureInTurn.ts';
import { BENCH_RATE, type BenchTrainingOptions, prepareBenchTraining, randomBatches } from './benchModel.ts';

/** Options of the timing. */
export interface TrainingBenchmark extends Omit<BenchTrainingOptions, 'model'> {
  readonly models: readonly ModelOptions[];
  /** Timed rounds of steps and then of forward passes; in each, every model runs one in turn. */
  readonly rounds: number;
  /** Called after each round, including warm-up. */
  onProgress?(done: number, total: number): void;
}

/** The parts of a step, in order: images and noise, forward and backward, optimiser. */
export const stepParts = ['batch', 'gradients', 'update'] as const;

/** The seconds of the parts of a step. */
type PartSeconds = Record<(typeof stepParts)[number], number>;

/** The times of one model, in seconds, over the rounds. */
export interface TrainingTimes {
  readonly mixing: string;
  readonly parameters: number;
  /** Full steps: data, noise, forward and backward of every micro-batch, optimiser. */
  readonly steps: readonly number[];
  /** The median times of the parts of a step. */
  readonly parts: Readonly<PartSeconds>;
  /** Log-likelihoods of a micro-batch with frozen weights, data and noise included. */
  readonly forwards: readonly number[];
  /** The peak memory of the process, with all models. */
  readonly peakMemoryBytes: number;
  /** Whether activations were kept or recomputed. */
  readonly activations: GradientPlan['activations'];
  /** The number of data-parallel workers. */
  readonly workers: number;
}

const WARM_UP = 3;

/** Times training steps and forward passes of models, interleaved in one process. */
export async function timeTraining(benchmark: TrainingBenchmark): Promise<TrainingTimes[]> {
  const { models, workers, rounds, onProgress } = benchmark;
  requireWorkers(workers, { ...benchmark, images: benchmark.microBatch ?? benchmark.batchSize });
  return releaseAfter(async (keep) => {
    const contenders: Contender[] = [];
    for (const model of models) {
      contenders.push(keep(await createContender(benchmark, model)));
    }
    const roundCount = WARM_UP + rounds;
    const turns = (before: number) => ({
      warmUp: WARM_UP,
      rounds,
      onRound: (done: number) => onProgress?.(before + done, 2 * roundCount),
    });
    const stepTimes = await measureInTurn(
      contenders.map(({ step }) => step),
      turns(0),
    );
    const forwards = await measureInTurn(
      contenders.map(({ pass }) => pass),
      turns(roundCount),
    );
    const peakMemoryBytes = process.resourceUsage().maxRSS * 1024;
    const results: TrainingTimes[] = [];
    for (const [index, contender] of contenders.entries()) {
      const { mixing, parameters, plan } = contender;
      const partTimes = stepTimes[index]!;
      results.push({
        mixing,
        parameters,
        steps: partTimes.map((step) => stepParts.reduce((total, part) => total + step[part], 0)),
        parts: Object.fromEntries(
          stepParts.map((part) => [part, median(partTimes.map((step) => step[part]))]),
        ) as PartSeconds,
        forwards: forwards[index]!,
        peakMemoryBytes,
        activations: plan.activations,
        workers: plan.workers,
      });
    }
    return results;
  });
}

/** One timed model with its programs. */
interface Contender {
  readonly mixing: string;
  readonly parameters: number;
  readonly plan: GradientPlan;
  /** The seconds of the parts of a step, including making its batch. */
  step(round: number): Promise<PartSeconds>;
  /** The seconds of a forward pass of a micro-batch, including making it. */
  pass(round: number): Promise<number>;
  release(): Promise<void>;
}

function createContender(benchmark: TrainingBenchmark, options: ModelOptions): Promise<Contender> {
  const { imageShape, batchSize, microBatch = batchSize } = benchmark;
  return releaseOnFailure(async (keep) => {
    const { model, state, trainer, batches } = await prepareBenchTraining(
      { ...benchmark, model: options },
      keep,
    );
    const { parameters } = trainedModel(model, state, 'raw');
    const microBatches = randomBatches(imageShape, microBatch, model);
    const definition = likelihoodDefinition(model, microBatch, { inputs: {}, tensors: parameters });
    const forward = keep(await compile(definition, benchmark));
    const { plan } = trainer;
    return {
      mixing: partName(options.mixing)!,
      plan,
      parameters: countParameters(imageShape, model.options),
      async step(round) {
        const begin = performance.now();
        const batch = batches.at(round);
        const batchEnd = performance.now();
        const gradients = await trainer.computeGradients(batch);
        const gradientsEnd = performance.now();
        await trainer.update(gradients, BENCH_RATE);
        const end = performance.now();
        return {
          batch: (batchEnd - begin) / 1000,
          gradients: (gradientsEnd - batchEnd) / 1000,
          update: (end - gradientsEnd) / 1000,
        };
      },
      pass: (round) => secondsFor(() => forward.run({ ...microBatches.at(round) })),
      async release() {
        await Promise.all([trainer.release(), forward.release()]);
      },
    };
  });
}
