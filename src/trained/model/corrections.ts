// Which images their latents do not decode to, and the corrections that make them exact.
import { pixelsFromValues, reduceBits, toEightBit } from '../../data/pixels/bitDepth.ts';
import { sha256 } from '../../platform/sha256.node.ts';

/** What to change in a decoded image. */
export interface Correction {
  /** The positions of the changed values in the image, ascending; missing if all of them change. */
  readonly positions?: Uint32Array;
  /** The 8-bit values at these positions, or those of the whole image. */
  readonly values: Uint8Array;
}

/** Corrections by the index of their image. */
export type Corrections = ReadonlyMap<number, Correction>;

/** How images compare with what their latents decode to. */
export interface Verification {
  /** The indices of images that are not decoded exactly, ascending. */
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

/** A corrected value is stored with its position and takes this many times the space that it takes alone. */
const COST_OF_POSITION = 3;

/** How one image compares with its decoded values. */
export interface ComparedImage {
  readonly exact: boolean;
  readonly finite: boolean;
  /** What makes it exact, anywhere; undefined if nothing has to change. */
  readonly correction: Correction | undefined;
}

/** The image that a model of this many bits sees, back in 8 bits: the best that decoding can return. */
export function asSeen(image: Uint8Array, bits: number): Uint8Array {
  return toEightBit(reduceBits(image, bits), bits);
}

/**
 * Compares an image with its decoded values.
 *
 * @param values in [−½, ½), before rounding to pixels
 * @param image the original in 8 bits
 */
export function compareWithDecoded(
  values: ArrayLike<number>,
  image: Uint8Array,
  bits: number,
): ComparedImage {
  const seen = asSeen(image, bits);
  if (!Array.prototype.every.call(values, Number.isFinite)) {
    return { exact: false, finite: false, correction: { values: seen.slice() } };
  }
  const decoded = pixelsFromValues(values, bits);
  const levels = 2 ** bits;
  const unsafe: number[] = [];
  let exact = true;
  image.forEach((pixel, position) => {
    const level = pixel >> (8 - bits);
    exact &&= decoded[position] === level;
    // Pixels are encoded in the middle of their interval.
    if (!(Math.abs((values[position]! + 0.5) * levels - (level + 0.5)) <= SAFE_ERROR)) {
      unsafe.push(position);
    }
  });
  if (unsafe.length === 0) {
    return { exact, finite: true, correction: undefined };
  }
  const correction =
    COST_OF_POSITION * unsafe.length >= seen.length
      ? { values: seen.slice() }
      : { positions: Uint32Array.from(unsafe), values: Uint8Array.from(unsafe, (at) => seen[at]!) };
  return { exact, finite: true, correction };
}

/** Applies a correction to a decoded image, in place. */
export function correctImage(image: Uint8Array, { positions, values }: Correction): void {
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
export function shortChecksum(parts: Iterable<Uint8Array>): string {
  return sha256(parts).slice(0, CHECKSUM_LENGTH);
}
