// A trained model for inference: 8-bit images and latents in and out, programs compiled on first use.
import { type ImageSet, imagesInMemory } from '../../data/contract/dataset.ts';
import { pixelsFromValues, toEightBit } from '../../data/pixels/bitDepth.ts';
import type { Precision } from '../../engine/onnx/emitter.ts';
import { phrase, UserError } from '../../errors.ts';
import type { Flow } from '../../models/flow.ts';
import { dimensionsOf, type ImageShape, showImageShape } from '../../numeric/imageShape.ts';
import { type NdArray, sizeOf } from '../../numeric/ndarray.ts';
import { requireFinite, requireWhole } from '../../numeric/optionValues.ts';
import { mean } from '../../numeric/statistics.ts';
import { requireMemory } from '../../platform/memory.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { oneHotRows } from '../likelihood/classInputs.ts';
import { type Batch, imageArray } from '../likelihood/likelihood.ts';
import {
  type ClassChoice,
  type Classification,
  type ClassLikelihoods,
  classNumber,
  classNumbersOf,
  mostProbable,
  posteriors,
} from './classes.ts';
import {
  asSeen,
  type Correction,
  compareWithDecoded,
  correctImage,
  shortChecksum,
  type Verification,
} from './corrections.ts';
import { fingerprintOf } from './fingerprint.ts';
import type {
  BitsMapOptions,
  CodingOptions,
  DecodeOptions,
  EncodeOptions,
  FlowModelOptions,
  LikelihoodOptions,
  MeasurementOptions,
  SampleOptions,
  ScoreOptions,
} from './flowModelOptions.ts';
import { ImagePrograms } from './imagePrograms.ts';
import { drawLatents, isDouble, type Latents, largestLatent, sliceLatents } from './latents.ts';
import {
  type ImageMeasurement,
  measureBitsMap,
  measureClassLikelihoods,
  measureDraws,
} from './measureImages.ts';
import {
  compileDecoder,
  compileEncoder,
  compileStages,
  decodeBatch,
  encodeBatch,
  stagesBatch,
} from './modelPrograms.ts';
import { type ImageScore, imageScores } from './referenceScores.ts';
import { type StageDescription, type StageImages, stagesOf } from './stageDescriptions.ts';
import { tooFarOut } from './tooFarOut.ts';
import type { TrainedModel } from './trainedModel.ts';

/**
 * A trained model. Images are 8-bit, NHWC, concatenated; if the model has fewer bits, images are reduced to
 * them on input and scaled back to 0..255 on output.
 */
export class FlowModel implements TrainedModel, AsyncDisposable {
  /** Height, width and channels of every image. */
  readonly imageShape: ImageShape;
  /** Bits of a pixel value in the model. */
  readonly bits: number;
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
  readonly #scores: TrainedModel['scores'];
  private readonly precision: Precision;
  private readonly programs: ImagePrograms;
  #fingerprint: string | undefined;

  /** @param trained from a training state by `trainedModel`; to load one from a folder, use `loadModel` */
  constructor(
    trained: TrainedModel,
    { batchSize = 64, precision = 'float32', ...options }: FlowModelOptions = {},
  ) {
    const { imageShape, latentShapes } = trained.model;
    this.imageShape = imageShape;
    this.bits = trained.model.options.bits;
    this.latentShapes = latentShapes;
    this.stages = stagesOf(trained.model);
    this.model = trained.model;
    this.parameters = trained.parameters;
    this.step = trained.step;
    this.#scores = (fingerprint) => trained.scores?.(fingerprint);
    this.classes = trained.model.classes;
    this.precision = precision;
    this.programs = new ImagePrograms(this, batchSize, options);
  }

  /**
   * SHA-256 of everything that latents depend on: the model's options, its image shape and its weights.
   * Computed on first use.
   */
  get fingerprint(): string {
    this.#fingerprint ??= fingerprintOf(this);
    return this.#fingerprint;
  }

  /**
   * Draws images, `[count, H, W, C]`. Image i depends on the seed, the temperature, its class and i.
   *
   * @throws UserError if an option has an invalid value, or if a value is not finite and `onOverflow` is not passed
   */
  async sample({
    count,
    class: choice,
    temperature = 1,
    seed = 0,
    onProgress,
    onOverflow,
  }: SampleOptions): Promise<Uint8Array> {
    requireWhole('count', count, 0);
    requireFinite('temperature', temperature, 0);
    requireWhole('seed', seed, 0);
    const dimensions = dimensionsOf(this.imageShape);
    const inTurn = Array.from({ length: count }, (_, image) => image % this.classes.length);
    const classesAt = this.classesOf(choice, count, inTurn);
    const pixels = pixelsFor(count, this.imageShape);
    const overflowed: number[] = [];
    await this.programs.inBatches(count, compileDecoder, this.precision, async (program, first, end) => {
      const draw = { first, count: end - first, temperature, seed };
      const values = await decodeBatch(program, drawLatents(this.latentShapes, draw), classesAt(first, end));
      blackOut(values, dimensions).forEach((image) => {
        overflowed.push(first + image);
      });
      pixels.set(this.pixelsOf(values), first * dimensions);
      onProgress?.(end, pixels);
    });
    if (overflowed.length > 0) {
      if (!onOverflow) {
        throw new UserError(
          'diverged',
          `${overflowed.length} of ${count} samples have values that are not finite, image ${overflowed[0]} first: ` +
            'try a lower temperature, or train longer',
        );
      }
      onOverflow(overflowed);
    }
    return pixels;
  }

  /**
   * The latents of images, each pixel in the middle of its interval (u = ½). `decode` returns the images,
   * except for those that `verify` finds: rounding grows too much in the inverse.
   *
   * @throws UserError if `images` does not hold a whole number of images
   */
  async encode(
    images: Uint8Array,
    { class: choice, precision = this.precision, onProgress }: EncodeOptions = {},
  ): Promise<NdArray[]> {
    const { count } = this.setOf(images);
    const classesAt = this.classesOf(choice, count);
    const dimensions = dimensionsOf(this.imageShape);
    const latents = this.latentShapes.map((shape) => ({
      shape: [count, ...shape],
      data: zerosOf(precision, count * dimensionsOf(shape)),
    }));
    await this.programs.inBatches(count, compileEncoder, precision, async (program, first, end) => {
      const batch = images.subarray(first * dimensions, end * dimensions);
      const image = imageArray(batch, this.imageShape, this.bits);
      const encoded = await encodeBatch(program, { image, ...classesAt(first, end) });
      encoded.forEach(({ data }, index) => {
        latents[index]!.data.set(data, first * dimensionsOf(this.latentShapes[index]!));
      });
      onProgress?.(end);
    });
    return latents;
  }

  /**
   * Decodes the latents of images and compares: which images do not return exactly, and what would correct
   * them. Exact means every pixel, at the model's bit depth. Takes as long as `decode`.
   *
   * @throws UserError if the latents do not have the model's shapes, or are not as many as the images
   */
  async verify(
    images: Uint8Array,
    latents: Latents,
    { class: choice, onProgress }: CodingOptions = {},
  ): Promise<Verification> {
    const { count } = this.setOf(images);
    const classesAt = this.classesOf(choice, count);
    const encoded = this.countOf(latents);
    if (encoded !== count) {
      throw new UserError(
        'mismatch',
        `these are latents of ${encoded} images, and there are ${count} images`,
      );
    }
    const dimensions = dimensionsOf(this.imageShape);
    const inexact: number[] = [];
    const notFinite: number[] = [];
    const corrections = new Map<number, Correction>();
    const checksums: string[] = [];
    await this.programs.inBatches(
      count,
      compileDecoder,
      this.precisionOf(latents),
      async (program, first, end) => {
        const own = sliceLatents(latents, first, end);
        const values = await decodeBatch(program, own, classesAt(first, end));
        for (let image = first; image < end; image++) {
          const original = images.subarray(image * dimensions, (image + 1) * dimensions);
          const found = values.subarray((image - first) * dimensions, (image - first + 1) * dimensions);
          const { exact, finite, correction } = compareWithDecoded(found, original, this.bits);
          inexact.push(...(exact ? [] : [image]));
          notFinite.push(...(finite ? [] : [image]));
          if (correction) {
            corrections.set(image, correction);
          }
          checksums.push(shortChecksum([asSeen(original, this.bits)]));
        }
        onProgress?.(end);
      },
    );
    return { inexact, notFinite, corrections, checksums };
  }

  /**
   * The images of latents, `[N, H, W, C]`.
   *
   * @throws UserError if the latents do not have the model's shapes, or an image has non-finite values and no
   *   correction replaces all of it
   */
  async decode(
    latents: Latents,
    { corrections = new Map(), ...options }: DecodeOptions = {},
  ): Promise<Uint8Array> {
    const values = await this.decodeValues(latents, options);
    const dimensions = dimensionsOf(this.imageShape);
    const pixels = new Uint8Array(values.length);
    for (let image = 0; image * dimensions < values.length; image++) {
      const own = values.subarray(image * dimensions, (image + 1) * dimensions);
      const decoded = this.pixelsOfImage(own, corrections.get(image));
      if (decoded === undefined) {
        const largest = largestLatent(latents, image);
        throw new UserError(
          'diverged',
          phrase`image ${image} of these latents cannot be decoded: ${tooFarOut(largest, isDouble(latents))}`,
        );
      }
      pixels.set(decoded, image * dimensions);
    }
    return pixels;
  }

  /**
   * The same before rounding to pixels, in [−½, ½) for images of the model, in the precision of the latents.
   * Non-finite values mean that the inverse overflowed: it amplifies rounding for latents far from zero.
   */
  async decodeValues(
    latents: Latents,
    { class: choice, onProgress }: CodingOptions = {},
  ): Promise<NdArray['data']> {
    const count = this.countOf(latents);
    const classesAt = this.classesOf(choice, count);
    const precision = this.precisionOf(latents);
    const values = zerosOf(precision, count * dimensionsOf(this.imageShape));
    await this.programs.inBatches(count, compileDecoder, precision, async (program, first, end) => {
      const decoded = await decodeBatch(program, sliceLatents(latents, first, end), classesAt(first, end));
      values.set(decoded, first * dimensionsOf(this.imageShape));
      onProgress?.(end);
    });
    return values;
  }

  /** The 8-bit pixels of dequantised values: ⌊(x + ½)·2^bits⌋, clipped, scaled to 0..255. */
  pixelsOf(values: ArrayLike<number>): Uint8Array {
    return toEightBit(pixelsFromValues(values, this.bits), this.bits);
  }

  /**
   * @internal The pixels of one image, corrected; undefined if its values are not finite and not all of them
   * are replaced.
   */
  pixelsOfImage(values: NdArray['data'], correction?: Correction): Uint8Array | undefined {
    if (correction && correction.positions === undefined) {
      return correction.values;
    }
    if (!values.every(Number.isFinite)) {
      return undefined;
    }
    const pixels = this.pixelsOf(values);
    if (correction) {
      correctImage(pixels, correction);
    }
    return pixels;
  }

  /**
   * A lower bound on the log-probability of each image, in nats: the mean over draws of the dequantisation
   * noise.
   *
   * @throws UserError if `images` does not hold a whole number of images
   */
  async logLikelihood(images: Uint8Array, options: LikelihoodOptions = {}): Promise<Float64Array> {
    const natsPerBit = -dimensionsOf(this.imageShape) * Math.LN2;
    return (await this.bitsPerDim(images, options)).map((bits) => bits * natsPerBit);
  }

  /**
   * −logLikelihood/(D·ln 2) of each image, D values each.
   *
   * @throws UserError if `images` does not hold a whole number of images
   */
  async bitsPerDim(images: Uint8Array, options: LikelihoodOptions = {}): Promise<Float64Array> {
    const draws = await this.bitsPerDimByDraw(this.setOf(images), options);
    return draws[0]!.map((_, image) => mean(draws.map((draw) => draw[image]!)));
  }

  /**
   * How unusual images are: the bits/dim of each, its standard error, and its percentile among the validation images.
   * An export knows their bits/dim, as does a run that was scored or exported before; draws and seed are those with
   * which they were measured unless given. The score of an image depends on the seed and the image alone.
   *
   * @throws UserError (`not-ready`) if the model does not know them, and `reference` is not passed either
   */
  async score(images: Uint8Array, { reference, ...how }: ScoreOptions = {}): Promise<ImageScore[]> {
    const scores = reference ?? this.#scores?.(this.fingerprint);
    if (scores === undefined) {
      throw new UserError(
        'not-ready',
        'this model does not know the bits/dim of its validation images: export its run again, or measure them with ' +
          'measureReference and pass the result as reference',
      );
    }
    const { draws, seed, bitsPerDim } = scores;
    const set = this.setOf(images);
    if (set.count === 0) {
      return [];
    }
    return imageScores(
      await this.bitsPerDimByDraw(set, { draws, seed, ...how, noiseByContent: true }),
      bitsPerDim,
    );
  }

  /** bits/dim of each image of a dataset, which need not fit in memory, for each draw of the noise. */
  async bitsPerDimByDraw(images: ImageSet, options: LikelihoodOptions = {}): Promise<Float64Array[]> {
    this.requireShape(images);
    return measureDraws(this.measurement(), images, options);
  }

  /**
   * ln p(x | class) of each image of a dataset under each class, in nats, for each draw of the noise.
   *
   * @throws UserError if the model has no classes, or the images have another shape
   */
  classLikelihoods(images: ImageSet, options: MeasurementOptions = {}): Promise<ClassLikelihoods> {
    classNumber(this.classes, 0);
    this.requireShape(images);
    return measureClassLikelihoods(this.measurement(), images, options);
  }

  /**
   * The class of each image by Bayes' rule: p(class | x) = p(x | class) / Σ p(x | class), with equally likely classes and
   * p(x | class) the mean over draws of the dequantisation noise, which all classes share.
   *
   * @throws UserError if the model has no classes, or `images` does not hold a whole number of images
   */
  async classify(images: Uint8Array, options: MeasurementOptions = {}): Promise<Classification[]> {
    const found = posteriors(await this.classLikelihoods(this.setOf(images), options));
    return found.map((probabilities) => {
      const number = mostProbable(probabilities);
      return { class: this.classes[number]!, number, probabilities };
    });
  }

  /**
   * Where the bits of images are: the share of every pixel in −log2 p of its image, `[N, H, W]`, the mean over
   * draws of the dequantisation noise. The shares of an image add up to its −log2 p: divided by H·W·C, to what
   * `bitsPerDim` returns for the same draws, seed and precision. Shares may be negative.
   *
   * Latents, couplings and autoregressive layers count where they are; a pixel of a squeezed image stands for
   * the block of pixels that it was made of, and its share is divided evenly among them. What does not depend
   * on the place (other layers, dequantisation) is divided evenly among all pixels.
   *
   * @throws UserError if `images` does not hold a whole number of images
   */
  async bitsMap(
    images: Uint8Array,
    { precision = this.precision, ...options }: BitsMapOptions = {},
  ): Promise<NdArray> {
    return measureBitsMap(this.measurement(precision), this.setOf(images), options);
  }

  /**
   * What every stage makes of images, each pixel in the middle of its interval (u = ½): the images that it
   * passes on and the latents that it factors out, in the order of `stages`. The latents are those of `encode`.
   *
   * @throws UserError if `images` does not hold a whole number of images
   */
  async stageImages(
    images: Uint8Array,
    { class: choice, precision = this.precision, onProgress }: EncodeOptions = {},
  ): Promise<StageImages[]> {
    const { count } = this.setOf(images);
    const classesAt = this.classesOf(choice, count);
    const dimensions = dimensionsOf(this.imageShape);
    const arrayOf = (shape: ImageShape): NdArray => ({
      shape: [count, ...shape],
      data: zerosOf(precision, count * dimensionsOf(shape)),
    });
    const found = this.stages.map(
      (stage): StageImages => ({
        ...stage,
        ...(stage.outputShape && { output: arrayOf(stage.outputShape) }),
        ...(stage.latentShape && { latent: arrayOf(stage.latentShape) }),
      }),
    );
    await this.programs.inBatches(count, compileStages, precision, async (program, first, end) => {
      const batch = images.subarray(first * dimensions, end * dimensions);
      const image = imageArray(batch, this.imageShape, this.bits);
      const results = await stagesBatch(program, { image, ...classesAt(first, end) }, found.length);
      found.forEach((stage, index) => {
        for (const part of ['output', 'latent'] as const) {
          const array = stage[part];
          array?.data.set(results[index]![part]!.data, (first * array.data.length) / count);
        }
      });
      onProgress?.(end);
    });
    return found;
  }

  /** Frees the programs; they are recompiled if the model is used again. */
  release(): Promise<void> {
    return this.programs.release();
  }

  /** Frees the programs at the end of a block that begins with `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  /** The precision in which latents are decoded. */
  private precisionOf(latents: Latents): Precision {
    return isDouble(latents) ? 'float64' : this.precision;
  }

  private requireShape(images: ImageSet): void {
    const [given, expected] = [images.imageShape, this.imageShape].map(showImageShape);
    if (given !== expected) {
      throw new UserError('mismatch', `the images are ${given}, and the model takes ${expected}`);
    }
  }

  private measurement(precision: Precision = this.precision): ImageMeasurement {
    return { model: this.model, programs: this.programs, precision };
  }

  /** The classes of images `first` to `end − 1` of so many, as programs take them; nothing for a model without classes. */
  private classesOf(
    choice: ClassChoice | undefined,
    count: number,
    otherwise: ClassChoice = 0,
  ): (first: number, end: number) => Pick<Batch, 'classes'> {
    const { classes } = this;
    if (classes.length === 0 && choice === undefined) {
      return () => ({});
    }
    const numbers = classNumbersOf(classes, choice ?? otherwise, count);
    return (first, end) => ({ classes: oneHotRows(numbers.subarray(first, end), classes.length) });
  }

  private setOf(images: Uint8Array): ImageSet {
    if (!(images instanceof Uint8Array)) {
      throw new UserError('invalid-argument', 'images must be a Uint8Array of pixels, 8 bits per value');
    }
    if (images.length % dimensionsOf(this.imageShape) !== 0) {
      const shape = showImageShape(this.imageShape);
      throw new UserError(
        'mismatch',
        `${images.length} bytes are not a whole number of images: the model takes ${shape}, 8 bits per value`,
      );
    }
    return imagesInMemory(images, this.imageShape);
  }

  private countOf(latents: Latents): number {
    const count = latents[0]?.shape[0] ?? 0;
    const given = latents.map(({ shape }) => `[${shape.join(', ')}]`);
    const expected = this.latentShapes.map((shape) => `[${[count, ...shape].join(', ')}]`);
    if (
      given.join() !== expected.join() ||
      latents.some(({ shape, data }) => sizeOf(shape) !== data.length)
    ) {
      throw new UserError(
        'mismatch',
        `these latents do not fit this model: they have shapes ${given.join(', ')}, expected ${expected.join(', ')}`,
      );
    }
    return count;
  }
}

function zerosOf(precision: Precision, count: number): NdArray['data'] {
  return precision === 'float64' ? new Float64Array(count) : new Float32Array(count);
}

/** Blackens the images with non-finite values, and returns their indices. */
function blackOut(values: NdArray['data'], dimensions: number): number[] {
  const images: number[] = [];
  for (let image = 0; image * dimensions < values.length; image++) {
    const own = values.subarray(image * dimensions, (image + 1) * dimensions);
    if (!areFinite(own)) {
      own.fill(-0.5);
      images.push(image);
    }
  }
  return images;
}

/** Whether all values are finite. A plain loop: `every` would be a noticeable part of a sample of a small model. */
function areFinite(values: NdArray['data']): boolean {
  for (let index = 0; index < values.length; index++) {
    if (!Number.isFinite(values[index]!)) {
      return false;
    }
  }
  return true;
}

/** The most bytes of pixels that are returned at once: the longest array that every host has. */
const MOST_PIXEL_BYTES = 2 ** 31 - 1;

/**
 * The pixels of so many images, all black.
 *
 * @throws UserError (`out-of-memory`, `unsupported`) if they do not fit
 */
function pixelsFor(count: number, imageShape: ImageShape): Uint8Array {
  const bytes = count * dimensionsOf(imageShape);
  const remedy = 'draw fewer at a time, with different seeds';
  requireMemory(`the pixels of ${count} images`, bytes, remedy);
  if (bytes > MOST_PIXEL_BYTES) {
    throw new UserError(
      'unsupported',
      `the pixels of ${count} images are more than one array holds: ${remedy}`,
    );
  }
  return new Uint8Array(bytes);
}
