// The graph style a GPU prefers: few large operations. It has no cache for which a batch would have to be
// split.
import { processorOperators } from './cpuOperators.ts';
import type { GraphStyle } from './graphStyle.ts';

/** The graph style for a GPU. */
export const gpu: GraphStyle = {
  blocks: ({ images }) => [images],
  rows: () => 'pixels',
  stacks: true,
  waits: false,
  // Which of these would be faster on a GPU too has not been measured; all of them run there.
  operators: processorOperators,
};
