// The stages that an image passes through in a model, and the contribution of each to the likelihood.
import { UserError } from '../../core/errors.ts';
import type { ImageShape } from '../../core/numeric/index.ts';
import { constant, type Tensor } from '../../tensor/index.ts';
import { add, concatenate, split as splitChannels, sum, sumPerImage } from '../../tensor/operations/index.ts';
import { type Bijection, bijection, logDetShares, sharesBefore } from '../contract/bijection.ts';
import { CLASSES, type Condition, declared } from '../contract/condition.ts';
import type { ParameterSpecs, Parameters } from '../contract/parameters.ts';
import type { BaseDistribution } from '../priors/baseDistribution.ts';
import { BASE, type Scaling, type Split, type Standardised, type TopPrior } from '../priors/prior.ts';

/** The parts of the likelihood of a batch of images. */
export interface Densities {
  /** The log-density of the latents under their priors, `[N]`. */
  readonly logPrior: Tensor;
  /** Σ ln|det| of the layers, `[N]`, or `[]` if it is the same for every image. */
  readonly logDet: Tensor;
  /** ln q(u | v), the log-density of the dequantisation noise, `[N]`; missing if it is uniform. */
  readonly logNoise?: Tensor;
}

/** The output of a stage: the images passed on, none at the top, and the latent factored out, if any. */
export interface StageValues {
  /** The images passed on; missing at the top. */
  readonly y?: Tensor;
  /** The latent factored out, if any. */
  readonly epsilon?: Tensor;
}

/** The result of applying a stage to a batch: its output, and its contribution to each density. */
export interface StageResult extends StageValues, Partial<Densities> {
  /** The shares of the pixels of x in its contributions, broadcasting to `[N, H, W]`. */
  readonly shares: Tensor;
}

/** A squeeze, a step, a split or the top prior. */
export interface Stage {
  /** Its parameters, by paths below its place. */
  readonly parameters: ParameterSpecs;
  /** The shape of each image that is passed on; missing at the top. */
  readonly outputShape?: ImageShape;
  /** The shape of the latent of each image, if one is factored out. */
  readonly latentShape?: ImageShape;
  /**
   * The stage as a bijection, which declares its conditions: for a split, from all channels to the ones kept, followed by
   * the latent; for the top prior, from the remainder to its latent.
   */
  readonly bijection: Bijection;
  /** The distribution of the latent; missing if there is none. Its parameters are below `base/`. */
  readonly base?: BaseDistribution;
  /** How it depends on the class of the image, for the last stage; missing if it does not. */
  readonly byClass?: {
    /** How many classes there are. */
    readonly count: number;
    /** Its contribution to the log-density of the latents under each class, `[N, K]`. */
    logPrior(x: Tensor, parameters: Parameters, condition?: Condition): Tensor;
  };
  /**
   * How the latent becomes values: for a split, the last channels, given the first ones, `keptLatents`; for the top prior, all.
   */
  scaling?(
    keptLatents: Tensor | undefined,
    parameters: Parameters,
    condition?: Condition,
  ): Scaling | undefined;
  /** Applies the stage to a batch of images. */
  forward(x: Tensor, parameters: Parameters, condition?: Condition): StageResult;
  /** Inverts the stage: the images that were its input. */
  inverse(values: StageValues, parameters: Parameters, condition?: Condition): Tensor;
}

/** The place of a stage in a model. */
export interface StagePlace {
  /** The prefix of its parameters' paths, such as `levels/0/steps/3`. */
  readonly path: string;
  /** What kind of stage it is. */
  readonly kind: 'pixelStep' | 'squeeze' | 'step' | 'split' | 'prior';
  /** Its level, from 0; the prior has the last level. */
  readonly level: number;
  /** The position of a step among stages of its kind in its level, from 0. */
  readonly step?: number;
}

/** A stage, or the part that makes it, and its place. */
export interface PlacedPart extends StagePlace {
  /** A bijection, a split, a top prior, or a stage. */
  readonly stage: StagePart;
}

/** A stage and its place. */
export interface PlacedStage extends StagePlace {
  /** The stage. */
  readonly stage: Stage;
}

/** What makes a stage: a bijection, a split, a top prior, or a stage itself. */
export type StagePart = Stage | Bijection | Split | TopPrior;

/** The stage that a part makes. */
export function stageFrom(part: StagePart): Stage {
  if ('bijection' in part) {
    return part;
  }
  if ('keptShape' in part) {
    return splitStage(part);
  }
  return 'latentShape' in part ? topStage(part) : bijectionStage(part);
}

/** A bijection as a stage. */
function bijectionStage(layer: Bijection): Stage {
  return {
    parameters: layer.parameters,
    outputShape: layer.outputShape,
    bijection: layer,
    forward(x, p, condition) {
      const result = layer.forward(x, p, condition);
      return { y: result.y, logDet: result.logDet, shares: logDetShares(result, layer.inputShape) };
    },
    inverse: ({ y }, p, condition) => layer.inverse(y!, p, condition),
  };
}

/** A split as a stage. */
function splitStage(split: Split): Stage {
  const { keptShape, latentShape } = split;
  const [height, width, keptChannels] = keptShape;
  const shape: ImageShape = [height, width, keptChannels + latentShape[2]];
  return {
    parameters: split.parameters,
    outputShape: keptShape,
    latentShape,
    base: requireBase('split', split),
    bijection: bijection({
      name: 'split',
      inputShape: shape,
      outputShape: shape,
      parameters: split.parameters,
      ...declared(split.conditions ?? {}),
      forward(x, p, condition) {
        const { y, ...standardised } = split.forward(x, p, condition);
        const { epsilon } = standardised;
        return { y: concatenate([y, epsilon], 3), ...logDetBefore(split.base, standardised, p) };
      },
      inverse(y, p, condition) {
        const [stays, epsilon] = splitChannels(y, 3, [keptChannels, latentShape[2]]);
        return split.inverse(stays, epsilon, p, condition);
      },
    }),
    forward(x, p, condition) {
      const { logPriorMap: shares, ...result } = split.forward(x, p, condition);
      return { ...result, shares };
    },
    inverse: ({ y, epsilon }, p, condition) => split.inverse(y!, epsilon!, p, condition),
    scaling: (keptLatents, p, condition) => split.scaling(keptLatents!, p, condition),
  };
}

/** The top prior as a stage. */
function topStage(top: TopPrior): Stage {
  const { latentShape: shape, conditions = {}, logPriorByClass } = top;
  const [classes = 0] = conditions[CLASSES] ?? [];
  return {
    parameters: top.parameters,
    latentShape: shape,
    base: requireBase('top prior', top),
    ...(logPriorByClass && { byClass: { count: classes, logPrior: logPriorByClass } }),
    bijection: bijection({
      name: 'prior',
      inputShape: shape,
      outputShape: shape,
      parameters: top.parameters,
      ...declared(conditions),
      forward(x, p, condition) {
        const standardised = top.forward(x, p, condition);
        return { y: standardised.epsilon, ...logDetBefore(top.base, standardised, p) };
      },
      inverse: (y, p, condition) => top.inverse(y, p, condition),
    }),
    forward(x, p, condition) {
      const { logPriorMap: shares, ...result } = top.forward(x, p, condition);
      return { ...result, shares };
    },
    inverse: ({ epsilon }, p, condition) => top.inverse(epsilon!, p, condition),
    scaling: (_, p, condition) => top.scaling(p, condition),
  };
}

/** The distribution of the latents of a prior, which may be a user's own: without it nothing could be sampled. */
function requireBase(subject: string, { base }: { readonly base?: BaseDistribution }): BaseDistribution {
  if (typeof base?.sample !== 'function' || typeof base.energy !== 'function') {
    throw new UserError(
      'invalid-argument',
      `the ${subject} has no base distribution to sample from: give it a base with energy and sample`,
    );
  }
  return base;
}

/** ln|det ∂ε/∂z| and its map: the log-density of z minus the base distribution's log-density at ε. */
function logDetBefore(
  base: BaseDistribution,
  { epsilon, logPrior, logPriorMap }: Standardised,
  p: Parameters,
): { logDet: Tensor; logDetMap: Tensor } {
  const { logNormaliser = 0 } = base;
  const [, height, width, channels] = epsilon.shape as [number, number, number, number];
  const energy = base.energy(epsilon, p.at(BASE));
  return {
    logDet: add(add(logPrior, logNormaliser * height * width * channels), sumPerImage(energy)),
    logDetMap: add(add(logPriorMap, logNormaliser * channels), sum(energy, [3])),
  };
}

/** The densities of a batch, from the contributions of the dequantisation and of every stage. */
export function sumOfDensities(added: readonly Partial<Densities>[]): Densities {
  const sumDensities = (density: keyof Densities): Tensor =>
    added.reduce<Tensor>((total, { [density]: term }) => (term ? add(total, term) : total), constant(0));
  const noise = added.some(({ logNoise }) => logNoise) && { logNoise: sumDensities('logNoise') };
  return { logPrior: sumDensities('logPrior'), logDet: sumDensities('logDet'), ...noise };
}

/**
 * The shares of the pixels of an image in the densities of all stages, `[N, H, W]`: what arises at a pixel of a
 * squeezed image is divided evenly among the pixels of the block it covers.
 */
export function sumOfShares(stages: readonly PlacedStage[], results: readonly StageResult[]): Tensor {
  return stages.reduceRight<Tensor>((after, { stage: { bijection, outputShape } }, index) => {
    const { inputShape } = bijection;
    return add(sharesBefore(after, outputShape ?? inputShape, inputShape), results[index]!.shares);
  }, constant(0));
}
