// The graph style a GPU prefers: few large operations. Batches are not split to fit a cache.
import { gpuOperators } from './gpuOperators.ts';
import type { GraphStyle } from './graphStyle.ts';

/** The graph style for a GPU. */
export const gpu: GraphStyle = {
  stacks: true,
  // A program of WebGPU may use at least eight arrays: one is the whole.
  parts: { least: 2, most: 7 },
  waits: false,
  operators: gpuOperators,
};
