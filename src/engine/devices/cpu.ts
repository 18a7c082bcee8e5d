// How a processor likes its graphs, under ONNX Runtime: wide activations stay in its cache, and products find both sides
// as they want them.
import { blockLengths, oddBlockLengths } from './blocks.ts';
import { processorOperators } from './cpuOperators.ts';
import type { GraphStyle } from './graphStyle.ts';

/** The style of graphs for a processor. */
export const cpu: GraphStyle = {
  blocks: (network) => (network.differentiated ? oddBlockLengths(network) : blockLengths(network)),
  // With a row for each channel the gradient of the weights between two wide activations is g·xᵀ, with one for each pixel
  // xᵀ·g; ONNX Runtime is slower where the left side is transposed (`bench/products.ts`). Where nothing is
  // differentiated, pixels are faster.
  rows: ({ differentiated }) => (differentiated ? 'channels' : 'pixels'),
  waits: true,
  operators: processorOperators,
};
