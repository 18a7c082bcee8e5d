// Which images their latents do not decode to, and the corrections that make them exact.

import { bytesOfValues, copied, type Values } from '../core/numeric/index.ts';
import { sha256 } from '../core/platform/sha256.node.ts';
import { pixelsFromValues, toBits, toFullRange } from '../data/pixels/index.ts';
import type { ImageValues } from '../flows/models/index.ts';

/** What to change in a decoded image. */
export interface Correction {
  /** The positions of the changed values in the image, ascending; missing if all of them change. */
  readonly positions?: Uint32Array;
  /** The values at these positions, or of the whole image, of the image's kind. */
  readonly values: Values;
}

/** Corrections by the index of their image. */
export type Corrections = ReadonlyMap<number, Correction>;

/** How images compare with what their latents decode to. */
export interface Verification {
  /** The indices of images that are not decoded exactly, ascending: all of them for real numbers, which are rounded. */
  readonly inexact: readonly number[];
  /** Those among them whose values are not finite: `decode` refuses them. */
  readonly notFinite: readonly number[];
  /**
   * What makes every image exact; `decode` takes it. Values that are right, but only just, are corrected too:
   * on another machine they might be wrong.
   */
  readonly corrections: Corrections;
  /** A short checksum of each image, for `writeLatents`. */
  readonly checksums: readonly string[];
}

/** An image whose values are off by more than this share of a grey level may round to others elsewhere. */
const SAFE_ERROR = 1 / 16;

/** A corrected value is stored with its position and takes this many times the space of the value. */
const COST_OF_POSITION = 3;

/** How one image compares with its decoded values. */
interface ComparedImage {
  readonly exact: boolean;
  readonly finite: boolean;
  /** What makes it exact, anywhere; undefined if nothing has to change. */
  readonly correction: Correction | undefined;
}

/** The image a model takes, with all bits of its own kind: the best that decoding can return. */
export function asSeen(image: Values, { bits }: Pick<ImageValues, 'bits'>): Values {
  if (image instanceof Float32Array || bits === undefined) {
    return image;
  }
  return toFullRange(toBits(image, bits), bits);
}

/**
 * Compares an image with its decoded x. Real numbers return up to rounding, which differs between machines: none of them is
 * exact, and all are replaced.
 *
 * @param x in [−½, ½) for integers, before rounding to pixels
 * @param image the original
 */
export function compareWithDecoded(
  x: ArrayLike<number>,
  image: Values,
  { bits }: Pick<ImageValues, 'bits'>,
): ComparedImage {
  const seen = asSeen(image, { bits });
  if (!Array.prototype.every.call(x, Number.isFinite)) {
    return { exact: false, finite: false, correction: { values: copied(seen) } };
  }
  if (image instanceof Float32Array || bits === undefined) {
    return { exact: false, finite: true, correction: { values: copied(seen) } };
  }
  const decoded = pixelsFromValues(x, bits);
  const levels = 2 ** bits;
  const unsafe: number[] = [];
  let exact = true;
  toBits(image, bits).forEach((level: number, position: number) => {
    exact &&= decoded[position] === level;
    // Pixels are encoded in the middle of their interval.
    if (!(Math.abs((x[position]! + 0.5) * levels - (level + 0.5)) <= SAFE_ERROR)) {
      unsafe.push(position);
    }
  });
  if (unsafe.length === 0) {
    return { exact, finite: true, correction: undefined };
  }
  const correction =
    COST_OF_POSITION * unsafe.length >= seen.length
      ? { values: copied(seen) }
      : { positions: Uint32Array.from(unsafe), values: picked(seen, unsafe) };
  return { exact, finite: true, correction };
}

/** The values at some positions. */
function picked(values: Values, positions: readonly number[]): Values {
  const out = copied(values, positions.length);
  positions.forEach((position, index) => {
    out[index] = values[position]!;
  });
  return out;
}

/** Applies a correction to a decoded image, in place. */
export function correctImage(image: Values, { positions, values }: Correction): void {
  if (positions === undefined) {
    image.set(values);
    return;
  }
  positions.forEach((position, index) => {
    image[position] = values[index]!;
  });
}

/** The length of a checksum. */
export const CHECKSUM_LENGTH = 12;

/** A short checksum: the first 48 bits of SHA-256 in hexadecimal, enough to notice that something changed. */
export function shortChecksum(parts: Iterable<Values>): string {
  return sha256(Array.from(parts, bytesOfValues)).slice(0, CHECKSUM_LENGTH);
}
