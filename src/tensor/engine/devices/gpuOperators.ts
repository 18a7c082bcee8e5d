// ONNX nodes that need fewer GPU dispatches than the plain ones, or use more workgroups.
//
// Counts of dispatches come from the log of ONNX Runtime's WebGPU provider.
import { largestDivisor } from '../../../core/numeric/index.ts';
import { elementCount, isOpen, type Nodes } from '../../tensor.ts';
import { type Operators, plainNodes, productWithOnes, rowSum } from '../onnx/nodeStyle.ts';
import { STEEPEST, step } from './cpuOperators.ts';

/** A sum of fewer elements each, with more than this many results, is one dispatch that copies nothing. */
const [SHORT, MANY] = [32, 1024];

/** From this many elements on, a sum is done in two stages: each result is a single workgroup's work. */
const LONG = 2 ** 14;

/**
 * A sum over rows as a product with a row of ones: ReduceSum transposes the whole matrix first. It sums a column one
 * row after the other, so that short sums come first where there are many rows. A sum of everything has two stages
 * too.
 */
const sum: Nodes<readonly number[]> = (emit, node, inputs) => {
  const size = elementCount(node.inputs[0]!.shape);
  if (node.rank === 0 && size >= LONG) {
    const parts = largestDivisor(size, Math.ceil(Math.sqrt(size)));
    const table = emit.node('Reshape', [inputs[0]!, emit.integers([parts, size / parts])]);
    const sums = emit.node('ReduceSum', [table, emit.integers([1])], { keepdims: 0 });
    return emit.node('ReduceSum', [sums, emit.integers([0])], { keepdims: 0 });
  }
  const sumOfRows = rowSum(node);
  if (!sumOfRows || isOpen(node.shape)) {
    return plainNodes(emit, node, inputs);
  }
  const { rows, columns } = sumOfRows;
  if (rows < SHORT && columns > MANY) {
    return plainNodes(emit, node, inputs);
  }
  const length = rows > MANY ? largestDivisor(rows, SHORT - 1) : 1;
  const groups = rows / length;
  const inGroups = length > 1 && groups * columns > MANY;
  const shape = inGroups ? [groups, length, columns] : [rows, columns];
  const matrix = emit.node('Reshape', [inputs[0]!, emit.integers(shape)]);
  const total = inGroups
    ? productWithOnes(emit, emit.node('ReduceSum', [matrix, emit.integers([1])], { keepdims: 0 }), groups)
    : productWithOnes(emit, matrix, rows);
  return emit.node('Reshape', [total, emit.integers(node.shape)]);
};

/** ln sigmoid(x) = −softplus(−x), which the provider computes as the plain nodes do. */
const logSigmoid: Nodes = (emit, _, [x]) =>
  emit.node('Neg', [emit.node('Softplus', [emit.node('Neg', [x!])])]);

/** step(x) − step(−x): Sign itself would run on the CPU. */
const sign: Nodes = (emit, _, [x]) => {
  const stepOf = (slope: number): string =>
    emit.node('HardSigmoid', [x!], { alpha: { real: slope }, beta: { real: 0 } });
  return emit.node('Sub', [stepOf(STEEPEST), stepOf(-STEEPEST)]);
};

/** The nodes that are better on a GPU. */
export const gpuOperators: Operators = { logSigmoid, sign, step, sum };
