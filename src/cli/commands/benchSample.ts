// `emerging bench sample`: how fast this machine samples a model, beside its forward pass.
import type { Command } from 'commander';
import { type InverseMethod, inverseMethods } from '../../engine/graph/prepare.ts';
import { type SamplingTimes, timeSampling } from '../../evaluation/timing/timeSampling.ts';
import { median } from '../../evaluation/timing/timing.ts';
import { addBenchOptions, type BenchOptions, modelOf } from '../benchOptions.ts';
import { compileOptions, listOf } from '../options.ts';
import { createProgress } from '../terminal/progress.ts';
import { formatTable } from '../terminal/table.ts';

interface BenchSampleOptions extends BenchOptions {
  inverse: InverseMethod[];
}

/** Adds the command `bench sample`. */
export function registerBenchSample(bench: Command): void {
  const command = bench
    .command('sample')
    .description('time samples from a seed to 8-bit images, and forward passes, weights frozen')
    .option(
      '--inverse <method,…>',
      `how emerging convolutions are undone, one or more of ${inverseMethods.join(', ')}`,
      listOf('inverse', inverseMethods),
      ['wavefront'],
    );
  addBenchOptions(command, { batch: 64, rounds: 7 })
    .addHelpText('after', '\nExample:\n  emerging bench sample --mixing 1x1,emerging --depth 8 --batch 64')
    .action((options: BenchSampleOptions) => runBenchSample(options));
}

async function runBenchSample(options: BenchSampleOptions): Promise<void> {
  const { mixing: names, inverse: inverses, batch, rounds } = options;
  const { model, imageShape } = modelOf(options);
  const engine = await compileOptions(options);
  const bar = createProgress({ label: 'round', total: rounds });
  let times: SamplingTimes[];
  try {
    times = await timeSampling({
      mixings: names,
      inverses,
      model,
      imageShape,
      batchSize: batch,
      rounds,
      onProgress: (done) => bar.update(done),
      ...engine,
    });
  } finally {
    bar.finish();
  }
  const results = times.map(({ mixing, inverse, forwards, samples }) => ({
    mixing,
    inverse,
    batch,
    rounds,
    forwardSeconds: median(forwards),
    forwardSecondsRange: [Math.min(...forwards), Math.max(...forwards)] as const,
    sampleSeconds: median(samples),
    sampleSecondsRange: [Math.min(...samples), Math.max(...samples)] as const,
    sampleMillisecondsPerImage: (1000 * median(samples)) / batch,
    // Round by round against the first mixing: what slows a round slows all of it.
    againstFirst: median(samples.map((seconds, round) => seconds / times[0]!.samples[round]!)),
    againstForward: median(samples.map((seconds, round) => seconds / forwards[round]!)),
  }));
  if (options.json) {
    process.stdout.write(`${JSON.stringify(results.length === 1 ? results[0] : results)}\n`);
    return;
  }
  const milliseconds = (seconds: number, [low, high]: readonly [number, number]): string =>
    `${(1000 * seconds).toFixed(0)} (${(1000 * low).toFixed(0)} to ${(1000 * high).toFixed(0)})`;
  const rows = results.map((result) => [
    result.mixing,
    result.inverse,
    milliseconds(result.forwardSeconds, result.forwardSecondsRange),
    milliseconds(result.sampleSeconds, result.sampleSecondsRange),
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
      { title: 'MS AN IMAGE', align: 'right' },
      { title: 'SAMPLE / FORWARD', align: 'right' },
      { title: 'SAMPLE / FIRST ROW', align: 'right' },
    ],
    rows,
  );
  process.stdout.write(`${table}\n\nbatch ${batch}, medians of ${rounds} rounds\n`);
}
