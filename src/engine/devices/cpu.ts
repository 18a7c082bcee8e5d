// The graph style a CPU prefers under ONNX Runtime: wide activations stay in its cache, and products get both
// operands in their preferred layout.
import { blockLengths, columnBlocks } from './blocks.ts';
import { processorOperators } from './cpuOperators.ts';
import { PRODUCTS_PER_COPY } from './cpuShifts.ts';
import type { GraphStyle } from './graphStyle.ts';

/** From so many images on it is faster to have the batch last. */
const FEWEST_IMAGES = 4;

/** The graph style for a CPU. */
export const cpu: GraphStyle = {
  blocks: blockLengths,
  // Copies of a pixel for fewer images are too short. Narrow networks gain by the copies; in wide ones the weight gradient
  // between two wide activations is g·xᵀ instead of xᵀ·g, and ONNX Runtime is slower with a transposed left operand
  // (`bench/products.ts`).
  batchLast: (images) => images < 0 || images >= FEWEST_IMAGES,
  columns: columnBlocks,
  productsPerCopy: PRODUCTS_PER_COPY,
  stacks: false,
  mostParts: 1,
  waits: true,
  operators: processorOperators,
};
