// How a GPU likes its graphs: few large operations. It has no cache that a batch would have to be divided for.
import { processorOperators } from './cpuOperators.ts';
import type { GraphStyle } from './graphStyle.ts';

/** The style of graphs for a GPU. */
export const gpu: GraphStyle = {
  blocks: ({ images }) => [images],
  rows: () => 'pixels',
  waits: false,
  // Which of these are better on a GPU too has not been measured; all of them run there.
  operators: processorOperators,
};
