// The multi-scale model: levels of flow steps, a split after each but the last, Gaussian priors on all
// latents; and the dequantisation of its images.
import { UserError } from '../errors.ts';
import { actnorm } from '../flows/actnorm.ts';
import type { Bijection } from '../flows/bijection.ts';
import { chain } from '../flows/chain.ts';
import { type CouplingKind, coupling } from '../flows/coupling.ts';
import type { DequantisationNoise, Dequantiser } from '../flows/dequantiser.ts';
import { countTrained, type ParameterSpecs, type Parameters, prefixed } from '../flows/parameters.ts';
import { split, topPrior } from '../flows/prior.ts';
import { squeeze } from '../flows/squeeze.ts';
import { dimensionsOf, type ImageShape } from '../numeric/imageShape.ts';
import { add, checkpoint, multiply, reshape, subtract } from '../tensor/operations/index.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { boundOf, type DequantisationOptions, dequantisations } from './dequantisation.ts';
import { layersOfMixing, type MixingName } from './ownMixings.ts';
import {
  bijectionStage,
  type Densities,
  type PlacedStage,
  type Stage,
  type StagePlace,
  type StageResult,
  splitStage,
  sumOfDensities,
  sumOfShares,
  topStage,
} from './stages.ts';

/** The options of a model, by their names in the configuration. */
export interface GlowOptions extends DequantisationOptions {
  /** How many times the image is squeezed; height and width must be divisible by 2^levels. */
  readonly levels: number;
  /** Flow steps in each level. */
  readonly depth: number;
  /** Hidden channels of the coupling networks. */
  readonly width: number;
  /** How the couplings transform their half; default affine. */
  readonly coupling?: CouplingKind;
  /** A lower bound on the scales of affine couplings; default none. */
  readonly scaleFloor?: number;
  /** The mixing of channels, and pixels, between couplings; one of the library, or one that `registerMixing` has registered. */
  readonly mixing: MixingName;
  /** The side of an emerging or periodic kernel, odd. */
  readonly kernelSize: number;
  /** The distance between the taps of an emerging kernel. */
  readonly dilation: number;
  /** Channels inside the masked networks of `maf`; default 96. */
  readonly hiddenChannels?: number;
  /** A bound on the norm of the convolution in `convexp`; default 1. */
  readonly normBound?: number;
  /** The rank over the channels of `woodbury` and `woodbury-me`; default 16. */
  readonly channelRank?: number;
  /** Their rank over pixels, or rows and columns; default 16. */
  readonly spaceRank?: number;
  /** How many diagonal matrices `circulant` has; default 2. */
  readonly diagonals?: number;
  /** Whether the priors' means and standard deviations are learned; standard normal otherwise. */
  readonly learnedPrior: boolean;
  /**
   * The names of the classes that the top prior depends on, in the order of their numbers; by default it depends on
   * none. `true` stands for those of the images, until a run starts.
   */
  readonly classes?: readonly string[] | true;
  /** Bits per pixel value: integers 0..2^bits − 1. */
  readonly bits: number;
}

/** The likelihood of a batch of images under a model. */
export interface Likelihood {
  /** A bound on the log-probability of each integer image, in nats, `[N]`. */
  readonly logLikelihood: Tensor;
  /** Σ ln|det| of the layers alone, `[N]`, or `[]` if it is the same for every image. */
  readonly logDet: Tensor;
  /** The latents ε of every prior, from level 0's split to the top. */
  readonly latents: Tensor[];
}

/** The result of encoding a batch of images. */
export interface Encoding extends Densities {
  /** The latents ε of every prior, from level 0's split to the top. */
  readonly latents: Tensor[];
}

/** The prefix of the paths of a dequantiser's parameters. */
export const DEQUANTISER = 'dequantiser';

/**
 * A multi-scale flow over images: dequantise, then per level squeeze and `depth` steps of actnorm, mixing and
 * coupling, and after every level but the last a split.
 */
export class Glow {
  /** The options that the model was built with. */
  readonly options: GlowOptions;
  /** The shape of each image. */
  readonly imageShape: ImageShape;
  /** Every parameter, by paths such as `levels/0/steps/3/emerging/kernel1`. */
  readonly parameters: ParameterSpecs;
  /** The shapes of the latents of one image, from level 0's split to the top. */
  readonly latentShapes: readonly ImageShape[];
  /** The names of its classes, in the order of their numbers; empty if it has none. */
  readonly classes: readonly string[];
  /** How noise makes integer images continuous; its parameters are below `DEQUANTISER`. */
  readonly dequantiser: Dequantiser;
  /**
   * @internal The stages of an image, in order; the steps of a level are the same stage at several places.
   */
  readonly stages: readonly PlacedStage[];

  /** @throws if height or width cannot be halved `levels` times, or there is no such mixing */
  constructor(options: GlowOptions, imageShape: ImageShape) {
    if (options.classes === true) {
      throw new UserError(
        'invalid-config',
        'model.classes is true, which stands for the classes of the images: name them in a list, or start a run on images with labels',
      );
    }
    this.options = options;
    this.classes = options.classes ?? [];
    this.imageShape = imageShape;
    this.stages = stagesOf(options, imageShape);
    this.dequantiser = dequantisations[boundOf(options)].dequantiser(imageShape, options);
    this.latentShapes = this.stages.flatMap(({ stage: { latentShape } }) =>
      latentShape ? [latentShape] : [],
    );
    this.parameters = Object.assign(
      {},
      prefixed(DEQUANTISER, this.dequantiser.parameters),
      ...this.stages.map(({ path, stage }) => prefixed(path, stage.parameters)),
    );
  }

  /**
   * The log-likelihood of integer images v dequantised with noise u in [0, 1): x = (v + u)/2^bits − ½, and
   * log p(latents) + Σ ln|det| − D·bits·ln 2 − ln q(u | v); ln q = 0 for uniform noise.
   *
   * @param image integers 0..2^bits − 1, `[N, H, W, C]`
   * @param noise from the dequantiser's `draw`, of the same shape: u itself for uniform noise, ε ~ N(0, 1) for variational
   */
  likelihood(image: Tensor, noise: Tensor, parameters: Parameters): Likelihood {
    const { u, logDensity } = this.noiseOf(image, noise, parameters);
    const { latents, ...densities } = this.encode(this.dequantise(image, u), parameters);
    const logLikelihood = this.logLikelihood({ ...densities, ...(logDensity && { logNoise: logDensity }) });
    return { logLikelihood, logDet: densities.logDet, latents };
  }

  /** @internal The dequantisation noise u of integer images, and its density. */
  noiseOf(image: Tensor, noise: Tensor, parameters: Parameters): DequantisationNoise {
    const values = subtract(multiply(image, 2 ** -this.options.bits), 0.5);
    return this.dequantiser.noise(noise, values, parameters.at(DEQUANTISER));
  }

  /**
   * log p(x | class) under each class of the model, as `likelihood` for each of them, `[N, K]`: only the top prior is
   * computed more than once.
   *
   * @param image as for `likelihood`
   * @param noise as for `likelihood`
   */
  logLikelihoodByClass(image: Tensor, noise: Tensor, parameters: Parameters): Tensor {
    const { u, logDensity } = this.noiseOf(image, noise, parameters);
    const below: Partial<Densities>[] = logDensity ? [{ logNoise: logDensity }] : [];
    let z = this.dequantise(image, u);
    for (const { path, stage } of this.stages) {
      const p = parameters.at(path);
      if (stage.byClass) {
        const rest = this.logLikelihood(sumOfDensities(below));
        return add(stage.byClass.logPrior(z, p), rest.rank === 0 ? rest : reshape(rest, [z.shape[0]!, 1]));
      }
      const result = stage.forward(checkpoint(z), p);
      below.push(result);
      z = result.y!;
    }
    throw new Error('a model without classes has no likelihood by class');
  }

  /** @internal x = (v + u)/2^bits − ½ for integer images v and noise u. */
  dequantise(image: Tensor, u: Tensor): Tensor {
    return subtract(multiply(add(image, u), 2 ** -this.options.bits), 0.5);
  }

  /** @internal log p(latents) + Σ ln|det| − D·bits·ln 2 − ln q(u | v). */
  logLikelihood({ logPrior, logDet, logNoise }: Densities): Tensor {
    const discretised = dimensionsOf(this.imageShape) * this.options.bits * Math.LN2;
    const uniform = subtract(add(logPrior, logDet), discretised);
    return logNoise ? subtract(uniform, logNoise) : uniform;
  }

  /**
   * The share of every pixel in the log-likelihood, `[N, H, W]`; they add up to it. What all pixels share is
   * divided evenly; what arises at a pixel of a squeezed image, among the pixels that it stands for.
   *
   * @param image as for `likelihood`
   * @param noise as for `likelihood`
   */
  logLikelihoodMap(image: Tensor, noise: Tensor, parameters: Parameters): Tensor {
    const { u, logDensityMap } = this.noiseOf(image, noise, parameters);
    const shares = sumOfShares(this.stages, this.resultsOf(this.dequantise(image, u), parameters));
    const uniform = subtract(shares, this.imageShape[2] * this.options.bits * Math.LN2);
    return logDensityMap ? subtract(uniform, logDensityMap) : uniform;
  }

  /** The latents of dequantised images `[N, H, W, C]` in [−½, ½), their log-density and Σ ln|det|. */
  encode(x: Tensor, parameters: Parameters): Encoding {
    const results = this.resultsOf(x, parameters);
    return { latents: results.flatMap(({ epsilon }) => epsilon ?? []), ...sumOfDensities(results) };
  }

  /** @internal The result of every stage for dequantised images. */
  resultsOf(x: Tensor, parameters: Parameters): StageResult[] {
    const results: StageResult[] = [];
    let z = x;
    for (const { path, stage } of this.stages) {
      const result = stage.forward(checkpoint(z), parameters.at(path));
      results.push(result);
      z = result.y ?? z;
    }
    return results;
  }

  /** The dequantised images with these latents: the inverse of `encode`. */
  decode(latents: readonly Tensor[], parameters: Parameters): Tensor {
    const left = [...latents];
    let y: Tensor | undefined;
    for (const { path, stage } of this.stages.toReversed()) {
      const epsilon = stage.latentShape && left.pop()!;
      y = stage.inverse({ ...(y && { y }), ...(epsilon && { epsilon }) }, parameters.at(path));
    }
    return y!;
  }
}

/** Per level a squeeze, the flow steps and, after every level but the last, a split; then the top prior. */
function stagesOf(options: GlowOptions, imageShape: ImageShape): PlacedStage[] {
  const stages: PlacedStage[] = [];
  let shape = imageShape;
  const place = (where: StagePlace, stage: Stage): void => {
    stages.push({ ...where, stage });
    shape = stage.outputShape ?? shape;
  };
  for (let level = 0; level < options.levels; level++) {
    const path = `levels/${level}`;
    place({ path: `${path}/squeeze`, kind: 'squeeze', level }, bijectionStage(squeeze(shape)));
    const step = bijectionStage(flowStep(shape, options));
    for (let index = 0; index < options.depth; index++) {
      place({ path: `${path}/steps/${index}`, kind: 'step', level, step: index }, step);
    }
    if (level < options.levels - 1) {
      place({ path: `${path}/split`, kind: 'split', level }, splitStage(split(shape, options)));
    }
  }
  place(
    { path: 'prior', kind: 'prior', level: options.levels - 1 },
    topStage(topPrior(shape, { learnedPrior: options.learnedPrior, classes: classCount(options) }), shape),
  );
  return stages;
}

function classCount({ classes = [] }: GlowOptions): number {
  return classes === true ? 0 : classes.length;
}

/** Actnorm, mixing and coupling. */
function flowStep(shape: ImageShape, options: GlowOptions): Bijection {
  return chain('step', {
    actnorm: actnorm(shape),
    ...layersOfMixing(options.mixing, shape, options),
    coupling: coupling(shape, options),
  });
}

/** The number of trained parameters of a model, not counting those masked out. */
export function countParameters(options: GlowOptions, imageShape: ImageShape): number {
  // The steps of a level are identical: each adds the same number, which models of one and two steps reveal.
  const [one, two] = [1, 2].map((depth) =>
    countTrained(new Glow({ ...options, depth }, imageShape).parameters),
  );
  return one! + (options.depth - 1) * (two! - one!);
}

/** bits/dim of a log-likelihood in nats: −logLikelihood / (D·ln 2). */
export function bitsPerDim(logLikelihood: number, imageShape: ImageShape): number {
  return -logLikelihood / (dimensionsOf(imageShape) * Math.LN2);
}
