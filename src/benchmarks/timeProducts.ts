// The time of the matrix products of a training step on their own.
import { type CompileOptions, compile } from '../engine/program.ts';
import { releaseAfter } from '../engine/resources.ts';
import { type NdArray, sizeOf } from '../numeric/ndarray.ts';
import { RandomStream } from '../numeric/random.ts';
import { slice } from '../tensor/operations/layout.ts';
import { product, productOperation, type Transposition } from '../tensor/operations/product.ts';
import { type ProgramDefinition, tensorsOf } from '../tensor/programDefinition.ts';
import { input, isResultOf, type Tensor } from '../tensor/tensor.ts';
import type { SharedPlan } from '../training/gradients/sharedGradients.ts';
import { measureInTurn, secondsOf } from './timing.ts';

/** Products per program, so that the cost of a call is negligible, and the number of runs. */
const COPIES = 4;
const REPEATS = 7;

/**
 * The seconds of all matrix products of a worker in one run of the gradients, each shape timed on its own at
 * the best of several runs. `onProgress` receives the number of shapes done.
 */
export async function timeProducts(
  { runs, workers, threadsEach }: Pick<SharedPlan, 'runs' | 'workers' | 'threadsEach'>,
  options: CompileOptions,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<number> {
  let seconds = 0;
  const products = productsOf(runs);
  for (const [index, { node, count }] of products.entries()) {
    onProgress(index, products.length);
    seconds += count * (await timeProduct(node, { ...options, threads: threadsEach }));
  }
  onProgress(products.length, products.length);
  return seconds / workers;
}

/** The matrix products of graphs with their run counts: one of each shape and transposition, and how many. */
export function productsOf(
  runs: ReadonlyMap<ProgramDefinition, number>,
): { node: Tensor<Transposition>; count: number }[] {
  const found = new Map<string, { node: Tensor<Transposition>; count: number }>();
  for (const [definition, times] of runs) {
    for (const node of tensorsOf(definition)) {
      if (isResultOf(productOperation, node)) {
        const key = JSON.stringify([node.inputs.map(({ shape }) => shape), node.attributes]);
        found.set(key, { node, count: (found.get(key)?.count ?? 0) + times });
      }
    }
  }
  return [...found.values()];
}

async function timeProduct(node: Tensor<Transposition>, options: CompileOptions): Promise<number> {
  const [a, b] = node.inputs.map(({ shape }, index) => input(`operand${index}`, shape)) as [Tensor, Tensor];
  const random = new RandomStream(0, 'product');
  const arrayOf = ({ shape }: Tensor): NdArray => ({
    shape,
    data: Float32Array.from({ length: sizeOf(shape) }, () => random.uniform()),
  });
  const outputs: Record<string, Tensor> = {};
  for (let copy = 0; copy < COPIES; copy++) {
    // One column of each: the runtime copies all outputs of a program, which would count as the product's time. Of one
    // row, the others would not be computed.
    outputs[`y${copy}`] = slice(product(a, b, node.attributes), 1, 0, 1);
  }
  const feeds = { a: arrayOf(a), b: arrayOf(b) };
  return releaseAfter(async (keep) => {
    const program = keep(await compile({ inputs: { a, b }, outputs }, options));
    const run = () => secondsOf(() => program.run(feeds));
    const [seconds] = await measureInTurn([run], { warmUp: 0, rounds: REPEATS });
    return Math.min(...seconds!) / COPIES;
  });
}
