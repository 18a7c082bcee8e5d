// The graph style a CPU prefers under ONNX Runtime: wide activations stay in its cache, and products get both
// operands in their preferred layout.
import { blockLengths, columnBlocks } from './blocks.ts';
import { processorOperators } from './cpuOperators.ts';
import { PRODUCTS_PER_COPY } from './cpuShifts.ts';
import type { GraphStyle } from './graphStyle.ts';

/** The graph style for a CPU. */
export const cpu: GraphStyle = {
  blocks: blockLengths,
  // With a row per channel the weight gradient between two wide activations is g·xᵀ, with a row per pixel
  // xᵀ·g; ONNX Runtime is slower with a transposed left operand (`bench/products.ts`). Where nothing is
  // differentiated, a row per pixel is faster.
  batchLast: true,
  columns: columnBlocks,
  productsPerCopy: PRODUCTS_PER_COPY,
  stacks: false,
  mostParts: 1,
  waits: true,
  operators: processorOperators,
};
