// `emerging bench sample`: times sampling and the forward pass of models.
import { type Command, Option } from 'commander';
import { samplingFigures } from '../../benchmarks/figures.ts';
import { startedModels, timeSampling } from '../../benchmarks/timeSampling.ts';
import { type InverseMethod, inverseMethods } from '../../engine/graph/prepare.ts';
import {
  addBenchOptions,
  addCouplingOptions,
  type BenchOptions,
  type CouplingOptions,
  modelOf,
} from '../bench/benchOptions.ts';
import { compileOptions, listOf } from '../parts/options.ts';
import { formatMilliseconds, formatSpread } from '../terminal/format.ts';
import { writeStdout } from '../terminal/output.ts';
import { withProgress } from '../terminal/progressBars.ts';
import { formatTable } from '../terminal/table.ts';

interface BenchSampleOptions extends BenchOptions, CouplingOptions {
  inverse: InverseMethod[];
}

/** Adds the command `bench sample`. */
export function registerBenchSample(bench: Command): void {
  const command = bench
    .command('sample')
    .description('time sampling, from a seed to 8-bit images, and forward passes, with frozen weights')
    .addOption(
      new Option(
        '--inverse <method,…>',
        `how emerging convolutions are inverted, one or more of ${inverseMethods.join(', ')}`,
      )
        .argParser(listOf('inverse', inverseMethods))
        .default(['wavefront'], 'wavefront'),
    );
  addCouplingOptions(addBenchOptions(command, { batch: 64, rounds: 7 }))
    .addHelpText('after', '\nExample:\n  emerging bench sample --mixing 1x1,emerging --depth 8 --batch 64')
    .action((options: BenchSampleOptions) => runBenchSample(options));
}

async function runBenchSample(options: BenchSampleOptions): Promise<void> {
  const { mixing: names, inverse: inverses, batch, rounds } = options;
  const { model, imageShape } = modelOf(options);
  const engine = await compileOptions(options);
  const times = await withProgress(async (show) =>
    timeSampling({
      models: await startedModels(names, model, imageShape, { batchSize: batch, ...engine }),
      inverses,
      batchSize: batch,
      temperature: 0.7,
      forward: true,
      warmUp: 2,
      rounds,
      onProgress: (done) => show('round', done, rounds),
      ...engine,
    }),
  );
  const results = times.map((each) => ({ ...samplingFigures(each, times[0]!, batch), batch, rounds }));
  if (options.json) {
    writeStdout(`${JSON.stringify(results.length === 1 ? results[0] : results)}\n`);
    return;
  }
  const milliseconds = (seconds: number): string => formatMilliseconds(seconds, 0);
  const rows = results.map((result) => [
    result.mixing,
    result.inverse,
    formatSpread(result.forwardSeconds, result.forwardSecondsRange, milliseconds),
    formatSpread(result.sampleSeconds, result.sampleSecondsRange, milliseconds),
    result.sampleMillisecondsPerImage.toFixed(2),
    result.againstForward.toFixed(2),
    result.againstFirst.toFixed(2),
  ]);
  const table = formatTable(
    [
      { title: 'MIXING' },
      { title: 'INVERSE' },
      { title: 'FORWARD, MS', align: 'right' },
      { title: 'SAMPLE, MS', align: 'right' },
      { title: 'MS PER IMAGE', align: 'right' },
      { title: 'SAMPLE / FORWARD', align: 'right' },
      { title: 'SAMPLE / FIRST ROW', align: 'right' },
    ],
    rows,
  );
  writeStdout(`${table}\n\nbatch ${batch}, medians of ${rounds} rounds\n`);
}
