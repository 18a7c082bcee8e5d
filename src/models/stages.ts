// The stages that an image passes through in a model, and the contribution of each to the likelihood.
import type { Bijection } from '../flows/bijection.ts';
import type { ParameterSpecs, Parameters } from '../flows/parameters.ts';
import type { Split, TopPrior } from '../flows/prior.ts';
import { dimensionsOf, type ImageShape } from '../numeric/imageShape.ts';
import {
  add,
  concatenate,
  multiply,
  split as splitChannels,
  sumPerImage,
} from '../tensor/operations/index.ts';
import { constant, type Tensor } from '../tensor/tensor.ts';

/** The parts of the likelihood of a batch of images. */
export interface Densities {
  /** The log-density of the latents under their priors, `[N]`. */
  readonly logPrior: Tensor;
  /** Σ ln|det| of the layers, `[N]`, or `[]` if it is the same for every image. */
  readonly logDet: Tensor;
}

/** The output of a stage: the images passed on, none at the top, and the latent factored out, if any. */
interface StageValues {
  readonly y?: Tensor;
  readonly epsilon?: Tensor;
}

/** The result of applying a stage to a batch: its output, and its contribution to each density. */
export interface StageResult extends StageValues, Partial<Densities> {}

/** A squeeze, a flow step, a split or the top prior. */
export interface Stage {
  readonly parameters: ParameterSpecs;
  /** The shape of each image that is passed on; missing at the top. */
  readonly outputShape?: ImageShape;
  /** The shape of the latent of each image, if one is factored out. */
  readonly latentShape?: ImageShape;
  /**
   * The stage as a bijection, with standard normal latents: for a split, from all channels to the ones kept,
   * followed by the latent; for the top prior, from the remainder to its latent.
   */
  readonly bijection: Bijection;
  forward(x: Tensor, parameters: Parameters): StageResult;
  /** Inverts the stage: the images that were its input. */
  inverse(values: StageValues, parameters: Parameters): Tensor;
}

/** A stage, and the prefix of its parameters' paths. */
export interface PlacedStage {
  readonly path: string;
  readonly stage: Stage;
}

/** A bijection as a stage. */
export function bijectionStage(bijection: Bijection): Stage {
  return {
    parameters: bijection.parameters,
    outputShape: bijection.outputShape,
    bijection,
    forward: (x, p) => bijection.forward(x, p),
    inverse: ({ y }, p) => bijection.inverse(y!, p),
  };
}

/** A split as a stage. */
export function splitStage(split: Split): Stage {
  const { keptShape, latentShape } = split;
  const [height, width, kept] = keptShape;
  const shape: ImageShape = [height, width, kept + latentShape[2]];
  return {
    parameters: split.parameters,
    outputShape: keptShape,
    latentShape,
    bijection: {
      name: 'split',
      inputShape: shape,
      outputShape: shape,
      parameters: split.parameters,
      forward(x, p) {
        const { y, epsilon, logPrior } = split.forward(x, p);
        return { y: concatenate([y, epsilon], 3), logDet: logDetOf(epsilon, logPrior, latentShape) };
      },
      inverse(y, p) {
        const [stays, epsilon] = splitChannels(y, 3, [kept, latentShape[2]]) as [Tensor, Tensor];
        return split.inverse(stays, epsilon, p);
      },
    },
    forward: (x, p) => split.forward(x, p),
    inverse: ({ y, epsilon }, p) => split.inverse(y!, epsilon!, p),
  };
}

/** The top prior as a stage, for images of this shape. */
export function topStage(top: TopPrior, shape: ImageShape): Stage {
  return {
    parameters: top.parameters,
    latentShape: shape,
    bijection: {
      name: 'prior',
      inputShape: shape,
      outputShape: shape,
      parameters: top.parameters,
      forward(x, p) {
        const { epsilon, logPrior } = top.forward(x, p);
        return { y: epsilon, logDet: logDetOf(epsilon, logPrior, shape) };
      },
      inverse: (y, p) => top.inverse(y, p),
    },
    forward: (x, p) => top.forward(x, p),
    inverse: ({ epsilon }, p) => top.inverse(epsilon!, p),
  };
}

/** ln|det ∂ε/∂z|: by how much the log-density of z exceeds that of ε under the standard normal. */
function logDetOf(epsilon: Tensor, logPrior: Tensor, shape: ImageShape): Tensor {
  const normaliser = (dimensionsOf(shape) / 2) * Math.log(2 * Math.PI);
  return add(add(logPrior, normaliser), multiply(sumPerImage(multiply(epsilon, epsilon)), 0.5));
}

/** The densities of a batch, from the contributions of every stage. */
export function sumOfDensities(added: readonly Partial<Densities>[]): Densities {
  const sumOf = (density: keyof Densities): Tensor =>
    added.reduce<Tensor>((total, { [density]: term }) => (term ? add(total, term) : total), constant(0));
  return { logPrior: sumOf('logPrior'), logDet: sumOf('logDet') };
}
