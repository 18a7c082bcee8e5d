// Sampling compared with the forward pass: the paper's model for CIFAR-10 at depth 8, and the quick-start
// model.
//
//   npx tsx bench/sampling.ts
//
// Prints the tables of docs/performance.md. Two to three minutes.
import type { SamplingFigures } from '../src/benchmarks/figures.ts';
import { formatMilliseconds, formatSpread } from '../src/cli/terminal/format.ts';
import { markdownTable } from '../src/evaluation/reports/markdownTable.ts';
import { machine } from './shared/machine.ts';
import { asOptions, emergingJson } from './shared/processes.ts';

/** As output by `emerging bench sample --json`. */
type Sampling = SamplingFigures & { readonly batch: number };

const TITLES = [
  ...['mixing', 'inverse', 'log-likelihood, ms', 'sample, ms', 'ms per image'],
  ...['sample / log-likelihood', "sample / 1x1's"],
];

/** Times the mixings in turn in one process, emerging with both of its inverses: a table. */
async function measure(
  title: string,
  rounds: number,
  model: Readonly<Record<string, number>> = {},
): Promise<string> {
  const results = await emergingJson<Sampling[]>(
    ...['bench', 'sample', '--mixing', '1x1,emerging,periodic', '--inverse', 'wavefront,sequential'],
    ...asOptions({ rounds, ...model }),
  );
  const digits = results[0]!.sampleSeconds < 1 ? 1 : 0;
  const milliseconds = (seconds: number): string => formatMilliseconds(seconds, digits);
  const rows = results.map((result) => [
    ...[result.mixing, result.inverse],
    formatSpread(result.forwardSeconds, result.forwardSecondsRange, milliseconds),
    formatSpread(result.sampleSeconds, result.sampleSecondsRange, milliseconds),
    ...[result.sampleMillisecondsPerImage, result.againstForward, result.againstFirst].map((each) =>
      each.toFixed(2),
    ),
  ]);
  return `${title}, ${results[0]!.batch} images, medians and ranges of ${rounds} rounds:\n\n${markdownTable(TITLES, rows)}`;
}

const paper = await measure('32x32x3, 3 levels, depth 8, width 512', 5);
const quickstart = await measure('The model of the quick start: 28x28x1, 2 levels, depth 4, width 64', 15, {
  levels: 2,
  depth: 4,
  width: 64,
  size: 28,
  channels: 1,
});
process.stdout.write(`${machine()}\n\n${paper}\n\n${quickstart}\n`);
