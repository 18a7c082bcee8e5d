// The values of images: integers of some bits, or real numbers that a model standardises.
import { shortText, UserError } from '../../core/errors.ts';
import {
  bitsOfKind,
  countDimensions,
  type ImageShape,
  kindInWords,
  type ValueKind,
} from '../../core/numeric/index.ts';
import { constant, type Tensor } from '../../tensor/index.ts';
import { add, divide, multiply, subtract } from '../../tensor/operations/index.ts';

/** The mean and the standard deviation of each channel of the training images. */
export interface Standardisation {
  /** A float32 number for each channel, so that v − mean is exact near it. */
  readonly mean: readonly number[];
  /** A float32 number above 0 for each channel. */
  readonly deviation: readonly number[];
  /** The name of each number of a point, if the training points have names. */
  readonly columns?: readonly string[];
}

/** The model options about the values of images. */
export interface ValueOptions {
  /** Bits of an integer value: 0..2^bits − 1; until a run starts, by default the images', and elsewhere 8. */
  readonly bits?: number;
  /**
   * Makes values real numbers, which are standardised instead of dequantised; by default they are integers. `true` until a
   * run starts, which measures its training images.
   */
  readonly continuous?: Standardisation | true;
}

/** The bits of a model that does not say how many. */
const DEFAULT_BITS = 8;

/** How a model takes the values v of images: as x, an affine function of them. */
export interface ImageValues {
  /** The kind of arrays that hold the images of the model. */
  readonly kind: ValueKind;
  /** Bits of an integer value; missing for real numbers. */
  readonly bits?: number | undefined;
  /** The names of the numbers of points; missing if they have none. */
  readonly columns?: readonly string[] | undefined;
  /** x of values with dequantisation noise u in [0, 1), by default 0, `[N, H, W, C]`; real numbers have no noise. */
  toModel(image: Tensor, u?: Tensor): Tensor;
  /** The values encoded by x before rounding: the inverse of `toModel` without noise. */
  fromModel(x: Tensor): Tensor;
  /** −Σ ln|dx/dv| over the channels of a pixel: the log-density of x minus that for v. */
  readonly logScale: number;
  /** dx/dv of a channel. */
  slope(channel: number): number;
  /** x of a value v of some channel, without noise. */
  xOf(value: number, channel: number): number;
  /** The value v that x encodes in some channel before rounding: the inverse of `xOf`. */
  valueOf(x: number, channel: number): number;
}

/** The values in words: `8 bits`, or `real numbers`. */
export function valuesText(bits: number | undefined): string {
  return bits === undefined ? 'real numbers' : `${bits} bits`;
}

/** The bits of the integers that a model takes; undefined if it takes real numbers. */
export function valueBits({ bits = DEFAULT_BITS, continuous }: ValueOptions): number | undefined {
  return continuous === undefined ? bits : undefined;
}

/**
 * How a model takes the values of images of a shape.
 *
 * - Integers: x = (v + u)/2^bits − ½, ln|dx/dv| = −bits·ln 2.
 * - Real numbers: x = (v − mean)/deviation of the channel, ln|dx/dv| = −ln deviation.
 *
 * @throws UserError (`invalid-config`) if the standardisation is unknown, or of other channels
 */
export function buildImageValues(
  [, , channels]: ImageShape,
  { bits = DEFAULT_BITS, continuous }: ValueOptions,
): ImageValues {
  if (continuous === undefined) {
    return integers(bits, channels);
  }
  if (continuous === true) {
    throw new UserError(
      'invalid-config',
      'model.continuous is true, but the images are unknown here: give the mean and the deviation of each channel, or start a run',
    );
  }
  const { mean, deviation } = continuous;
  if (mean.length !== channels || deviation.length !== channels) {
    throw new UserError(
      'invalid-config',
      `model.continuous has ${mean.length} means and ${deviation.length} deviations, but the images have ${channels} ` +
        `channel${channels === 1 ? '' : 's'}: give one of each per channel, or true`,
    );
  }
  return standardised(continuous);
}

function integers(bits: number, channels: number): ImageValues {
  const pixel = 2 ** -bits;
  return {
    kind: bits > 8 ? 'uint16' : 'uint8',
    bits,
    toModel(image, u) {
      // Exact in float32, unlike v + u for many bits.
      const start = subtract(multiply(image, pixel), 0.5);
      return u ? add(start, multiply(u, pixel)) : start;
    },
    fromModel: (x) => multiply(add(x, 0.5), 2 ** bits),
    logScale: channels * bits * Math.LN2,
    slope: () => pixel,
    xOf: (value) => value * pixel - 0.5,
    valueOf: (x) => (x + 0.5) * 2 ** bits,
  };
}

function standardised({ mean, deviation, columns }: Standardisation): ImageValues {
  const perChannel = (values: readonly number[]): Tensor =>
    constant({ shape: [values.length], data: Float64Array.from(values) });
  return {
    kind: 'float32',
    columns,
    toModel: (image) => divide(subtract(image, perChannel(mean)), perChannel(deviation)),
    fromModel: (x) => add(multiply(x, perChannel(deviation)), perChannel(mean)),
    logScale: deviation.reduce((sum, each) => sum + Math.log(each), 0),
    slope: (channel) => 1 / deviation[channel]!,
    xOf: (value, channel) => (value - mean[channel]!) / deviation[channel]!,
    valueOf: (x, channel) => x * deviation[channel]! + mean[channel]!,
  };
}

/** −Σ ln|dx/dv| of an image: the log-density of x minus the one for the values. */
export function imageLogScale({ logScale }: ImageValues, imageShape: ImageShape): number {
  return (logScale * countDimensions(imageShape)) / imageShape[2];
}

/**
 * Checks that columns of points with the names of the model's are in the same places: files of samples have other names.
 *
 * @param points what has them, for errors
 * @throws UserError (`mismatch`) if one is not
 */
export function requireColumns(
  columns: readonly string[] | undefined,
  { columns: known }: Pick<ImageValues, 'columns'>,
  points = 'the points',
): void {
  const isMoved = (name: string, index: number): boolean => known![index] !== name && known!.includes(name);
  if (columns && known && columns.some(isMoved)) {
    throw new UserError(
      'mismatch',
      `the columns of ${points} are ${shortText(columns.join(', '))}, but the model has ${shortText(known.join(', '))}: give the same columns, in the same order`,
    );
  }
}

/**
 * Checks that a model can take values of a kind: real numbers if it is continuous, integers of at least its bits otherwise.
 *
 * @param images what has them, for errors
 * @throws UserError (`mismatch`) if it cannot
 */
export function requireKind(
  kind: ValueKind,
  { bits }: Pick<ImageValues, 'bits'>,
  images = 'the images',
): void {
  const kindBits = bitsOfKind(kind);
  if (kindBits === undefined && bits !== undefined) {
    throw new UserError(
      'mismatch',
      `the values of ${images} are ${kindInWords(kind)}, but the model takes integers of ${bits} bits: ` +
        'train a model with model.continuous=true on them, or convert them to integers',
    );
  }
  if (kindBits !== undefined && bits === undefined) {
    throw new UserError(
      'mismatch',
      `the values of ${images} are ${kindInWords(kind)}, but the model takes real numbers (model.continuous): ` +
        'train a model without model.continuous on them, or give floating-point images, such as float32 .npy files',
    );
  }
  if (kindBits !== undefined && bits !== undefined && kindBits < bits) {
    throw new UserError(
      'mismatch',
      `the values of ${images} are ${kindInWords(kind)}, but the model takes integers of ${bits} bits: set model.bits to ${kindBits} or less`,
    );
  }
}
