// The contract of flows: density models of images that can be trained, evaluated, sampled and exported.

import { countDimensions, type ImageShape } from '../../core/numeric/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import type { Condition, ConditionShapes } from '../contract/condition.ts';
import type { DequantisationNoise, Dequantiser } from '../contract/dequantiser.ts';
import type { ParameterSpecs, Parameters } from '../contract/parameters.ts';
import type { BaseDistribution } from '../priors/baseDistribution.ts';
import type { ImageValues } from './imageValues.ts';
import type { ModelOptions } from './options.ts';
import type { Densities, PlacedStage, StageResult } from './stages.ts';

/** The likelihood of a batch of images under a model. */
export interface Likelihood {
  /** A bound on the log-probability of each integer image, or the log-density of each continuous one, in nats, `[N]`. */
  readonly logLikelihood: Tensor;
  /** Σ ln|det| of the layers only, `[N]`, or `[]` if it is the same for every image. */
  readonly logDet: Tensor;
  /** The latents ε of every prior, in the order of `latentShapes`. */
  readonly latents: Tensor[];
}

/** The result of encoding a batch of images. */
export interface Encoding extends Densities {
  /** The latents ε of every prior, in the order of `latentShapes`. */
  readonly latents: Tensor[];
}

/** The prior of latents. */
export interface PlacedPrior {
  /** The path of its stage. */
  readonly path: string;
  /** The shape of the latent of one image. */
  readonly latentShape: ImageShape;
  /** The distribution of the latents. */
  readonly base: BaseDistribution;
}

/** The prefix of the paths of a dequantiser's parameters. */
export const DEQUANTISER = 'dequantiser';

/**
 * A density model of images: dequantisation of integers, or standardisation of real numbers, then stages from images to
 * latents. Training, evaluation, sampling, the doctor, export and pages accept any. `StagedFlow` implements it for a list of stages.
 *
 * Every method takes the condition of the batch if `condition` is not empty.
 */
export interface Flow {
  /** The options that the flow was built with, every default filled in: `flowFor` builds the same flow from them. */
  readonly options: ModelOptions;
  /** The shape of each image. */
  readonly imageShape: ImageShape;
  /** Every parameter, by paths such as `levels/0/steps/3/emerging/kernel1`. */
  readonly parameters: ParameterSpecs;
  /** The shapes of the latents of one image, in the order of the stages that factor them out. */
  readonly latentShapes: readonly ImageShape[];
  /** The priors of these latents, in the same order. */
  readonly priors: readonly PlacedPrior[];
  /** The names of its classes, in the order of their numbers; empty if it has none. */
  readonly classes: readonly string[];
  /** The conditions that its layers declare, by name; all are required. */
  readonly condition: ConditionShapes;
  /** What the values of images are, and how the model takes them. */
  readonly values: ImageValues;
  /** How noise makes integer images continuous; its parameters are below `dequantiser/`. */
  readonly dequantiser: Dequantiser;
  /** The stages of an image, in order. The same stage at several places, each with its own parameters, is compiled once. */
  readonly stages: readonly PlacedStage[];
  /**
   * The log-likelihood of integer images v dequantised with noise u in [0, 1): x = (v + u)/2^bits − ½, and
   * log p(latents) + Σ ln|det| − D·bits·ln 2 − ln q(u | v); ln q = 0 for uniform noise. For real numbers, x =
   * (v − mean)/deviation, and log p(latents) + Σ ln|det| − Σ ln deviation.
   *
   * @param image integers 0..2^bits − 1 or real numbers, `[N, H, W, C]`
   * @param noise from the dequantiser's `draw`, of the same shape: u itself for uniform noise, ε ~ N(0, 1) for variational
   */
  likelihood(image: Tensor, noise: Tensor, parameters: Parameters, condition?: Condition): Likelihood;
  /**
   * log p(x | class) under each class of the model, as `likelihood` for each of them, `[N, K]`.
   *
   * @param image as for `likelihood`
   * @param noise as for `likelihood`
   */
  logLikelihoodByClass(image: Tensor, noise: Tensor, parameters: Parameters, condition?: Condition): Tensor;
  /**
   * log p(x | class) of images x under each class of the model, less D·bits·ln 2 or, for real numbers, Σ ln deviation, `[N, K]`.
   *
   * @param x as for `encode`
   */
  logDensityByClass(x: Tensor, parameters: Parameters, condition?: Condition): Tensor;
  /**
   * The share of every pixel in the log-likelihood, `[N, H, W]`; they add up to it. Terms common to all pixels are
   * divided evenly; the term of a squeezed pixel, among the pixels it covers.
   *
   * @param image as for `likelihood`
   * @param noise as for `likelihood`
   */
  logLikelihoodMap(image: Tensor, noise: Tensor, parameters: Parameters, condition?: Condition): Tensor;
  /**
   * Latents that follow the priors, from standard normal numbers: for each prior `[N, height, width, draws · channels]`, as
   * its base distribution takes them.
   */
  drawLatents(normals: readonly Tensor[], parameters: Parameters): Tensor[];
  /** The latents of images x `[N, H, W, C]`, dequantised to [−½, ½) or standardised, their log-density and Σ ln|det|. */
  encode(x: Tensor, parameters: Parameters, condition?: Condition): Encoding;
  /** The dequantised images with these latents: the inverse of `encode`. */
  decode(latents: readonly Tensor[], parameters: Parameters, condition?: Condition): Tensor;
  /** The dequantisation noise u of integer images, and its density. */
  dequantisationNoise(image: Tensor, noise: Tensor, parameters: Parameters): DequantisationNoise;
  /** x = (v + u)/2^bits − ½ for integer images v and noise u, or (v − mean)/deviation for real numbers. */
  dequantise(image: Tensor, u: Tensor): Tensor;
  /** log p(latents) + Σ ln|det| − ln q(u | v), less D·bits·ln 2 or, for real numbers, Σ ln deviation. */
  logLikelihood(densities: Densities): Tensor;
  /** The result of every stage for dequantised images. */
  stageResults(x: Tensor, parameters: Parameters, condition?: Condition): StageResult[];
}

/** bits/dim of a log-likelihood in nats: −logLikelihood / (D·ln 2). */
export function bitsPerDim(logLikelihood: number, imageShape: ImageShape): number {
  return -logLikelihood / (countDimensions(imageShape) * Math.LN2);
}
