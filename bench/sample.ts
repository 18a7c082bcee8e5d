// Times sampling, from a seed to 8-bit images, and forward passes of models with frozen weights, in turn in one process.
//
//   npx tsx bench/sample.ts --mixing 1x1,emerging,periodic --inverse wavefront,sequential --rounds 5
import { Command, Option } from 'commander';
import { compileOptions, parseChoices } from '../src/app/cli/parts/options.ts';
import { reportFailure } from '../src/app/cli/terminal/failure.ts';
import { formatMilliseconds, formatSpread } from '../src/app/cli/terminal/format.ts';
import { withProgress } from '../src/app/cli/terminal/progress.ts';
import { formatTable, right } from '../src/app/cli/terminal/table.ts';
import { median, valueRange } from '../src/core/numeric/statistics.ts';
import { Glow } from '../src/flows/models/glow.ts';
import { FlowModel } from '../src/model/flowModel.ts';
import { type TrainedModel, trainedModel } from '../src/model/trainedModel.ts';
import { type InverseMethod, inverseMethods } from '../src/tensor/engine/graph/prepare.ts';
import type { CompileOptions } from '../src/tensor/engine/program.ts';
import { releaseAfter } from '../src/tensor/engine/resources.ts';
import { startFromData } from '../src/training/step/startFromData.ts';
import { measureInTurn, secondsFor } from '../src/training/study/measureInTurn.ts';
import { hasInverseMethods, inverseName, randomBatches, randomPixels } from './shared/benchModel.ts';
import { addBenchOptions, type BenchOptions, describedModel } from './shared/benchOptions.ts';
import { machine } from './shared/machine.ts';

type Options = BenchOptions & { inverse: InverseMethod[] };

/** A model that is sampled. */
interface SampledModel {
  readonly mixing: string;
  readonly trained: TrainedModel;
}

/** The times of one mixing with one inverse, in seconds, over the rounds. */
interface SamplingTimes {
  readonly mixing: string;
  /** The name of the inverse. */
  readonly inverse: string;
  /** Log-likelihoods of a batch of 8-bit images, weights frozen. */
  readonly forwards: readonly number[];
  /** A batch of 8-bit images from a seed, weights frozen. */
  readonly samples: readonly number[];
}

const WARM_UP = 2;
const TEMPERATURE = 0.7;

try {
  const inverse = new Option('--inverse <method,…>', `of emerging convolutions: ${inverseMethods.join(', ')}`)
    .argParser(parseChoices('inverse', inverseMethods))
    .default(['wavefront'], 'wavefront');
  const command = addBenchOptions(new Command('sample').addOption(inverse), { batch: 64, rounds: 7 });
  await run(command.parse().opts<Options>());
} catch (error) {
  process.exitCode = reportFailure(error);
}

async function run(options: Options): Promise<void> {
  const { mixing: names, batch, rounds } = options;
  const { model, imageShape } = await describedModel(options);
  const engine = await compileOptions(options);
  const models: SampledModel[] = [];
  for (const mixing of names) {
    const glow = new Glow(imageShape, { ...model, mixing });
    const state = await startFromData(glow, randomBatches(imageShape, batch, glow).at(0), 0, engine);
    models.push({ mixing, trained: trainedModel(glow, state, 'raw') });
  }
  const samplingTimes = await withProgress((show) =>
    timeSampling(models, options, engine, (done) => show('round', done, rounds)),
  );
  const results = samplingTimes.map((each) => ({
    ...samplingFigures(each, samplingTimes[0]!, batch),
    batch,
    rounds,
  }));
  process.stdout.write(
    options.json
      ? `${JSON.stringify(results.length === 1 ? results[0] : results)}\n`
      : `${machine(options.threads)}; ${rounds} rounds of ${batch} images\n\n${table(results)}\n`,
  );
}

/** Times sampling and forward passes of models that differ in their mixing or its inverse, interleaved in one process. */
function timeSampling(
  models: readonly SampledModel[],
  { inverse: inverses, batch: count, rounds }: Options,
  engine: CompileOptions,
  onProgress: (rounds: number) => void,
): Promise<SamplingTimes[]> {
  return releaseAfter(async (keep) => {
    const contenders = models.flatMap(({ mixing, trained }) =>
      (hasInverseMethods(mixing) ? inverses : ([undefined] as const)).map((inverse) => ({
        mixing,
        inverse: inverse ?? inverseName(mixing),
        model: keep(new FlowModel(trained, { ...engine, batchSize: count, ...(inverse && { inverse }) })),
      })),
    );
    const images = randomPixels(contenders[0]!.model.imageShape, count);
    onProgress(0);
    const roundTimes = await measureInTurn(
      contenders.map(({ model }) => async (seed) => ({
        forward: await secondsFor(() => model.bitsPerDim(images, { seed })),
        sample: await secondsFor(() =>
          model.sample({ count, temperature: TEMPERATURE, seed, onOverflow: () => {} }),
        ),
      })),
      { warmUp: WARM_UP, rounds, onRound: (done) => onProgress(Math.max(0, done - WARM_UP)) },
    );
    return contenders.map(({ mixing, inverse }, index) => ({
      mixing,
      inverse,
      forwards: roundTimes[index]!.map(({ forward }) => forward),
      samples: roundTimes[index]!.map(({ sample }) => sample),
    }));
  });
}

/** The medians over the rounds and their ranges, relative to the first contender and to forward passes. */
function samplingFigures(
  { forwards, samples, ...about }: SamplingTimes,
  first: SamplingTimes,
  images: number,
) {
  // Round by round, since other load slows all measurements of a round.
  const against = (others: readonly number[]): number =>
    median(samples.map((seconds, round) => seconds / others[round]!));
  return {
    ...about,
    forwardSeconds: median(forwards),
    forwardSecondsRange: valueRange(forwards),
    sampleSeconds: median(samples),
    sampleSecondsRange: valueRange(samples),
    sampleMillisecondsPerImage: (1000 * median(samples)) / images,
    againstFirst: against(first.samples),
    againstForward: against(forwards),
  };
}

function table(results: readonly ReturnType<typeof samplingFigures>[]): string {
  const digits = results[0]!.sampleSeconds < 1 ? 1 : 0;
  const milliseconds = (seconds: number): string => formatMilliseconds(seconds, digits);
  const titles = ['FORWARD, MS', 'SAMPLE, MS', 'MS PER IMAGE', 'SAMPLE / FORWARD', 'SAMPLE / FIRST ROW'];
  return formatTable(
    ['MIXING', 'INVERSE', ...titles.map(right)],
    results.map((result) => [
      result.mixing,
      result.inverse,
      formatSpread(result.forwardSeconds, result.forwardSecondsRange, milliseconds),
      formatSpread(result.sampleSeconds, result.sampleSecondsRange, milliseconds),
      ...[result.sampleMillisecondsPerImage, result.againstForward, result.againstFirst].map((value) =>
        value.toFixed(2),
      ),
    ]),
  );
}
