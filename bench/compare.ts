// Training and forward pass against the same model in PyTorch: both in turn, several times, and their ratios. PyTorch
// runs in both of its memory layouts, and in each turn the better one counts, for training and for the
// forward pass separately. The best of two noisy runs against one favours PyTorch.
//
//   npx tsx bench/compare.ts --levels 2 --depth 4 --width 64 --batch 64 --size 28 --channels 1
//   npx tsx bench/compare.ts --levels 2 --depth 4 --width 64 --batch 64 --size 28 --channels 1 --coupling mixture --checkerboard 4
//   npx tsx bench/compare.ts --mixing 1x1 --autocast    # PyTorch in bfloat16, emerging-flows still in float32
//
// The peer has no spline couplings, and only the mixings 1x1, emerging and periodic.
//
// Needs Debian's python3-torch with libopenblas0-openmp. Run nothing else meanwhile: a second busy program slows both
// several times.
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import { median, valueRange } from '../src/core/numeric/statistics.ts';
import { measureInTurn } from '../src/training/study/measureInTurn.ts';
import { addPeerOptions, type PeerOptions, pytorchJson } from './peer/pytorch.ts';
import { addModelOptions, type ModelOptions } from './shared/benchOptions.ts';
import { machine } from './shared/machine.ts';
import { asOptions, scriptJson } from './shared/processes.ts';
import type { TrainingFigures } from './train.ts';

const kinds = ['training', 'forward'] as const;

/** Images per second. */
type Rates = Record<(typeof kinds)[number], number>;

const command = new Command('compare').addOption(
  new Option('--mixing <name>', 'the mixing').choices(['1x1', 'emerging', 'periodic']).default('emerging'),
);
const { runs, python, json, autocast, ...model } = addPeerOptions(addModelOptions(command, { batch: 32 }))
  .option('--autocast', 'PyTorch uses bfloat16 autocast')
  .option('--json', 'print JSON')
  .parse()
  .opts<ModelOptions & PeerOptions & { mixing: string; json?: true; autocast?: true }>();
const shape = asOptions(model);

const trainScript = fileURLToPath(new URL('train.ts', import.meta.url));

/** The rates of `bench/train.ts` in a separate process. */
async function ours(): Promise<Rates> {
  const { imagesPerSecond, forwardImagesPerSecond, parameters } = await scriptJson<TrainingFigures>(
    trainScript,
    ['--rounds', '5', '--json', ...shape],
  );
  requireSize(parameters);
  return reported('ours', { training: imagesPerSecond, forward: forwardImagesPerSecond });
}

/** The rates of PyTorch, each in its faster layout. */
async function theirs(): Promise<Rates> {
  const [plain, channelsLast] = [await peer(), await peer('--channels-last')];
  return reported('PyTorch', {
    training: Math.max(plain.training, channelsLast.training),
    forward: Math.max(plain.forward, channelsLast.forward),
  });
}

async function peer(...layout: readonly string[]): Promise<Rates> {
  const words = ['bench', ...shape, ...layout, ...(autocast ? ['--autocast'] : [])];
  const rates = await pytorchJson<Record<string, number>>(python, ...words);
  requireSize(rates.parameters!);
  return { training: rates.trainImagesPerSecond!, forward: rates.forwardImagesPerSecond! };
}

/** The parameters of whichever side reported first. */
let size: number | undefined;

/** Checks that both sides have the same model, as far as its size shows it. */
function requireSize(parameters: number): void {
  size ??= parameters;
  if (parameters !== size) {
    throw new Error(`the models differ: ${parameters} parameters here, ${size} on the other side`);
  }
}

function reported(who: string, rates: Rates): Rates {
  process.stderr.write(
    `${who}: ${kinds.map((kind) => `${kind} ${rates[kind].toFixed(0)}`).join(', ')} images/s\n`,
  );
  return rates;
}

// In random order: the second may run on a warmer machine.
const [our, their] = await measureInTurn([ours, theirs], {
  warmUp: 0,
  rounds: runs,
  onRound: (done) => process.stderr.write(`${done}/${runs}\n`),
});

function spread(values: readonly number[]): { median: number; minimum: number; maximum: number } {
  const [minimum, maximum] = valueRange(values);
  return { median: median(values), minimum, maximum };
}

const ratesByKind = kinds.map((kind) => {
  const [mine, peers] = [our!.map((rates) => rates[kind]), their!.map((rates) => rates[kind])];
  const ratio = spread(mine.map((rate, run) => rate / peers[run]!));
  return { kind, ratio, ours: spread(mine), pytorch: spread(peers) };
});
const about = { machine: machine(model.threads), shape: shape.join(' '), ...(autocast && { autocast }) };
if (json) {
  const byKind = Object.fromEntries(ratesByKind.map(({ kind, ...rates }) => [kind, rates]));
  process.stdout.write(`${JSON.stringify({ ...about, ...byKind }, null, 2)}\n`);
} else {
  const lines = ratesByKind.map(
    ({ kind, ratio, ours, pytorch }) =>
      `${kind}: ${ratio.median.toFixed(2)} times PyTorch (${ratio.minimum.toFixed(2)} to ${ratio.maximum.toFixed(2)}); ` +
      `${ours.median.toFixed(0)} against ${pytorch.median.toFixed(0)} images/s`,
  );
  process.stdout.write(
    `${about.machine}; ${about.shape}${autocast ? '; PyTorch in bfloat16' : ''}\n${lines.join('\n')}\n`,
  );
}
