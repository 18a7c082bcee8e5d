// The matrix products of a coupling network's middle layer, by ONNX Runtime as training runs them and by PyTorch, in
// turn: how much of a step's time each side could save at most where products are nearly all of it.
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
import { median, secondsOf } from '../src/evaluation/timing.ts';
import type { NdArray } from '../src/numeric/ndarray.ts';
import { RandomStream } from '../src/numeric/random.ts';
import { slice } from '../src/tensor/operations/layout.ts';
import { accumulated, product } from '../src/tensor/operations/product.ts';
import { input, type Tensor } from '../src/tensor/tensor.ts';
import { machine, markdownTable } from './report.ts';

const { pixels, width, runs, python, threads } = new Command('products')
  // Eight images of 16 x 16 pixels and the spare columns that keep their rows apart.
  .option('--pixels <n>', 'pixels of a block', wholeNumber(1), 2064)
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

const forms = {
  images: 'W · x, and with other weights the gradient of x',
  weights: 'g · xᵀ, the gradient of W, added up over blocks',
} as const;

type Rates = Record<keyof typeof forms, number>;

/** The program of a form, with all that it is given. */
function programOf(form: keyof typeof forms): {
  inputs: Record<string, Tensor>;
  outputs: Record<string, Tensor>;
} {
  const inputs: Record<string, Tensor> = { weights: input('weights', [width, width]) };
  const wide = (name: string): Tensor => {
    inputs[name] = input(name, [width, pixels]);
    return inputs[name];
  };
  const copies = Array.from({ length: COPIES }, (_, copy) => copy);
  if (form === 'weights') {
    const each = copies.map((copy) => product(wide(`g${copy}`), wide(`x${copy}`), { transposeB: true }));
    return { inputs, outputs: { sum: each.reduce((sum, next) => accumulated(sum, next)!) } };
  }
  const each = copies.map((copy) => product(inputs.weights!, wide(`x${copy}`)));
  // A row of each: the runtime makes a copy of all that a program gives.
  return { inputs, outputs: Object.fromEntries(each.map((y, copy) => [`y${copy}`, slice(y, 0, 0, 1)])) };
}

/** GFLOP/s of each form. */
async function ours(): Promise<Rates> {
  const random = new RandomStream(0, 'products');
  const arrayOf = ({ shape }: Tensor): NdArray => {
    const size = shape.reduce((product, length) => product * length, 1);
    return { shape: [...shape], data: Float32Array.from({ length: size }, () => random.uniform()) };
  };
  const rates: Partial<Rates> = {};
  for (const form of Object.keys(forms) as (keyof typeof forms)[]) {
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
    rates[form] = (2e-9 * pixels * width ** 2 * COPIES) / median(seconds.slice(WARM_UP));
  }
  return rates as Rates;
}

/** The same by PyTorch, in a process of its own. */
function theirs(): Rates {
  const script = fileURLToPath(new URL('products_torch.py', import.meta.url));
  const { OPENBLAS_CORETYPE: _, OPENBLAS_L2_SIZE: __, ...env } = process.env;
  const values = { pixels, width, threads, copies: COPIES, rounds: ROUNDS };
  const args = Object.entries(values).flatMap(([name, value]) => [`--${name}`, String(value)]);
  return JSON.parse(execFileSync(python, [script, ...args], { encoding: 'utf8', env }));
}

const pairs: { ours: Rates; theirs: Rates }[] = [];
for (let run = 0; run < runs; run++) {
  pairs.push({ ours: await ours(), theirs: theirs() });
  process.stderr.write(`${run + 1}/${runs}\n`);
}
process.stdout.write(`${machine(threads)}; ${pixels} pixels, width ${width}; medians of ${runs} runs\n\n`);
process.stdout.write(
  markdownTable(
    ['product', 'ONNX Runtime, GFLOP/s', 'PyTorch, GFLOP/s', 'ratio'],
    (Object.keys(forms) as (keyof typeof forms)[]).map((form) => [
      forms[form],
      median(pairs.map((pair) => pair.ours[form])).toFixed(0),
      median(pairs.map((pair) => pair.theirs[form])).toFixed(0),
      median(pairs.map((pair) => pair.ours[form] / pair.theirs[form])).toFixed(2),
    ]),
  ),
);
