// Sampling beside the forward pass: the paper's model for CIFAR-10 at depth 8, and the model of the quick start.
//
//   npx tsx bench/sampling.ts
//
// Prints the tables of docs/performance.md. Two to three minutes.
import { emergingJson, machine, markdownTable } from './report.ts';

interface Sampling {
  mixing: string;
  inverse: string;
  batch: number;
  rounds: number;
  forwardSeconds: number;
  forwardSecondsRange: [number, number];
  sampleSeconds: number;
  sampleSecondsRange: [number, number];
  sampleMillisecondsPerImage: number;
  againstForward: number;
  againstFirst: number;
}

const TITLES = [
  ...['mixing', 'inverse', 'log-likelihood, ms', 'sample, ms', 'ms an image'],
  ...['sample / log-likelihood', "sample / 1x1's"],
];

/** Times the mixings in turn in one process, emerging by both of its inverses: a table. */
function measure(title: string, rounds: number, ...model: readonly string[]): string {
  const results = emergingJson<Sampling[]>(
    ...['bench', 'sample', '--mixing', '1x1,emerging,periodic', '--inverse', 'wavefront,sequential'],
    ...['--rounds', String(rounds), ...model],
  );
  const digits = results[0]!.sampleSeconds < 1 ? 1 : 0;
  const milliseconds = (seconds: number, [low, high]: [number, number]): string => {
    const [middle, least, most] = [seconds, low, high].map((each) => (1000 * each).toFixed(digits));
    return `${middle} (${least} to ${most})`;
  };
  const rows = results.map((result) => [
    ...[result.mixing, result.inverse],
    milliseconds(result.forwardSeconds, result.forwardSecondsRange),
    milliseconds(result.sampleSeconds, result.sampleSecondsRange),
    ...[result.sampleMillisecondsPerImage, result.againstForward, result.againstFirst].map((each) =>
      each.toFixed(2),
    ),
  ]);
  return `${title}, ${results[0]!.batch} images, medians and ranges of ${rounds} rounds:\n\n${markdownTable(TITLES, rows)}`;
}

const paper = measure('32x32x3, 3 levels, depth 8, width 512', 5);
const small = ['--levels', '2', '--depth', '4', '--width', '64', '--size', '28', '--channels', '1'];
const quickstart = measure(
  'The model of the quick start: 28x28x1, 2 levels, depth 4, width 64',
  15,
  ...small,
);
process.stdout.write(`${machine()}\n\n${paper}\n${quickstart}`);
