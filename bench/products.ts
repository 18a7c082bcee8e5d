// The matrix products of a coupling network's middle layer, by ONNX Runtime, by PyTorch, and by OpenBLAS and oneDNN alone,
// in turn: how much of a step's time each side could save at most when products take nearly all of it, and whether another
// library would be faster. Each side uses its best layout, and ONNX Runtime also those that training does not use.
//
//   npx tsx bench/products.ts
//
// Needs Debian's python3-torch with libopenblas0-openmp and libdnnl3.6. Run it alone. A minute.
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { measureInTurn, secondsOf } from '../src/benchmarks/timing.ts';
import { wholeNumber } from '../src/cli/parts/options.ts';
import { formatSpread } from '../src/cli/terminal/format.ts';
import { compile } from '../src/engine/program.ts';
import { markdownTable } from '../src/evaluation/reports/markdownTable.ts';
import { type NdArray, sizeOf } from '../src/numeric/ndarray.ts';
import { RandomStream } from '../src/numeric/random.ts';
import { median, rangeOf } from '../src/numeric/statistics.ts';
import { total } from '../src/tensor/operations/elementwise.ts';
import { slice } from '../src/tensor/operations/layout.ts';
import { product } from '../src/tensor/operations/product.ts';
import type { ProgramDefinition } from '../src/tensor/programDefinition.ts';
import { input, type Tensor } from '../src/tensor/tensor.ts';
import { addPeerOptions, type PeerOptions, pytorchJson, withoutKernelSettings } from './peer/pytorch.ts';
import { machine } from './shared/machine.ts';
import { asOptions, scriptJson } from './shared/processes.ts';

const command = new Command('products')
  // Seven images of 16 x 16.
  .option('--pixels <n>', 'pixels of a block', wholeNumber(1), 1792)
  .option('--width <n>', 'hidden channels', wholeNumber(1), 512);
const { pixels, width, runs, python, threads } = addPeerOptions(command)
  .parse()
  .opts<PeerOptions & { pixels: number; width: number }>();

/** Products per program, so that the cost of a call is negligible. */
const COPIES = 8;
const ROUNDS = 9;
const WARM_UP = 2;

/** Activations x and gradients g with one row per channel or per pixel, weights W; what each is timed for. */
interface Form {
  readonly label: string;
  readonly rows: 'channels' | 'pixels';
  readonly pixels: number;
  /** Whether it is the gradient of the weights, accumulated over blocks, rather than a product with them. */
  readonly ofWeights: boolean;
  /** Its key in the JSON of the other programs. */
  readonly theirs: 'images' | 'weights';
}

/** The next number of pixels for which the channel rows are a multiple of 4 KiB apart. */
const aligned = 1024 * Math.ceil(pixels / 1024);
const forms: readonly Form[] = [
  { label: 'W·x, and the gradient of x', rows: 'channels', pixels, ofWeights: false, theirs: 'images' },
  { label: 'g·xᵀ, the gradient of W', rows: 'channels', pixels, ofWeights: true, theirs: 'weights' },
  { label: `– ${aligned} pixels`, rows: 'channels', pixels: aligned, ofWeights: true, theirs: 'weights' },
  { label: 'x·W, one row per pixel', rows: 'pixels', pixels, ofWeights: false, theirs: 'images' },
  { label: '– xᵀ·g, the gradient of W', rows: 'pixels', pixels, ofWeights: true, theirs: 'weights' },
];

/** The program of a form, with its inputs. */
function programOf({ rows, pixels, ofWeights }: Form): ProgramDefinition {
  const inputs: Record<string, Tensor> = {};
  const given = (name: string, shape: readonly number[]): Tensor => {
    inputs[name] ??= input(name, shape);
    return inputs[name];
  };
  const wide = (name: string) => given(name, rows === 'channels' ? [width, pixels] : [pixels, width]);
  const weights = () => given('weights', [width, width]);
  const copies = Array.from({ length: COPIES }, (_, copy) => copy);
  if (ofWeights) {
    const each = copies.map((copy) => {
      const [x, g] = [wide(`x${copy}`), wide(`g${copy}`)];
      return rows === 'channels' ? product(g, x, { transposeB: true }) : product(x, g, { transposeA: true });
    });
    return { inputs, outputs: { sum: total(each) } };
  }
  const each = copies.map((copy) => {
    const x = wide(`x${copy}`);
    return rows === 'channels' ? product(weights(), x) : product(x, weights());
  });
  // One column of each: the runtime copies all outputs of a program, and of a row the others would not be computed.
  return { inputs, outputs: Object.fromEntries(each.map((y, copy) => [`y${copy}`, slice(y, 1, 0, 1)])) };
}

/** GFLOP/s of each form. */
async function ours(): Promise<number[]> {
  const random = new RandomStream(0, 'products');
  const arrayOf = ({ shape }: Tensor): NdArray => ({
    shape,
    data: Float32Array.from({ length: sizeOf(shape) }, () => random.uniform()),
  });
  const rates: number[] = [];
  for (const form of forms) {
    const definition = programOf(form);
    const program = await compile(definition, { threads });
    const feeds = Object.fromEntries(
      Object.entries(definition.inputs).map(([name, tensor]) => [name, arrayOf(tensor)]),
    );
    const run = () => secondsOf(() => program.run(feeds));
    const [seconds] = await measureInTurn([run], { warmUp: WARM_UP, rounds: ROUNDS });
    await program.release();
    rates.push((2e-9 * form.pixels * width ** 2 * COPIES) / median(seconds!));
  }
  return rates;
}

/** The same by the others, in separate processes: the better of both layouts. */
const others: Readonly<Record<string, (args: string[]) => Promise<Record<Form['theirs'], number>>>> = {
  PyTorch: (args) => pytorchJson(python, 'products_torch.py', ...args),
  OpenBLAS: (args) => libraryJson('OpenBLAS', args),
  oneDNN: (args) => libraryJson('oneDNN', args),
};

function libraryJson(library: string, args: string[]): Promise<Record<Form['theirs'], number>> {
  const file = fileURLToPath(new URL('peer/productsOf.ts', import.meta.url));
  return scriptJson(file, ['--library', library, ...args], withoutKernelSettings());
}

const args = asOptions({ pixels, width, threads, copies: COPIES, rounds: ROUNDS });
const theirs = Object.values(others).map((of) => async () => {
  const rates = await of(args);
  return forms.map((form) => rates[form.theirs]);
});
const [our, ...their] = await measureInTurn([ours, ...theirs], {
  warmUp: 0,
  rounds: runs,
  onRound: (done) => process.stderr.write(`${done}/${runs}\n`),
});
const rows = forms.map(({ label }, index) => {
  const mine = our!.map((rates) => rates[index]!);
  const compared = their.map((all) => {
    const rates = all.map((of) => of[index]!);
    const ratios = mine.map((rate, run) => rate / rates[run]!);
    const spread = formatSpread(median(ratios), rangeOf(ratios), (ratio) => ratio.toFixed(2));
    return `${median(rates).toFixed(0)}: ${spread}`;
  });
  return [label, median(mine).toFixed(0), ...compared];
});
const heads = ['product', 'ONNX Runtime', ...Object.keys(others).map((name) => `${name}: ratio (range)`)];
process.stdout.write(
  `${machine(threads)}; ${pixels} pixels, width ${width}; medians of ${runs} runs, GFLOP/s\n\n` +
    `${markdownTable(heads, rows)}\n`,
);
