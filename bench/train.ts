// Times training steps and forward passes of models, in turn in one process.
//
//   npx tsx bench/train.ts --mixing 1x1,emerging --levels 2 --depth 4 --width 64 --batch 64 --size 28 --channels 1
//   npx tsx bench/train.ts --device webgpu
//   npx tsx bench/train.ts --optimizer adamax,muon
//
// Training rates are of full steps: batch and noise, forward, backward, update; forward rates are of log-likelihoods with
// frozen weights.
import { Command, Option } from 'commander';
import { compileOptions, parseChoices } from '../src/app/cli/parts/options.ts';
import { reportFailure } from '../src/app/cli/terminal/failure.ts';
import { formatBytes, formatCount, formatRate, formatSpread } from '../src/app/cli/terminal/format.ts';
import { withProgress } from '../src/app/cli/terminal/progress.ts';
import { formatTable, right } from '../src/app/cli/terminal/table.ts';
import { addStepOptions, type StepOptions } from '../src/app/cli/training/stepOptions.ts';
import type { ImageShape } from '../src/core/numeric/arrays.ts';
import { median, valueRange } from '../src/core/numeric/statistics.ts';
import { countParameters } from '../src/flows/models/flowRegistry.ts';
import { Glow } from '../src/flows/models/glow.ts';
import { likelihoodDefinition } from '../src/model/likelihood/likelihood.ts';
import { trainedModel } from '../src/model/trainedModel.ts';
import { type CompileOptions, compile } from '../src/tensor/engine/program.ts';
import { releaseAfter, releaseOnFailure } from '../src/tensor/engine/resources.ts';
import { optimizers } from '../src/tensor/optimizers/registry.ts';
import type { GradientPlan } from '../src/training/gradients/gradientPlan.ts';
import { requireWorkers } from '../src/training/gradients/workers.ts';
import { describePlace } from '../src/training/loop/recordTraining.ts';
import { startFromData } from '../src/training/step/startFromData.ts';
import { Trainer } from '../src/training/step/trainer.ts';
import { measureInTurn, secondsFor } from '../src/training/study/measureInTurn.ts';
import { type BenchModel, benchRate, benchUpdate, randomBatches } from './shared/benchModel.ts';
import { addBenchOptions, type BenchOptions, describedModel } from './shared/benchOptions.ts';
import { machine } from './shared/machine.ts';

interface Options extends BenchOptions, StepOptions {
  optimizer: string[];
}

/** The parts of a step, in order: images and noise, forward and backward, optimiser. */
const stepParts = ['batch', 'gradients', 'update'] as const;

/** The seconds of the parts of a step. */
type PartSeconds = Record<(typeof stepParts)[number], number>;

/** The minimum and maximum over the rounds. */
type Range = readonly [least: number, most: number];

/** How fast one model trains. */
export interface TrainingFigures {
  readonly mixing: string;
  readonly optimizer: string;
  readonly parameters: number;
  /** Of full steps: data, noise, forward and backward, optimiser. */
  readonly imagesPerSecond: number;
  readonly imagesPerSecondRange: Range;
  /** The median times of the parts of a step. */
  readonly parts: Readonly<PartSeconds>;
  /** Of log-likelihoods of a batch with frozen weights, data and noise included. */
  readonly forwardImagesPerSecond: number;
  readonly forwardImagesPerSecondRange: Range;
  /** The peak memory of the process, with all models. */
  readonly peakMemoryBytes: number;
  /** Whether activations were kept or recomputed. */
  readonly activations: GradientPlan['activations'];
  /** The number of data-parallel workers. */
  readonly workers: number;
}

const WARM_UP = 3;

const milliseconds = (seconds: number): string => (1000 * seconds).toFixed(1);

try {
  const command = addStepOptions(addBenchOptions(new Command('train'), { batch: 32, rounds: 7 }));
  command.addOption(
    new Option('--optimizer <name,…>', `one or more of ${optimizers.names.join(', ')}`)
      .argParser(parseChoices('optimizer', optimizers.names))
      .default([optimizers.names[0]!], optimizers.names[0]),
  );
  await run(command.parse().opts<Options>());
} catch (error) {
  process.exitCode = reportFailure(error);
}

async function run(options: Options): Promise<void> {
  const { batch, rounds } = options;
  const { model, imageShape } = await describedModel(options);
  const engine = await compileOptions(options);
  const figures = await withProgress((show) =>
    timeTraining(model, imageShape, options, engine, (done, total) => show('round', done, total)),
  );
  const { levels, depth, width, size, channels } = options;
  const { coupling, components, conditioner, blocks, mask, checkerboard, checkerboardWidth } = options;
  const results = figures.map((each) => {
    const { device, threads } = describePlace(engine, each.workers, 1);
    return {
      ...each,
      ...{ levels, depth, width, size, channels, coupling, components, conditioner, blocks, mask },
      ...{ checkerboard, checkerboardWidth, device, threads, batch, rounds },
    };
  });
  process.stdout.write(
    options.json
      ? `${JSON.stringify(results.length === 1 ? results[0] : results)}\n`
      : `${machine(options.threads)}; ${rounds} rounds of ${batch} images\n\n${tables(results)}\n`,
  );
}

/** Times training steps and forward passes of models, interleaved in one process. */
async function timeTraining(
  model: BenchModel,
  imageShape: ImageShape,
  options: Options,
  engine: CompileOptions,
  onProgress: (done: number, total: number) => void,
): Promise<TrainingFigures[]> {
  const { batch, rounds, workers } = options;
  requireWorkers(workers, { ...engine, images: batch });
  return releaseAfter(async (keep) => {
    const contenders: Contender[] = [];
    for (const mixing of options.mixing) {
      const glow = new Glow(imageShape, { ...model, mixing });
      for (const optimizer of options.optimizer) {
        contenders.push(keep(await createContender(mixing, optimizer, glow, options, engine)));
      }
    }
    const roundCount = WARM_UP + rounds;
    const turns = (before: number) => ({
      warmUp: WARM_UP,
      rounds,
      onRound: (done: number) => onProgress(before + done, 2 * roundCount),
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
    const figures: TrainingFigures[] = [];
    for (const [index, contender] of contenders.entries()) {
      const { mixing, optimizer, parameters, plan } = contender;
      const partTimes = stepTimes[index]!;
      const training = rates(
        partTimes.map((step) => stepParts.reduce((total, part) => total + step[part], 0)),
        batch,
      );
      const forward = rates(forwards[index]!, batch);
      figures.push({
        mixing,
        optimizer,
        parameters,
        imagesPerSecond: training.median,
        imagesPerSecondRange: training.range,
        parts: Object.fromEntries(
          stepParts.map((part) => [part, median(partTimes.map((step) => step[part]))]),
        ) as PartSeconds,
        forwardImagesPerSecond: forward.median,
        forwardImagesPerSecondRange: forward.range,
        peakMemoryBytes,
        activations: plan.activations,
        workers: plan.workers,
      });
    }
    return figures;
  });
}

/** One timed model with its programs. */
interface Contender {
  readonly mixing: string;
  readonly optimizer: string;
  readonly parameters: number;
  readonly plan: GradientPlan;
  /** The seconds of the parts of a step, including making its batch. */
  step(round: number): Promise<PartSeconds>;
  /** The seconds of a forward pass of a batch, including making it. */
  pass(round: number): Promise<number>;
  release(): Promise<void>;
}

function createContender(
  mixing: string,
  optimizer: string,
  model: Glow,
  { batch: batchSize, activations, workers }: Options,
  engine: CompileOptions,
): Promise<Contender> {
  return releaseOnFailure(async (keep) => {
    const batches = randomBatches(model.imageShape, batchSize, model);
    const state = await startFromData(model, batches.at(0), 0, engine);
    const training = { ...engine, batchSize, activations, workers, ...benchUpdate(optimizer) };
    const trainer = keep(await Trainer.create(model, state, training));
    const { parameters } = trainedModel(model, state, 'raw');
    const definition = likelihoodDefinition(model, batchSize, { inputs: {}, tensors: parameters });
    const forward = keep(await compile(definition, engine));
    const { plan } = trainer;
    return {
      mixing,
      optimizer,
      plan,
      parameters: countParameters(model.imageShape, model.options),
      async step(round) {
        const begin = performance.now();
        const batch = batches.at(round);
        const batchEnd = performance.now();
        const gradients = await trainer.computeGradients(batch);
        const gradientsEnd = performance.now();
        await trainer.update(gradients, benchRate);
        // A GPU has only queued the update: a read waits for it.
        await trainer.arrays.readBitsPerDim(0);
        const end = performance.now();
        return {
          batch: (batchEnd - begin) / 1000,
          gradients: (gradientsEnd - batchEnd) / 1000,
          update: (end - gradientsEnd) / 1000,
        };
      },
      pass: (round) => secondsFor(() => forward.run({ ...batches.at(round) })),
      async release() {
        await Promise.all([trainer.release(), forward.release()]);
      },
    };
  });
}

/** The images per second of rounds of a number of images. */
function rates(seconds: readonly number[], images: number): { median: number; range: Range } {
  const [least, greatest] = valueRange(seconds);
  return { median: images / median(seconds), range: [images / greatest, images / least] };
}

function tables(results: readonly TrainingFigures[]): string {
  return formatTable(
    [
      ...[
        'MIXING',
        'OPTIMISER',
        right('PARAMETERS'),
        right('TRAINING, IMAGES/S'),
        right('FORWARD, IMAGES/S'),
      ],
      ...stepParts.map((part) => right(`${part.toUpperCase()}, MS`)),
      ...[right('PEAK MEMORY'), 'ACTIVATIONS', right('WORKERS')],
    ],
    results.map((result) => [
      result.mixing,
      result.optimizer,
      formatCount(result.parameters),
      formatSpread(result.imagesPerSecond, result.imagesPerSecondRange, formatRate),
      formatSpread(result.forwardImagesPerSecond, result.forwardImagesPerSecondRange, formatRate),
      ...stepParts.map((part) => milliseconds(result.parts[part])),
      formatBytes(result.peakMemoryBytes),
      result.activations === 'keep' ? 'kept' : 'recomputed',
      String(result.workers),
    ]),
  );
}
