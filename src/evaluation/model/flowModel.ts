// A trained model for inference: 8-bit images and latents in and out, programs compiled on first use.
import type { Ranks } from '../../cluster/ranks.ts';
import { type ImageSet, imagesInMemory } from '../../data/dataset.ts';
import { pixelsFromValues, toEightBit } from '../../data/pixels/bitDepth.ts';
import type { Precision } from '../../engine/onnx/emitter.ts';
import { type CompileOptions, type Program, requirePlace } from '../../engine/program.ts';
import { call, option, type Phrase, phrase, UserError } from '../../errors.ts';
import type { Glow } from '../../models/glow.ts';
import { checksumOf } from '../../numeric/checksum.ts';
import { dimensionsOf, type ImageShape, showImageShape } from '../../numeric/imageShape.ts';
import { type NdArray, sizeOf } from '../../numeric/ndarray.ts';
import { requireFinite, requireWhole } from '../../numeric/optionValues.ts';
import { mean } from '../../numeric/statistics.ts';
import { nextTurn } from '../../platform/eventLoop.node.ts';
import { requireMemory } from '../../platform/memory.ts';
import { sha256 } from '../../platform/sha256.node.ts';
import { constantValue, type Tensor } from '../../tensor/tensor.ts';
import {
  imageArray,
  type Measurement,
  measureBitsPerDim,
  measureInBatches,
} from '../../training/likelihood.ts';
import { type ImageScore, imageScores, type ReferenceScores } from '../measure/referenceScores.ts';
import {
  asSeen,
  type Correction,
  type Corrections,
  compareWithDecoded,
  correctImage,
  shortChecksum,
  type Verification,
} from './corrections.ts';
import { drawLatents, isDouble, type Latents, largestLatent, sliceLatents } from './latents.ts';
import {
  compileBitsMap,
  compileDecoder,
  compileEncoder,
  compileLikelihood,
  compileStages,
  decodeBatch,
  encodeBatch,
  type ImageProgram,
  imagesPerRun,
  stagesBatch,
} from './programs.ts';
import { type StageDescription, type StageImages, stagesOf } from './stages.ts';
import type { TrainedModel } from './trainedModel.ts';

/** How a model is used. */
export interface FlowModelOptions extends CompileOptions {
  /** The most images per run of a program; results do not depend on it. Default 64. */
  readonly batchSize?: number;
}

/** Progress of encoding and decoding. */
export interface CodingOptions {
  /** Called with the number of images done. */
  onProgress?(images: number): void;
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
}

/** How samples are drawn. */
export interface SampleOptions {
  /** How many images. */
  readonly count: number;
  /**
   * The standard deviation of all latents ε; 1, the default, samples the model itself, below 1 gives less
   * varied images.
   */
  readonly temperature?: number;
  /** The seed of the latents; default 0. */
  readonly seed?: number;
  /**
   * Called with the indices of images with non-finite values, which are returned black. Without it they are
   * an error. The inverse of a coupling divides by a sigmoid, which can overflow on latents that the model
   * has not learned to handle: early in training, or at a high temperature.
   */
  onOverflow?(images: readonly number[]): void;
  /** Called with the number of images done, and the pixels of all, `[count, H, W, C]`: those to come are black. */
  onProgress?(images: number, pixels: Uint8Array): void;
}

/** How likelihoods are measured. */
export interface LikelihoodOptions {
  /** Draws of the dequantisation noise per image; default 1. */
  readonly draws?: number;
  /** The seed of the noise, default 0: the noise of image i in draw k depends only on the seed, i and k. */
  readonly seed?: number;
  /** Whether it depends on the image itself instead of i: then the other images have no influence. */
  readonly noiseByContent?: boolean;
  /**
   * The processes that measure a part of the images each, by default only this one: all call the same method with the
   * same images, and get the same results.
   */
  readonly ranks?: Ranks | undefined;
  /** Called with the number of images done, over all draws. */
  onProgress?(images: number): void;
}

/** How a map of bits is measured. */
export interface BitsMapOptions extends LikelihoodOptions {
  /** The precision of the computation; by default the model's own, float32. */
  readonly precision?: Precision;
}

/** How images are scored. */
export interface ScoreOptions extends Pick<LikelihoodOptions, 'draws' | 'seed'> {
  /** What to compare them with, instead of the validation images that the model knows. */
  readonly reference?: ReferenceScores;
  /** Called with the number of images done, over all draws. */
  onProgress?(images: number): void;
}

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
  /** The stages that an image passes through: squeezes, flow steps, splits and the top prior, in order. */
  readonly stages: readonly StageDescription[];
  /** The layers and shapes of the model, for building your own graphs. */
  readonly model: Glow;
  /** Its weights by path, as constants. */
  readonly parameters: Readonly<Record<string, Tensor>>;
  /** The number of training steps that they have seen; undefined if unknown. */
  readonly step: number | undefined;
  readonly #scores: TrainedModel['scores'];
  private readonly options: CompileOptions;
  private readonly batchSize: number;
  private readonly precision: Precision;
  private readonly programs: Readonly<Record<Precision, Map<Compiler, Promise<ImageProgram>>>> = {
    float32: new Map(),
    float64: new Map(),
  };
  #fingerprint: string | undefined;

  /** @param trained from a training state by `trainedModel`; to load one from a folder, use `loadModel` */
  constructor(
    trained: TrainedModel,
    { batchSize = 64, precision = 'float32', ...options }: FlowModelOptions = {},
  ) {
    requireWhole('batchSize', batchSize, 1);
    requirePlace(options);
    const { imageShape, latentShapes } = trained.model;
    this.imageShape = imageShape;
    this.bits = trained.model.options.bits;
    this.latentShapes = latentShapes;
    this.stages = stagesOf(trained.model);
    this.model = trained.model;
    this.parameters = trained.parameters;
    this.step = trained.step;
    this.#scores = (fingerprint) => trained.scores?.(fingerprint);
    this.options = options;
    this.batchSize = batchSize;
    this.precision = precision;
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
   * Draws images, `[count, H, W, C]`. Image i depends on the seed, the temperature and i.
   *
   * @throws UserError if an option has an invalid value, or if a value is not finite and `onOverflow` is not passed
   */
  async sample({
    count,
    temperature = 1,
    seed = 0,
    onProgress,
    onOverflow,
  }: SampleOptions): Promise<Uint8Array> {
    requireWhole('count', count, 0);
    requireFinite('temperature', temperature, 0);
    requireWhole('seed', seed, 0);
    const dimensions = dimensionsOf(this.imageShape);
    const pixels = this.pixelsFor(count);
    const overflowed: number[] = [];
    await this.inBatches(count, compileDecoder, this.precision, async (program, first, end) => {
      const draw = { first, count: end - first, temperature, seed };
      const values = await decodeBatch(program, drawLatents(this.latentShapes, draw));
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
    { precision = this.precision, onProgress }: EncodeOptions = {},
  ): Promise<NdArray[]> {
    const { count } = this.setOf(images);
    const dimensions = dimensionsOf(this.imageShape);
    const latents = this.latentShapes.map((shape) => ({
      shape: [count, ...shape],
      data: zerosOf(precision, count * dimensionsOf(shape)),
    }));
    await this.inBatches(count, compileEncoder, precision, async (program, first, end) => {
      const batch = images.subarray(first * dimensions, end * dimensions);
      const image = imageArray(batch, this.imageShape, this.bits);
      const encoded = await encodeBatch(program, image);
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
    { onProgress }: CodingOptions = {},
  ): Promise<Verification> {
    const { count } = this.setOf(images);
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
    await this.inBatches(count, compileDecoder, this.precisionOf(latents), async (program, first, end) => {
      const values = await decodeBatch(program, sliceLatents(latents, first, end));
      for (let image = first; image < end; image++) {
        const original = images.subarray(image * dimensions, (image + 1) * dimensions);
        const own = values.subarray((image - first) * dimensions, (image - first + 1) * dimensions);
        const { exact, finite, correction } = compareWithDecoded(own, original, this.bits);
        inexact.push(...(exact ? [] : [image]));
        notFinite.push(...(finite ? [] : [image]));
        if (correction) {
          corrections.set(image, correction);
        }
        checksums.push(shortChecksum([asSeen(original, this.bits)]));
      }
      onProgress?.(end);
    });
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
  async decodeValues(latents: Latents, { onProgress }: CodingOptions = {}): Promise<NdArray['data']> {
    const count = this.countOf(latents);
    const precision = this.precisionOf(latents);
    const values = zerosOf(precision, count * dimensionsOf(this.imageShape));
    await this.inBatches(count, compileDecoder, precision, async (program, first, end) => {
      const decoded = await decodeBatch(program, sliceLatents(latents, first, end));
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
    const [given, expected] = [images.imageShape, this.imageShape].map(showImageShape);
    if (given !== expected) {
      throw new UserError('mismatch', `the images are ${given}, and the model takes ${expected}`);
    }
    const measured: Float64Array[] = [];
    await this.forEachDraw(compileLikelihood, this.precision, images, options, async (program, how) => {
      measured.push(await measureBitsPerDim(program, images, how));
    });
    return measured;
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
    const set = this.setOf(images);
    const [height, width] = this.imageShape;
    const area = height * width;
    const data = new Float64Array(set.count * area);
    const { draws = 1 } = options;
    await this.forEachDraw(compileBitsMap, precision, set, options, (program, how) =>
      measureInBatches(program, set, how, ({ bitsMap }, first, count) => {
        for (let index = 0; index < count * area; index++) {
          data[first * area + index]! += bitsMap!.data[index]! / draws;
        }
      }),
    );
    // Zeros for the images of other ranks: their sum is exact.
    await options.ranks?.sum(data);
    return { shape: [set.count, height, width], data };
  }

  /**
   * What every stage makes of images, each pixel in the middle of its interval (u = ½): the images that it
   * passes on and the latents that it factors out, in the order of `stages`. The latents are those of `encode`.
   *
   * @throws UserError if `images` does not hold a whole number of images
   */
  async stageImages(
    images: Uint8Array,
    { precision = this.precision, onProgress }: EncodeOptions = {},
  ): Promise<StageImages[]> {
    const { count } = this.setOf(images);
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
    await this.inBatches(count, compileStages, precision, async (program, first, end) => {
      const batch = images.subarray(first * dimensions, end * dimensions);
      const image = imageArray(batch, this.imageShape, this.bits);
      const results = await stagesBatch(program, image, found.length);
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
  async release(): Promise<void> {
    const programs = Object.values(this.programs).flatMap((known) => [...known.values()]);
    for (const known of Object.values(this.programs)) {
      known.clear();
    }
    // A program that failed to compile has nothing to free, and its caller got the error.
    const compiled = await Promise.allSettled(programs);
    await Promise.all(compiled.map((one) => (one.status === 'fulfilled' ? one.value.release() : undefined)));
  }

  /** Frees the programs at the end of a block that begins with `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  /** The program of this kind, compiled once; after a failed compilation the next call tries again. */
  private program(compiler: Compiler, precision: Precision): Promise<ImageProgram> {
    const programs = this.programs[precision];
    const known = programs.get(compiler);
    if (known) {
      return known;
    }
    const program = compiler(this, { ...this.options, precision });
    programs.set(compiler, program);
    program.catch(() => {
      if (programs.get(compiler) === program) {
        programs.delete(compiler);
      }
    });
    return program;
  }

  /** Runs `work` once for every draw of the noise, with how to measure it. */
  private async forEachDraw(
    compiler: Compiler,
    precision: Precision,
    images: ImageSet,
    { draws = 1, seed = 0, noiseByContent = false, ranks, onProgress }: LikelihoodOptions,
    work: (program: ImageProgram, how: Measurement) => Promise<void>,
  ): Promise<void> {
    requireWhole('draws', draws, 1);
    requireWhole('seed', seed, 0);
    const program = await this.program(compiler, precision);
    const batchSize = Math.max(1, Math.min(this.batchOf(program), images.count));
    for (let draw = 0; draw < draws; draw++) {
      const progress = (done: number): void => onProgress?.(draw * images.count + done);
      const how = { batchSize, bits: this.bits, seed, draw, noiseByContent, ranks };
      await work(program, { ...how, onProgress: progress });
    }
  }

  /** The precision in which latents are decoded. */
  private precisionOf(latents: Latents): Precision {
    return isDouble(latents) ? 'float64' : this.precision;
  }

  /** Runs `work` on consecutive ranges of at most one batch; yields to the event loop between them. */
  private async inBatches(
    count: number,
    compiler: Compiler,
    precision: Precision,
    work: (program: Program, first: number, end: number) => Promise<void>,
  ): Promise<void> {
    if (count === 0) {
      return;
    }
    const program = await this.program(compiler, precision);
    const batchSize = this.batchOf(program);
    for (let first = 0; first < count; first += batchSize) {
      await work(program, first, Math.min(count, first + batchSize));
      await nextTurn();
    }
  }

  /**
   * The most images per run of a program: `batchSize`, or fewer if their memory is not available.
   *
   * @throws UserError (`out-of-memory`) if a single image does not fit
   */
  private batchOf(program: ImageProgram): number {
    return imagesPerRun(program, { ...this.options, most: this.batchSize, imageShape: this.imageShape });
  }

  /** @throws UserError (`out-of-memory`, `unsupported`) if the pixels of so many images do not fit */
  private pixelsFor(count: number): Uint8Array {
    const bytes = count * dimensionsOf(this.imageShape);
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

function fingerprintOf({ model, parameters }: TrainedModel): string {
  const weights = Object.keys(model.parameters).map((path): [string, NdArray] => {
    const { shape, data } = constantValue(parameters[path]!)!;
    return [path, { shape, data: data instanceof Float32Array ? data : Float32Array.from(data) }];
  });
  const options = Object.entries(model.options).sort(([a], [b]) => (a < b ? -1 : 1));
  return sha256([JSON.stringify([options, model.imageShape, checksumOf(new Map(weights))])]);
}

function zerosOf(precision: Precision, count: number): NdArray['data'] {
  return precision === 'float64' ? new Float64Array(count) : new Float32Array(count);
}

/** Blackens the images with non-finite values, and returns their indices. */
function blackOut(values: NdArray['data'], dimensions: number): number[] {
  const images: number[] = [];
  for (let image = 0; image * dimensions < values.length; image++) {
    const own = values.subarray(image * dimensions, (image + 1) * dimensions);
    if (!own.every(Number.isFinite)) {
      own.fill(-0.5);
      images.push(image);
    }
  }
  return images;
}

/** Why latents of an image with this largest one, in float64 or not, cannot be decoded; follows a colon. */
export function tooFarOut(largest: number, double: boolean): Phrase {
  const remedy = double ? [] : phrase`encode it with ${option('precision', 'float64')}, or `;
  return phrase`${whyTooFarOut(largest)}; ${remedy}see ${call('diagnose')}`;
}

/** The same without a remedy, for latents that were not encoded from an image. */
export function whyTooFarOut(largest: number): string {
  return `its largest latent is ${Number(largest.toPrecision(3))}, and rounding grows without bound in the inverse of this model`;
}

type Compiler = (trained: TrainedModel, options: CompileOptions) => Promise<ImageProgram>;

/** The most bytes of pixels that are returned at once: the longest array that every host has. */
const MOST_PIXEL_BYTES = 2 ** 31 - 1;
