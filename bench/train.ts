// Times training steps and forward passes of models, in turn in one process.
//
//   npx tsx bench/train.ts --mixing 1x1,emerging --levels 2 --depth 4 --width 64 --batch 64 --size 28 --channels 1
//   npx tsx bench/train.ts --device webgpu
//
// Training rates are of full steps: batch and noise, forward, backward, update; forward rates are of log-likelihoods with
// frozen weights.
import { Command } from 'commander';
import { compileOptions } from '../src/app/cli/parts/options.ts';
import { reportFailure } from '../src/app/cli/terminal/failure.ts';
import { formatBytes, formatCount, formatRate, formatSpread } from '../src/app/cli/terminal/format.ts';
import { withProgress } from '../src/app/cli/terminal/progress.ts';
import { formatTable, right } from '../src/app/cli/terminal/table.ts';
import { addStepOptions, type StepOptions } from '../src/app/cli/training/stepOptions.ts';
import { median, valueRange } from '../src/core/numeric/statistics.ts';
import { describePlace } from '../src/training/loop/recordTraining.ts';
import {
  addBenchOptions,
  type BenchOptions,
  describedModel,
  givenCouplingOptions,
} from './shared/benchOptions.ts';
import { machine } from './shared/machine.ts';
import { stepParts, type TrainingTimes, timeTraining } from './shared/timeTraining.ts';

type Options = BenchOptions & StepOptions;

/** The minimum and maximum over the rounds. */
type Range = readonly [least: number, most: number];

/** How fast one mixing trains. */
export interface TrainingFigures extends Omit<TrainingTimes, 'steps' | 'forwards'> {
  /** Of full steps. */
  readonly imagesPerSecond: number;
  readonly imagesPerSecondRange: Range;
  readonly forwardImagesPerSecond: number;
  readonly forwardImagesPerSecondRange: Range;
}

const milliseconds = (seconds: number): string => (1000 * seconds).toFixed(1);

try {
  const command = addStepOptions(addBenchOptions(new Command('train'), { batch: 32, rounds: 7 }));
  await run(command.parse().opts<Options>());
} catch (error) {
  process.exitCode = reportFailure(error);
}

async function run(options: Options): Promise<void> {
  const { mixing: names, batch, rounds, activations, workers } = options;
  const { model, imageShape } = await describedModel(options);
  const engine = await compileOptions(options);
  const trainingTimes = await withProgress((show) =>
    timeTraining({
      models: names.map((mixing) => ({ ...model, mixing })),
      ...{ imageShape, batchSize: batch, rounds, activations, workers },
      onProgress: (done, total) => show('round', done, total),
      ...engine,
    }),
  );
  const { levels, depth, width, size, channels } = options;
  const results = trainingTimes.map((each) => {
    const { device, threads } = describePlace(engine, each.workers, 1);
    return {
      ...trainingFigures(each, batch),
      ...{ levels, depth, width, size, channels, ...givenCouplingOptions(options), device, threads },
      ...{ batch, rounds },
    };
  });
  process.stdout.write(
    options.json
      ? `${JSON.stringify(results.length === 1 ? results[0] : results)}\n`
      : `${machine(options.threads)}; ${rounds} rounds of ${batch} images\n\n${tables(results)}\n`,
  );
}

/** The figures of training steps and forward passes of a number of images. */
function trainingFigures({ steps, forwards, ...about }: TrainingTimes, images: number): TrainingFigures {
  const rates = (seconds: readonly number[]): { median: number; range: Range } => {
    const [least, greatest] = valueRange(seconds);
    return { median: images / median(seconds), range: [images / greatest, images / least] };
  };
  const [training, forward] = [rates(steps), rates(forwards)];
  return {
    ...about,
    imagesPerSecond: training.median,
    imagesPerSecondRange: training.range,
    forwardImagesPerSecond: forward.median,
    forwardImagesPerSecondRange: forward.range,
  };
}

function tables(results: readonly TrainingFigures[]): string {
  return formatTable(
    [
      ...['MIXING', right('PARAMETERS'), right('TRAINING, IMAGES/S'), right('FORWARD, IMAGES/S')],
      ...stepParts.map((part) => right(`${part.toUpperCase()}, MS`)),
      ...[right('PEAK MEMORY'), 'ACTIVATIONS', right('WORKERS')],
    ],
    results.map((result) => [
      result.mixing,
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
