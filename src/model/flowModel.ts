// A trained model for inference: images and latents in and out, programs compiled on first use.

import {
  type ImageShape,
  type NdArray,
  requireArgument,
  type ValueKind,
  type Values,
} from '../core/numeric/index.ts';
import type { ImageSet } from '../data/contract/index.ts';
import type { Flow } from '../flows/models/index.ts';
import type { TrainingStart, WeightsKind } from '../runs/contents/index.ts';
import type { Tensor } from '../tensor/index.ts';
import { measureBitsMap, measureStageBits } from './bitsMap.ts';
import {
  type Classification,
  type ClassLikelihoods,
  classifyImages,
  measureClassLikelihoods,
} from './classLikelihoods.ts';
import { decodeImages, decodeValues, encodeImages, verifyImages } from './coding.ts';
import type { Verification } from './corrections.ts';
import { type LevelDensities, measureDensities } from './densities.ts';
import type {
  BitsMapOptions,
  CodingOptions,
  ConditionOptions,
  DecodeOptions,
  EncodeOptions,
  FlowModelOptions,
  GradientOptions,
  LikelihoodOptions,
  MeasurementOptions,
  SampleOptions,
} from './flowModelOptions.ts';
import { toImageSet } from './givenImages.ts';
import { gradientOfImages, type ImageGradient } from './gradient.ts';
import { ImagePrograms } from './imagePrograms.ts';
import type { Latents } from './latentArithmetic.ts';
import { type DrawOptions, drawFromPriors } from './latents.ts';
import { toPixels, toValues } from './pixels.ts';
import { type ReferenceScores, readReference } from './referenceScores.ts';
import { sampleImages } from './sampling.ts';
import { bitsPerDimByDraw, meanBitsPerDim, natsPerUnit } from './scoring.ts';
import { describeStages, type StageDescription, type StageImages, stageImages } from './stageImages.ts';
import { modelFingerprint, type TrainedModel, trainedModel } from './trainedModel.ts';

/**
 * A trained model. Images are NHWC, concatenated: integers of 8 bits in a Uint8Array or of 16 in a Uint16Array, or the real
 * numbers of a continuous model in a Float32Array. If the model has fewer bits than the images, they are reduced to them on
 * input and scaled back on output.
 *
 * @example
 * ```ts
 * import { loadModel } from 'emerging-flows';
 *
 * const model = await loadModel('runs/quickstart');
 * const pixels = await model.sample({ count: 2, seed: 1 }); // NHWC
 * const latents = await model.encode(pixels);
 * const [first] = await model.bitsPerDim(await model.decode(latents), { draws: 4 });
 * await model.release();
 * ```
 */
export class FlowModel implements TrainedModel, AsyncDisposable {
  /** Height, width and channels of every image. */
  readonly imageShape: ImageShape;
  /** The kind of values of its images. */
  readonly kind: ValueKind;
  /** Bits of an integer value in the model; undefined for a continuous model. */
  readonly bits: number | undefined;
  /** The shapes of the latents of one image, from level 0's split to the top. */
  readonly latentShapes: readonly ImageShape[];
  /** The names of its classes, in the order of their numbers; empty if it has none. */
  readonly classes: readonly string[];
  /** The stages that an image passes through: squeezes, flow steps, splits and the top prior, in order. */
  readonly stages: readonly StageDescription[];
  /** The layers and shapes of the model, for building your own graphs. */
  readonly model: Flow;
  /** Its weights by path, as constants. */
  readonly parameters: Readonly<Record<string, Tensor>>;
  /** The number of training steps that they have seen; undefined if unknown. */
  readonly step: number | undefined;
  /** Which weights of a run they are; undefined if unknown. */
  readonly weights: TrainedModel['weights'];
  readonly #scores: TrainedModel['scores'];
  readonly #programs: ImagePrograms;
  #fingerprint: string | undefined;

  /**
   * A model with the weights of a training state, such as a `Trainer` has.
   *
   * @param options as for `loadModel`; `weights` are the moving average (default), or those after the last update
   */
  static fromState(
    model: Flow,
    state: TrainingStart,
    { weights, ...options }: FlowModelOptions & { readonly weights?: WeightsKind } = {},
  ): FlowModel {
    return new FlowModel(trainedModel(model, state, weights), options);
  }

  /** @param trained a flow and its weights; to load them from a folder, use `loadModel` */
  constructor(trained: TrainedModel, options: FlowModelOptions = {}) {
    requireArgument(
      trained?.model?.latentShapes !== undefined,
      "FlowModel needs a trained model; loadModel('runs/digits') gives one ready for use",
    );
    const { imageShape, latentShapes } = trained.model;
    this.imageShape = imageShape;
    this.kind = trained.model.values.kind;
    this.bits = trained.model.values.bits;
    this.latentShapes = latentShapes;
    this.stages = describeStages(trained.model);
    this.model = trained.model;
    this.parameters = trained.parameters;
    this.step = trained.step;
    this.weights = trained.weights;
    this.#scores = (fingerprint) => trained.scores?.(fingerprint);
    this.classes = trained.model.classes;
    this.#programs = new ImagePrograms(this, options);
  }

  /**
   * SHA-256 of everything that latents depend on: the model's options, its image shape and its weights.
   * Computed on first use.
   */
  get fingerprint(): string {
    this.#fingerprint ??= modelFingerprint(this);
    return this.#fingerprint;
  }

  /**
   * The statistics of the model's validation images, to score others against: an export does, and a run whose training is
   * complete or that was scored before. Undefined if it knows nothing.
   */
  get reference(): ReferenceScores | undefined {
    return this.#scores?.(this.fingerprint);
  }

  /**
   * The statistics of validation images in `scores.json` of an export or a run, for a page that has fetched the file. Undefined
   * if they belong to another model.
   *
   * @throws UserError (`invalid-data`) if the file is damaged
   */
  readReference(file: Uint8Array | string): ReferenceScores | undefined {
    return readReference(file, this);
  }

  /**
   * Draws images, `[count, H, W, C]`. Image i depends on the seed, the temperature, its class and i.
   *
   * @throws UserError if an option has an invalid value, or if a value is not finite and `onOverflow` is not passed
   */
  async sample(options: SampleOptions): Promise<Values> {
    return sampleImages(this.#programs, options);
  }

  /**
   * The latents of the images that `sample` draws from a seed: they follow the priors, times the temperature.
   *
   * @throws UserError if an option has an invalid value
   */
  async drawLatents(draw: DrawOptions): Promise<NdArray[]> {
    return drawFromPriors(this.#programs, draw);
  }

  /**
   * The latents of images, each pixel in the middle of its interval (u = ½). `decode` returns the images,
   * except for those that `verify` finds: rounding grows too much in the inverse.
   *
   * @throws UserError if `images` does not hold a whole number of images
   */
  async encode(images: Values, options: EncodeOptions = {}): Promise<NdArray[]> {
    return encodeImages(this.#programs, images, options);
  }

  /**
   * Decodes the latents of images and compares: which images do not return exactly, and what would correct
   * them. Exact means every pixel, at the model's bit depth. Takes as long as `decode`.
   *
   * @throws UserError if the latents do not have the model's shapes, or are not as many as the images
   */
  async verify(images: Values, latents: Latents, options: CodingOptions = {}): Promise<Verification> {
    return verifyImages(this.#programs, images, latents, options);
  }

  /**
   * The images of latents, `[N, H, W, C]`.
   *
   * @throws UserError if the latents do not have the model's shapes, or an image has non-finite values, no
   *   correction replaces all of it, and `onOverflow` is missing
   */
  async decode(latents: Latents, options: DecodeOptions = {}): Promise<Values> {
    return decodeImages(this.#programs, latents, options);
  }

  /**
   * The same before rounding to pixels, in [−½, ½) for images of the model, or standardised for a continuous one, in the
   * precision of the latents.
   * Non-finite values mean that the inverse overflowed: it amplifies rounding for latents far from zero.
   */
  async decodeValues(latents: Latents, options: CodingOptions = {}): Promise<NdArray['data']> {
    return decodeValues(this.#programs, latents, options);
  }

  /**
   * The log-likelihood of images and its gradient with respect to their values and to the condition, in nats: for MAP
   * estimates and Langevin steps. Nothing is drawn: the noise is fixed. Values, such as `decodeValues` returns, are taken
   * unchanged, and pixels are in the middle of their intervals (u = ½), as for `encode`. The log-likelihood is
   * ln p(x) − D·bits·ln 2, as `logLikelihood` with this noise; with variational dequantisation without its term
   * ln q(u | v). A continuous model takes images of real numbers, and everything is in their unit.
   *
   * @throws UserError if `images` does not hold a whole number of images, or a value is not finite
   */
  async gradient(images: Values | Float64Array, options: GradientOptions = {}): Promise<ImageGradient> {
    return gradientOfImages(this.#programs, images, options);
  }

  /**
   * The x of images: of pixels the middle of their intervals, in [−½, ½), of real numbers (v − mean)/deviation. `toPixels`
   * returns the images.
   *
   * @throws UserError (`mismatch`) if the model takes values of another kind
   */
  toValues(images: Values): Float32Array {
    return toValues(images, this.model);
  }

  /**
   * The images encoded by x, as `decodeValues` returns it: integers ⌊(x + ½)·2^bits⌋, clipped, scaled to 0..255, or
   * the real numbers x·deviation + mean.
   */
  toPixels(x: ArrayLike<number>): Values {
    return toPixels(x, this.model);
  }

  /**
   * A lower bound on the log-probability of each image, in nats: the mean over draws of the dequantisation noise. For a
   * continuous model, the log-density in the unit of its images, which is exact.
   *
   * @throws UserError if `images` does not hold a whole number of images
   */
  async logLikelihood(images: Values, options: LikelihoodOptions = {}): Promise<Float64Array> {
    const nats = natsPerUnit(this.model);
    return (await this.bitsPerDim(images, options)).map((bits) => bits * nats);
  }

  /**
   * −logLikelihood/(D·ln 2) of each image, D values each. Results of continuous models are usually stated in nats per value,
   * ln 2 times as much.
   *
   * @throws UserError if `images` does not hold a whole number of images
   */
  async bitsPerDim(images: Values, options: LikelihoodOptions = {}): Promise<Float64Array> {
    return meanBitsPerDim(this.#programs, toImageSet(this.model, images, options.condition), options);
  }

  /**
   * bits/dim of each image of a dataset, which need not fit in memory, for each draw of the noise. Conditions are those
   * of the set.
   */
  async bitsPerDimByDraw(
    images: ImageSet,
    options: Omit<LikelihoodOptions, 'condition'> = {},
  ): Promise<Float64Array[]> {
    return bitsPerDimByDraw(this.#programs, images, options);
  }

  /**
   * ln p(x) of each image of a dataset, in nats, and its parts: the density of the latents and ln|det| of each level.
   *
   * @throws UserError if the images have another shape
   */
  async levelDensities(images: ImageSet, options: MeasurementOptions = {}): Promise<LevelDensities> {
    return measureDensities(this.#programs, images, options);
  }

  /**
   * ln p(x | class) of each image of a dataset under each class, in nats, for each draw of the noise.
   *
   * @throws UserError if the model has no classes, or the images have another shape
   */
  async classLikelihoods(images: ImageSet, options: MeasurementOptions = {}): Promise<ClassLikelihoods> {
    return measureClassLikelihoods(this.#programs, images, options);
  }

  /**
   * The class of each image by Bayes' rule: p(class | x) = p(x | class) / Σ p(x | class), with equally likely classes and
   * p(x | class) the mean over draws of the dequantisation noise, which all classes share.
   *
   * @throws UserError if the model has no classes, or `images` does not hold a whole number of images
   */
  async classify(
    images: Values,
    options: MeasurementOptions & ConditionOptions = {},
  ): Promise<Classification[]> {
    return classifyImages(this.#programs, toImageSet(this.model, images, options.condition), options);
  }

  /**
   * Where the bits of images are: the share of every pixel in −log2 p of its image, `[N, H, W]`, the mean over
   * draws of the dequantisation noise. The shares of an image add up to its −log2 p: divided by H·W·C, to what
   * `bitsPerDim` returns for the same draws, seed and precision. Shares may be negative.
   *
   * Latents, couplings and autoregressive layers are attributed to their pixels; a pixel of a squeezed image covers
   * the block of pixels that it was made of, and its share is divided evenly among them. What does not depend
   * on the place (other layers, dequantisation) is divided evenly among all pixels.
   *
   * @throws UserError if `images` does not hold a whole number of images
   */
  async bitsMap(images: Values, options: BitsMapOptions = {}): Promise<NdArray> {
    return measureBitsMap(this.#programs, toImageSet(this.model, images, options.condition), options);
  }

  /**
   * Where the bits of images arise on their way: the share of dequantisation, then every stage's, in the order of
   * `stages`, in −log2 p of each image, `[N, 1 + S]`, the mean over draws of the dequantisation noise. Before the first
   * stage all images are equally likely: `bits` for each value. A stage that expands volume subtracts from that, and
   * latents add the bits of their density. The shares of an image add up to its −log2 p, as in `bitsMap`.
   *
   * @throws UserError if `images` does not hold a whole number of images
   */
  async stageBits(images: Values, options: BitsMapOptions = {}): Promise<NdArray> {
    return measureStageBits(this.#programs, toImageSet(this.model, images, options.condition), options);
  }

  /**
   * What every stage makes of images: the images that it passes on and the latents that it factors out, in the order of
   * `stages`. Pixels are in the middle of their intervals (u = ½), and the latents equal those from `encode`; values, such as
   * `decodeValues` returns, are taken unchanged.
   *
   * @throws UserError if `images` does not hold a whole number of images
   */
  async stageImages(images: Values | Float64Array, options: EncodeOptions = {}): Promise<StageImages[]> {
    return stageImages(this.#programs, images, options);
  }

  /** Frees the memory of the programs once no call uses them; they are recompiled if the model is used again. */
  freePrograms(): Promise<void> {
    return this.#programs.free();
  }

  /** Frees the memory of the model once no call uses it; it refuses all further calls. A second time changes nothing. */
  release(): Promise<void> {
    return this.#programs.release();
  }

  /** Releases the model at the end of a block that begins with `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }
}
