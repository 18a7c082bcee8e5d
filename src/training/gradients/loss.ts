// What training minimises: a loss for each image of a batch, as a graph, and how its gradients are found.
import type { Flow } from '../../flows/models/index.ts';
import { buildBitsPerDim } from '../../model/likelihood/index.ts';
import { gradients } from '../../tensor/gradients/gradient.ts';
import type { Tensor } from '../../tensor/index.ts';
import { sum } from '../../tensor/operations/index.ts';

/** The graph of a loss. */
interface LossGraph {
  /** The arrays of a batch that it takes, by their names in `Batch`. */
  readonly inputs: Readonly<Record<string, Tensor>>;
  /** The loss of each image in bits/dim, `[N]`: in nats, divided by D·ln 2. */
  readonly bitsPerDim: Tensor;
  /** The gradients of the sum of these losses, times `seed`: exact, or right on average over batches. */
  gradientsBy(variables: readonly Tensor[], seed: Tensor): Tensor[];
}

/**
 * A loss of batches of a number of images.
 *
 * @param tensors the parameters of the model by path
 */
export type Loss = (model: Flow, images: number, tensors: Readonly<Record<string, Tensor>>) => LossGraph;

/** −log-likelihood of the images. */
export const likelihoodLoss: Loss = (model, images, tensors) => {
  const { inputs, bitsPerDim } = buildBitsPerDim(model, images, tensors);
  return {
    inputs,
    bitsPerDim,
    gradientsBy: (variables, seed) => gradients(sum(bitsPerDim), variables, seed),
  };
};
