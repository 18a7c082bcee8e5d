// The matrix products of a coupling network's middle layer, by ONNX Runtime and by PyTorch, in turn: how much of a step's
// time each side could save at most where products are nearly all of it. Each side in the layout that suits it, and
// ONNX Runtime also in those that training does not use.
//
//   npx tsx bench/products.ts
//
// Needs Debian's python3-torch with libopenblas0-openmp. Run it alone. Half a minute.
import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { wholeNumber } from '../src/cli/options.ts';
import { compile } from '../src/engine/program.ts';
import { median, secondsOf } from '../src/evaluation/timing/timing.ts';
import type { NdArray } from '../src/numeric/ndarray.ts';
import { RandomStream } from '../src/numeric/random.ts';
import { total } from '../src/tensor/operations/elementwise.ts';
import { slice } from '../src/tensor/operations/layout.ts';
import { product } from '../src/tensor/operations/product.ts';
import { input, type Tensor } from '../src/tensor/tensor.ts';
import { machine, markdownTable } from './report.ts';

const { pixels, width, runs, python, threads } = new Command('products')
  // Seven images of 16 x 16.
  .option('--pixels <n>', 'pixels of a block', wholeNumber(1), 1792)
  .option('--width <n>', 'hidden channels', wholeNumber(1), 512)
  .option('--threads <n>', 'threads of both', wholeNumber(1), availableParallelism())
  .option('--runs <n>', 'alternations', wholeNumber(1), 5)
  .option('--python <path>', 'the Python that has torch', '/usr/bin/python3')
  .parse()
  .opts<{ pixels: number; width: number; threads: number; runs: number; python: string }>();

/** Products in one program, so that the cost of a call hardly counts. */
const COPIES = 8;
const ROUNDS = 9;
const WARM_UP = 2;

/** Activations x and gradients g with a row for each channel or for each pixel, weights W; what each is timed for. */
interface Form {
  readonly label: string;
  readonly rows: 'channels' | 'pixels';
  readonly pixels: number;
  /** Whether it is the gradient of the weights, added up over blocks, and not a product with them. */
  readonly ofWeights: boolean;
  /** PyTorch's name of the same. */
  readonly theirs: 'images' | 'weights';
}

/** The next number of pixels that puts the rows of channels a multiple of 4 KiB apart. */
const aligned = 1024 * Math.ceil(pixels / 1024);
const forms: readonly Form[] = [
  { label: 'W·x, and the gradient of x', rows: 'channels', pixels, ofWeights: false, theirs: 'images' },
  { label: 'g·xᵀ, the gradient of W', rows: 'channels', pixels, ofWeights: true, theirs: 'weights' },
  { label: `– ${aligned} pixels`, rows: 'channels', pixels: aligned, ofWeights: true, theirs: 'weights' },
  { label: 'x·W, a row for each pixel', rows: 'pixels', pixels, ofWeights: false, theirs: 'images' },
  { label: '– xᵀ·g, the gradient of W', rows: 'pixels', pixels, ofWeights: true, theirs: 'weights' },
];

/** The program of a form, with all that it is given. */
function programOf({ rows, pixels, ofWeights }: Form): {
  inputs: Record<string, Tensor>;
  outputs: Record<string, Tensor>;
} {
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
  // A row of each: the runtime makes a copy of all that a program gives.
  return { inputs, outputs: Object.fromEntries(each.map((y, copy) => [`y${copy}`, slice(y, 0, 0, 1)])) };
}

/** GFLOP/s of each form. */
async function ours(): Promise<number[]> {
  const random = new RandomStream(0, 'products');
  const arrayOf = ({ shape }: Tensor): NdArray => {
    const size = shape.reduce((product, length) => product * length, 1);
    return { shape: [...shape], data: Float32Array.from({ length: size }, () => random.uniform()) };
  };
  const rates: number[] = [];
  for (const form of forms) {
    const definition = programOf(form);
    const program = await compile(definition, { threads });
    const feeds = Object.fromEntries(
      Object.entries(definition.inputs).map(([name, tensor]) => [name, arrayOf(tensor)]),
    );
    const seconds: number[] = [];
    for (let round = 0; round < WARM_UP + ROUNDS; round++) {
      seconds.push(await secondsOf(() => program.run(feeds)));
    }
    await program.release();
    rates.push((2e-9 * form.pixels * width ** 2 * COPIES) / median(seconds.slice(WARM_UP)));
  }
  return rates;
}

/** The same by PyTorch, in a process of its own: the better of both layouts. */
function theirs(): Record<Form['theirs'], number> {
  const script = fileURLToPath(new URL('products_torch.py', import.meta.url));
  const { OPENBLAS_CORETYPE: _, OPENBLAS_L2_SIZE: __, ...env } = process.env;
  const values = { pixels, width, threads, copies: COPIES, rounds: ROUNDS };
  const args = Object.entries(values).flatMap(([name, value]) => [`--${name}`, String(value)]);
  return JSON.parse(execFileSync(python, [script, ...args], { encoding: 'utf8', env }));
}

const pairs: { ours: number[]; theirs: Record<Form['theirs'], number> }[] = [];
for (let run = 0; run < runs; run++) {
  pairs.push({ ours: await ours(), theirs: theirs() });
  process.stderr.write(`${run + 1}/${runs}\n`);
}
process.stdout.write(
  `${machine(threads)}; ${pixels} pixels, width ${width}; medians of ${runs} runs, GFLOP/s\n\n`,
);
process.stdout.write(
  markdownTable(
    ['product', 'ONNX Runtime', 'PyTorch', 'ratio (range)'],
    forms.map(({ label, theirs: name }, index) => {
      const ratios = pairs.map((pair) => pair.ours[index]! / pair.theirs[name]);
      return [
        label,
        median(pairs.map((pair) => pair.ours[index]!)).toFixed(0),
        median(pairs.map((pair) => pair.theirs[name])).toFixed(0),
        `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})`,
      ];
    }),
  ),
);
