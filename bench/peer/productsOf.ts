// The matrix products of a coupling network's middle layer by a BLAS library of the system: prints GFLOP/s by name, the
// median of the rounds, in the better layout: one row per pixel, or one per channel. `bench/products.ts` runs it.
//
//   npx tsx bench/peer/productsOf.ts --library oneDNN --pixels 1792 --width 512 --threads 2 --copies 8 --rounds 9
import { Command, Option } from 'commander';
import koffi from 'koffi';
import { measureInTurn, secondsOf } from '../../src/benchmarks/timing.ts';
import { wholeNumber } from '../../src/cli/parts/options.ts';
import { RandomStream } from '../../src/numeric/random.ts';
import { median } from '../../src/numeric/statistics.ts';

/** C ← op(A)·op(B) + beta·C with row-major matrices; op(A) is m x k, op(B) k x n. */
interface Multiplication {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly beta: 0 | 1;
}

type Multiply = (of: Multiplication, a: Float32Array, b: Float32Array, c: Float32Array) => void;

const libraries: Readonly<Record<string, () => Multiply>> = { OpenBLAS: openBlas, oneDNN: oneDnn };

const { library, pixels, width, threads, copies, rounds } = new Command('productsOf')
  .addOption(
    new Option('--library <name>', 'whose products').choices(Object.keys(libraries)).makeOptionMandatory(),
  )
  .requiredOption('--pixels <n>', 'pixels of a block', wholeNumber(1))
  .requiredOption('--width <n>', 'hidden channels', wholeNumber(1))
  .requiredOption('--threads <n>', 'threads', wholeNumber(1))
  .requiredOption('--copies <n>', 'products per round', wholeNumber(1))
  .requiredOption('--rounds <n>', 'rounds', wholeNumber(1))
  .parse()
  .opts<{
    library: string;
    pixels: number;
    width: number;
    threads: number;
    copies: number;
    rounds: number;
  }>();

// OpenMP reads this when a library loads it.
process.env.OMP_NUM_THREADS = String(threads);
const multiply = libraries[library]!();

function openBlas(): Multiply {
  const gemm = koffi
    .load('libopenblas.so.0')
    .func(
      'void cblas_sgemm(int, int, int, int, int, int, float, const float*, int, const float*, int, float, float*, int)',
    );
  const [rowMajor, plain, transposed] = [101, 111, 112];
  return ({ transposeA, transposeB, m, n, k, beta }, a, b, c) => {
    const [first, second] = [transposeA, transposeB].map((is) => (is ? transposed : plain));
    gemm(rowMajor, first, second, m, n, k, 1, a, transposeA ? m : k, b, transposeB ? k : n, beta, c, n);
  };
}

function oneDnn(): Multiply {
  const gemm = koffi
    .load('libdnnl.so.3.6')
    .func(
      'int dnnl_sgemm(char, char, int64, int64, int64, float, const float*, int64, const float*, int64, float, float*, int64)',
    );
  const [plain, transposed] = ['N', 'T'].map((letter) => letter.charCodeAt(0));
  return ({ transposeA, transposeB, m, n, k, beta }, a, b, c) => {
    const [first, second] = [transposeA, transposeB].map((is) => (is ? transposed : plain));
    const status = gemm(first, second, m, n, k, 1, a, transposeA ? m : k, b, transposeB ? k : n, beta, c, n);
    if (status !== 0) {
      throw new Error(`dnnl_sgemm returned ${status}`);
    }
  };
}

const random = new RandomStream(0, 'products');
const drawn = (length: number): Float32Array => Float32Array.from({ length }, () => random.uniform());
const activations = Array.from({ length: copies }, () => drawn(width * pixels));
const gradients = Array.from({ length: copies }, () => drawn(width * pixels));
const results = Array.from({ length: copies }, () => new Float32Array(width * pixels));
const weights = drawn(width * width);
const sum = new Float32Array(width * width);

/** A product, as the libraries compute it. */
interface Product {
  /** The activations times the weights, or the gradient of the weights, which is accumulated. */
  readonly of: 'images' | 'weights';
  readonly form: Multiplication;
  /** A, B and C of a copy. */
  operands(copy: number): [Float32Array, Float32Array, Float32Array];
}

const untransposed = { transposeA: false, transposeB: false };
/** With one row per channel, then one per pixel. */
const products: readonly Product[] = [
  {
    of: 'images',
    form: { ...untransposed, m: width, n: pixels, k: width, beta: 0 },
    operands: (copy) => [weights, activations[copy]!, results[copy]!],
  },
  {
    of: 'images',
    form: { ...untransposed, m: pixels, n: width, k: width, beta: 0 },
    operands: (copy) => [activations[copy]!, weights, results[copy]!],
  },
  {
    of: 'weights',
    form: { ...untransposed, transposeB: true, m: width, n: width, k: pixels, beta: 1 },
    operands: (copy) => [gradients[copy]!, activations[copy]!, sum],
  },
  {
    of: 'weights',
    form: { ...untransposed, transposeA: true, m: width, n: width, k: pixels, beta: 1 },
    operands: (copy) => [activations[copy]!, gradients[copy]!, sum],
  },
];

/** Multiplies all copies, so that the cost of a call is negligible. */
function run({ form, operands }: Product): void {
  for (let copy = 0; copy < copies; copy++) {
    multiply(form, ...operands(copy));
  }
}

const seconds = await measureInTurn(
  products.map((each) => () => secondsOf(() => run(each))),
  { warmUp: 2, rounds },
);
const best = (of: Product['of']): number => {
  const rates = seconds.map((all) => (2e-9 * pixels * width ** 2 * copies) / median(all));
  return Math.max(...rates.filter((_, index) => products[index]!.of === of));
};
process.stdout.write(JSON.stringify({ images: best('images'), weights: best('weights') }));
// Node.js crashes on exit if it unloads OpenMP while its threads wait: stop them first (2 is omp_pause_hard).
koffi.load('libgomp.so.1').func('int omp_pause_resource_all(int)')(2);
