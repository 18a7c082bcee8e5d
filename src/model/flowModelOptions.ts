// The options of the methods of a trained model, and those that every long call shares.

import type { Values } from '../core/numeric/index.ts';
import type { Ranks } from '../core/ranks/index.ts';
import type { CompileOptions, Precision } from '../tensor/engine/index.ts';
import type { ClassChoice } from './classes.ts';
import type { ConditionChoice } from './conditions.ts';
import type { Corrections } from './corrections.ts';

/** How a model is used. */
export interface FlowModelOptions extends CompileOptions {
  /** The most images per run of a program; results do not depend on it. Default 64. */
  readonly batchSize?: number;
  /**
   * Called once, before long work, if a single image takes a GiB of memory or more, with about how many bytes. If they aren't
   * available, the work fails instead.
   */
  onLargeImage?(bytes: number): void;
}

/** What images are given, for a model that depends on it. */
export interface ConditionOptions {
  /**
   * For a model with a condition: the values of each component, by name: a number for all images or one for each, and
   * of an image H·W numbers for all or for each. An image set has its own.
   */
  readonly condition?: ConditionChoice | undefined;
}

/** How images become latents, and latents images. Progress counts images. */
export interface CodingOptions extends WorkOptions, ConditionOptions {
  /**
   * For a model with classes: the class under which images become latents and latents images, for all images or for
   * each; by default the first class. Any class decodes what the same class has encoded. For a model's own images the
   * latents are standard normal under their class only.
   */
  readonly class?: ClassChoice | undefined;
}

/** How images are encoded. */
export interface EncodeOptions extends CodingOptions {
  /**
   * The precision of the latents; by default the model's own, float32. float64 recovers images whose small
   * coupling scales amplify rounding too much in float32.
   */
  readonly precision?: Precision;
}

/** How latents are decoded. */
export interface DecodeOptions extends CodingOptions {
  /** What to change in the decoded images: from `verify`, or from a file written with them. */
  readonly corrections?: Corrections;
  /**
   * Called with the indices of images with non-finite values, which are returned black, or as NaN by a continuous model.
   * Without it they are an error.
   */
  onOverflow?(images: readonly number[]): void;
}

/** How samples are drawn. Progress counts images. */
export interface SampleOptions extends WorkOptions, ConditionOptions {
  /** How many images. */
  readonly count: number;
  /**
   * For a model with classes: the class of all images, or of each; by default the classes in turn, image i of class i mod
   * K.
   */
  readonly class?: ClassChoice | undefined;
  /**
   * The standard deviation of all latents ε; 1, the default, samples the model itself, below 1 gives less
   * varied images.
   */
  readonly temperature?: number;
  /** The seed of the latents; default 0. */
  readonly seed?: number;
  /**
   * Called with the indices of images with non-finite values, which are returned black, or as NaN by a continuous model.
   * Without it they are an error. The inverse of a coupling divides by a sigmoid, which can overflow on latents that the model
   * has not learned to handle: early in training, or at a high temperature.
   */
  onOverflow?(images: readonly number[]): void;
  /**
   * Called after each batch with the pixels of all images, `[count, H, W, C]`, and how many are drawn: the others are still
   * black.
   */
  onPixels?(pixels: Values, images: number): void;
}

/** How images are measured: the draws of the noise, and who measures. Progress counts images, each once for every draw. */
export interface MeasurementOptions extends WorkOptions {
  /** Draws of the dequantisation noise per image; default 1. */
  readonly draws?: number;
  /** The seed of the noise, default 0: the noise of image i in draw k depends only on the seed, i and k. */
  readonly seed?: number;
  /** Whether it depends on the image itself instead of i: then the other images have no influence. */
  readonly noiseByContent?: boolean;
  /**
   * The processes that measure a part of the images each, by default only this one: all call the same method with the
   * same images, and get the same results. A signal that is aborted on any rank stops all of them before the next draw.
   */
  readonly ranks?: Ranks | undefined;
}

/** How likelihoods are measured. */
export interface LikelihoodOptions extends MeasurementOptions, ConditionOptions {
  /**
   * For a model with classes: the class of all images, or of each. The likelihood is then p(x | class); by default it is
   * p(x) = Σ p(x | class)/K over the K classes, which are equally likely.
   */
  readonly class?: ClassChoice | undefined;
}

/** How a map of bits is measured. */
export interface BitsMapOptions extends LikelihoodOptions {
  /** The precision of the computation; by default the model's own, float32. */
  readonly precision?: Precision;
}

/** How gradients are computed. Progress counts images. */
export interface GradientOptions extends WorkOptions, ConditionOptions {
  /**
   * For a model with classes: the class of all images, or of each. The gradient is then of ln p(x | class); by default
   * of p(x) = Σ p(x | class)/K.
   */
  readonly class?: ClassChoice | undefined;
  /** The precision of the computation; by default float64 for values in float64, otherwise the model's own, float32. */
  readonly precision?: Precision;
}

/** How to stop a long call, and how to follow it. */
export interface WorkOptions {
  /** Stops the call between two batches: it rejects with the signal's reason, and the model can be used again. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each batch with the amount of work done, and the amount in all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** The options of a call that does a part of the work: the part that begins when `before` of `of` is done. */
export function partOfWork(
  { signal, onProgress }: WorkOptions,
  { before, of: total }: { readonly before: number; readonly of: number },
): WorkOptions {
  return { signal, onProgress: onProgress && ((done) => onProgress(before + done, total)) };
}
