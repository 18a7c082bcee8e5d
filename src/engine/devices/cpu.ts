// The graph style a CPU prefers under ONNX Runtime: wide activations stay in its cache, copies are long, and products get
// both operands in their preferred layout.
import { columnBlocks } from './blocks.ts';
import { processorOperators } from './cpuOperators.ts';
import type { GraphStyle } from './graphStyle.ts';

/** The graph style for a CPU. */
export const cpu: GraphStyle = {
  // With few channels, the copies of one image's pixels are short: they take longer than the products around them. And
  // with a row per channel the weight gradient between two wide activations is g·xᵀ, with a row per pixel xᵀ·g; ONNX
  // Runtime is slower with a transposed left operand.
  batchLast: { blocks: columnBlocks },
  stacks: false,
  // A graph with fewer nodes is compiled sooner; but the halves of an image are copied by all threads only if each is a node.
  parts: { least: 3, most: 1000 },
  waits: true,
  operators: processorOperators,
};
