// The product of two matrices along their rows, as for the gradient of weights, in both orders of its operands: which one
// ONNX Runtime computes sooner. `src/engine/graph/neededParts.ts` chooses by an estimate; the table says whether it is right.
//
//   npx tsx bench/weightGradients.ts
//
// Run it alone. Half a minute.
import { measureInTurn, secondsOf } from '../src/benchmarks/timing.ts';
import { costAlongPixels } from '../src/engine/graph/neededParts.ts';
import { compile } from '../src/engine/program.ts';
import { markdownTable } from '../src/evaluation/reports/markdownTable.ts';
import { type NdArray, sizeOf } from '../src/numeric/ndarray.ts';
import { RandomStream } from '../src/numeric/random.ts';
import { median } from '../src/numeric/statistics.ts';
import { sum } from '../src/tensor/operations/index.ts';
import { product } from '../src/tensor/operations/product.ts';
import { input } from '../src/tensor/tensor.ts';
import { machine } from './shared/machine.ts';

/** Channels on both sides, and the pixels of all images: of corner convolutions, and of the ends of coupling networks. */
const shapes: readonly (readonly [narrow: number, wide: number, pixels: number])[] = [
  [4, 16, 6272],
  [8, 32, 1568],
  [12, 48, 4096],
  [24, 96, 1024],
  [18, 32, 6272],
  [27, 32, 6272],
  [32, 36, 6272],
  [27, 64, 6272],
  [36, 64, 6272],
  [54, 128, 4112],
  [63, 128, 4112],
  [108, 128, 4112],
  [54, 512, 2080],
  [63, 512, 2080],
  [108, 512, 2080],
];
/** Products per program, so that the cost of a call is negligible. */
const COPIES = 10;
const ROUNDS = 15;
const WARM_UP = 3;

/** The program of products with so many rows on either side, and a run of it. */
async function runOf(left: number, right: number, pixels: number) {
  const a = Array.from({ length: COPIES }, (_, copy) => input(`a${copy}`, [left, pixels]));
  const b = input('b', [right, pixels]);
  const tensors = [...a, b];
  const inputs = Object.fromEntries(tensors.map((tensor, index) => [`x${index}`, tensor]));
  // Their sums: the runtime copies all outputs of a program.
  const outputs = Object.fromEntries(
    a.map((each, copy) => [`y${copy}`, sum(product(each, b, { transposeB: true }), [0, 1])]),
  );
  const program = await compile({ inputs, outputs }, { threads: 1 });
  const random = new RandomStream(0, 'weight gradients');
  const feeds = Object.fromEntries(
    tensors.map(({ shape }, index): [string, NdArray] => [
      `x${index}`,
      { shape, data: Float32Array.from({ length: sizeOf(shape) }, () => random.uniform()) },
    ]),
  );
  return { run: () => secondsOf(() => program.run(feeds)), release: () => program.release() };
}

const rows: string[][] = [];
for (const [narrow, wide, pixels] of shapes) {
  const programs = [await runOf(narrow, wide, pixels), await runOf(wide, narrow, pixels)];
  const times = await measureInTurn(
    programs.map(({ run }) => run),
    { warmUp: WARM_UP, rounds: ROUNDS },
  );
  for (const { release } of programs) {
    await release();
  }
  const [first, second] = times.map((seconds) => (1e6 * median(seconds)) / COPIES) as [number, number];
  const ratio = first / second;
  const estimate = costAlongPixels(narrow, wide) / costAlongPixels(wide, narrow);
  rows.push([
    `${narrow} and ${wide}`,
    String(pixels),
    first.toFixed(0),
    second.toFixed(0),
    ratio.toFixed(2),
    estimate.toFixed(2),
  ]);
  process.stderr.write(`${rows.length}/${shapes.length}\n`);
}
const titles = ['channels', 'pixels', 'narrow · wideᵀ, µs', 'wide · narrowᵀ, µs', 'ratio', 'estimate'];
process.stdout.write(
  `${machine(1)}, medians of ${ROUNDS} rounds in turn\n\n${markdownTable(titles, rows)}\n`,
);
