// Training and forward pass against the same model in PyTorch: both in turn, several times, and their ratios. PyTorch
// is run in both of its memory layouts, and in each turn the better one counts, of training and of the forward pass: with
// the noise of two runs against that of one, which is in its favour.
//
//   npx tsx bench/compare.ts --levels 2 --depth 4 --width 64 --batch 64 --size 28 --channels 1
//
// Needs Debian's python3-torch with libopenblas0-openmp. Run it alone: a second busy program slows both many times.
import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { wholeNumber } from '../src/cli/options.ts';
import { emergingJson, machine } from './report.ts';

interface Options {
  mixing: string;
  levels: number;
  depth: number;
  width: number;
  batch: number;
  size: number;
  channels: number;
  threads: number;
  runs: number;
  python: string;
  json?: true;
}

interface Rates {
  training: number;
  forward: number;
}

const command = new Command('compare')
  .option('--mixing <name>', '1x1, emerging or periodic', 'emerging')
  .option('--levels <n>', 'levels', wholeNumber(1), 3)
  .option('--depth <n>', 'steps in each level', wholeNumber(1), 8)
  .option('--width <n>', 'hidden channels of the coupling networks', wholeNumber(1), 512)
  .option('--batch <n>', 'images a step', wholeNumber(1), 32)
  .option('--size <n>', 'height and width of the images', wholeNumber(2), 32)
  .option('--channels <n>', 'channels of the images', wholeNumber(1), 3)
  .option('--threads <n>', 'threads of both', wholeNumber(1), availableParallelism())
  .option('--runs <n>', 'alternations', wholeNumber(1), 5)
  .option('--python <path>', 'the Python that has torch', '/usr/bin/python3')
  .option('--json', 'print JSON')
  .parse();
const options = command.opts<Options>();

const shape = (
  ['mixing', 'levels', 'depth', 'width', 'batch', 'size', 'channels', 'threads'] as const
).flatMap((name) => [`--${name}`, String(options[name])]);

/** The rates of `emerging bench train` in a process of its own. */
function ours(): Rates {
  const { imagesPerSecond, forwardImagesPerSecond } = emergingJson<Record<string, number>>(
    ...['bench', 'train', '--rounds', '5', '--no-products', ...shape],
  );
  return { training: imagesPerSecond!, forward: forwardImagesPerSecond! };
}

/** The rates of the peer, each in the layout that suits it better. */
function theirs(): Rates {
  const [plain, channelsLast] = [peer(), peer('--channels-last')];
  return {
    training: Math.max(plain.training, channelsLast.training),
    forward: Math.max(plain.forward, channelsLast.forward),
  };
}

/** The rates of the peer. OpenBLAS chooses its own kernels: settings made for older versions would slow it. */
function peer(...layout: string[]): Rates {
  const script = fileURLToPath(new URL('glow_torch.py', import.meta.url));
  const { OPENBLAS_CORETYPE: _, OPENBLAS_L2_SIZE: __, ...env } = process.env;
  const output = execFileSync(options.python, [script, 'bench', ...shape, ...layout], {
    encoding: 'utf8',
    env,
  });
  const { trainImagesPerSecond, forwardImagesPerSecond } = JSON.parse(output);
  return { training: trainImagesPerSecond, forward: forwardImagesPerSecond };
}

const pairs = Array.from({ length: options.runs }, (_, index) => {
  // Whoever comes second may find a warmer machine.
  const oursFirst = index % 2 === 0;
  const first = oursFirst ? ours() : theirs();
  const second = oursFirst ? theirs() : ours();
  const pair = oursFirst ? { ours: first, theirs: second } : { ours: second, theirs: first };
  process.stderr.write(
    `${index + 1}/${options.runs}: training ${pair.ours.training.toFixed(0)} against ` +
      `${pair.theirs.training.toFixed(0)} images/s, forward ${pair.ours.forward.toFixed(0)} against ` +
      `${pair.theirs.forward.toFixed(0)}\n`,
  );
  return pair;
});

function spread(values: number[]): { median: number; minimum: number; maximum: number } {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const median = (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
  return { median, minimum: sorted[0]!, maximum: sorted.at(-1)! };
}

const kinds = ['training', 'forward'] as const;
const result = {
  machine: machine(options.threads),
  shape: shape.join(' '),
  ...Object.fromEntries(
    kinds.map((kind) => [
      kind,
      {
        ratio: spread(pairs.map(({ ours, theirs }) => ours[kind] / theirs[kind])),
        ours: spread(pairs.map(({ ours }) => ours[kind])),
        pytorch: spread(pairs.map(({ theirs }) => theirs[kind])),
      },
    ]),
  ),
} as { machine: string; shape: string } & Record<
  (typeof kinds)[number],
  Record<string, ReturnType<typeof spread>>
>;

if (options.json) {
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
} else {
  process.stdout.write(`${result.machine}; ${result.shape}\n`);
  for (const kind of kinds) {
    const { ratio, ours: our, pytorch } = result[kind];
    process.stdout.write(
      `${kind}: ${ratio!.median.toFixed(2)} times PyTorch (${ratio!.minimum.toFixed(2)} to ${ratio!.maximum.toFixed(2)}); ` +
        `${our!.median.toFixed(0)} against ${pytorch!.median.toFixed(0)} images/s\n`,
    );
  }
}
