// What an image goes through in a model, one stage after another, and what each adds to the likelihood.
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

/** What the likelihood of a batch of images is made of. */
export interface Densities {
  /** The log-density of the latents under their priors, `[N]`. */
  readonly logPrior: Tensor;
  /** Σ ln|det| of the layers, `[N]`, or `[]` where it is the same for every image. */
  readonly logDet: Tensor;
}

/** What comes out of a stage: the images that go on, none at the top, and the latent that leaves, if one does. */
interface StageValues {
  readonly y?: Tensor;
  readonly epsilon?: Tensor;
}

/** What a stage makes of a batch: what comes out, and what it adds to each density. */
export interface StageResult extends StageValues, Partial<Densities> {}

/** A squeeze, a flow step, a split or the top prior. */
export interface Stage {
  readonly parameters: ParameterSpecs;
  /** The shape of each image that goes on; missing at the top. */
  readonly outputShape?: ImageShape;
  /** The shape of the latent of each image, where one leaves. */
  readonly latentShape?: ImageShape;
  /**
   * The same as a bijection, standard normal latents included: of a split from all channels to those that stay and, behind
   * them, the latent; of the top prior from what is left to its latent.
   */
  readonly bijection: Bijection;
  forward(x: Tensor, parameters: Parameters): StageResult;
  /** The images that went in. */
  inverse(values: StageValues, parameters: Parameters): Tensor;
}

/** A stage, and the path before its parameters. */
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

/** The top prior as a stage, of images of this shape. */
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

/** The densities of a batch, from what every stage adds to them. */
export function sumOfDensities(added: readonly Partial<Densities>[]): Densities {
  const sumOf = (density: keyof Densities): Tensor =>
    added.reduce<Tensor>((total, { [density]: term }) => (term ? add(total, term) : total), constant(0));
  return { logPrior: sumOf('logPrior'), logDet: sumOf('logDet') };
}
