// Converts the values of images on the host: to fewer bits, a model's x to integers, and these to all bits of their array;
// and joins images of one kind, without NaN or infinite values.
import { call, phrase, UserError } from '../../core/errors.ts';
import {
  copyInto,
  countNonFinite,
  inEightBits,
  kindInWords,
  type ValueKind,
  type Values,
  valueKind,
  zeros,
} from '../../core/numeric/index.ts';
import { checkOutput, type ImageSet, imagesBuffer } from '../contract/dataset.ts';

/** Images of integers. */
export type Integers = Uint8Array | Uint16Array;

/**
 * Reduces pixels of 8 or 16 bits to `bits` bits: `v >> (8 - bits)`, or `v >> (16 - bits)`.
 * Throws RangeError when `bits` is not an integer from 1 to the bits of the array.
 */
export function reduceBits<Data extends Integers>(image: Data, bits: number): Data {
  const shift = 8 * image.BYTES_PER_ELEMENT - checkBits(bits);
  if (shift < 0) {
    throw new RangeError(`pixels of ${8 * image.BYTES_PER_ELEMENT} bits have no ${bits}`);
  }
  return (shift === 0 ? image : image.map((value) => value >> shift)) as Data;
}

/** The kind of values that can hold images of two kinds: the fewer bits; undefined for integers and real numbers. */
export function commonKind(first: ValueKind, second: ValueKind): ValueKind | undefined {
  return first === second ? first : first === 'float32' || second === 'float32' ? undefined : 'uint8';
}

/** Values converted to a kind that can hold them: integers of 16 bits are rounded to 8 if it has no more. */
export function inKind(values: Values, kind: ValueKind): Values {
  return values instanceof Uint16Array && kind === 'uint8' ? inEightBits(values) : values;
}

/** Pixels as a model of `bits` bits takes them; for up to 8 bits, 16-bit values are rounded to 8 first. */
export function toBits(image: Integers, bits: number): Integers {
  return image instanceof Uint16Array && bits <= 8
    ? reduceBits(inEightBits(image), bits)
    : reduceBits(image, bits);
}

function integers(bits: number, length: number): Integers {
  return bits > 8 ? new Uint16Array(length) : new Uint8Array(length);
}

/**
 * Converts a model's values to pixels: ⌊(x + 0.5)·2^bits⌋, clipped to 0..2^bits - 1.
 *
 * Infinite values are clipped. NaN throws UserError.
 * Throws RangeError when `bits` is not an integer in 1..16.
 */
export function pixelsFromValues(x: ArrayLike<number>, bits: number): Integers {
  const levels = 2 ** checkBits(bits);
  const pixels = integers(bits, x.length);
  for (let index = 0; index < x.length; index++) {
    const value = x[index]!;
    if (Number.isNaN(value)) {
      const problem = `value ${index} of ${x.length} of the images is NaN, not a pixel value`;
      throw new UserError(
        'diverged',
        phrase`${problem}: the model that made them has diverged; check it with ${call('diagnose')} or use an earlier checkpoint`,
      );
    }
    const level = (value + 0.5) * levels;
    // Stored as an integer, without its fraction.
    pixels[index] = level >= levels ? levels - 1 : Math.max(level, 0);
  }
  return pixels;
}

/**
 * Scales pixels of `bits` bits to all bits of their array, 0..255 or 0..65,535, for viewing: v·255/(2^bits - 1), rounded, so
 * that black stays black and white stays white. `reduceBits` inverts it.
 * Throws RangeError when `bits` is not an integer from 1 to the bits of the array, or a pixel does not fit into `bits` bits.
 */
export function toFullRange<Data extends Integers>(pixels: Data, bits: number): Data {
  const largest = 2 ** checkBits(bits) - 1;
  const white = 2 ** (8 * pixels.BYTES_PER_ELEMENT) - 1;
  if (largest > white) {
    throw new RangeError(`pixels of ${8 * pixels.BYTES_PER_ELEMENT} bits have no ${bits}`);
  }
  if (largest === white) {
    return pixels;
  }
  return pixels.map((value) => {
    if (value > largest) {
      throw new RangeError(`pixel ${value} does not fit in ${bits} bits (0..${largest})`);
    }
    return Math.round((value * white) / largest);
  }) as Data;
}

function checkBits(bits: number): number {
  if (!Number.isInteger(bits) || bits < 1 || bits > 16) {
    throw new RangeError(`pixels have 1 to 16 bits, not ${bits}`);
  }
  return bits;
}

/**
 * A view of images for a model of a given bit depth: 16-bit images are rounded to 8 if it takes at most 8; others are
 * unchanged.
 *
 * @param bits undefined for real numbers
 */
export function ofBits(images: ImageSet, bits: number | undefined): ImageSet {
  if (images.kind !== 'uint16' || bits === undefined || bits > 8) {
    return images;
  }
  const { checksum: _, heldOutFrom, ...otherFields } = images;
  return {
    ...otherFields,
    kind: 'uint8',
    ...(heldOutFrom && { heldOutFrom: ofBits(heldOutFrom, bits) }),
    read(indices, out) {
      const wide = imagesBuffer(images, indices.length);
      images.read(indices, wide);
      checkOutput(wide.length, 'uint8', out);
      out.set(inEightBits(wide as Uint16Array));
    },
  };
}

/**
 * Values that must be 8-bit integers.
 *
 * @param subject has or needs them, to begin the error
 * @throws UserError (`unsupported`) if they are not
 */
export function requireEightBits(values: Values, subject: string): Uint8Array {
  if (!(values instanceof Uint8Array)) {
    throw new UserError(
      'unsupported',
      `${subject} needs images of 8-bit integers, not ${kindInWords(valueKind(values)!)}`,
    );
  }
  return values;
}

/** The message about an image, or a point, with so many such values. */
export function notFinite(name: string, count: number, noun = 'image'): string {
  return `${name}: ${count === 1 ? '1 value is' : `${count} values are`} NaN or infinite; replace them, or remove the ${noun}`;
}

/** The most images with such values that an error names. */
const MOST_NAMED = 3;

/** Counts the values of images that are NaN or infinite. */
export class NotFiniteValues {
  private values = 0;
  private images = 0;
  private readonly names: string[] = [];

  /** Counts the values of an image. */
  add(name: string, data: Values): void {
    const count = countNonFinite(data);
    if (count > 0) {
      this.values += count;
      this.images++;
      this.names.push(...(this.names.length < MOST_NAMED ? [name] : []));
    }
  }

  /**
   * @param source where the images are from
   * @param count how many images there are
   * @param kind what they are
   * @throws UserError (`invalid-data`) if there were any: with their number, and the names of the first images
   */
  refuse(source: string, count: number, kind = 'images'): void {
    if (this.images > 0) {
      const others = this.images > this.names.length ? ', …' : '';
      throw new UserError(
        'invalid-data',
        `${source}: ${this.values} ${this.values === 1 ? 'value is' : 'values are'} NaN or infinite, in ${this.images} of ${count} ${kind} ` +
          `(${this.names.join(', ')}${others}): replace them, or remove these images`,
      );
    }
  }
}

/**
 * Images, with their names, one after the other; next to 8-bit images, 16-bit images are rounded to 8.
 *
 * @throws UserError (`invalid-data`) if only some have real numbers, or values are NaN or infinite
 */
export function joined(images: readonly (readonly [name: string, values: Values])[]): Values {
  const [[first, { length: size }] = ['', new Uint8Array(0)]] = images;
  let kind = valueKind(images[0]?.[1]) ?? 'uint8';
  const wrong = new NotFiniteValues();
  for (const [name, values] of images) {
    const valuesKind = valueKind(values)!;
    const common = commonKind(kind, valuesKind);
    if (common === undefined) {
      throw new UserError(
        'invalid-data',
        `the values of ${name} are ${kindInWords(valuesKind)}, but those of ${first} are ${kindInWords(kind)}: give images of one kind`,
      );
    }
    kind = common;
    wrong.add(name, values);
  }
  wrong.refuse('the images', images.length);
  const out = zeros(kind, images.length * size);
  images.forEach(([, values], index) => {
    copyInto(out, inKind(values, kind), index * size);
  });
  return out;
}
