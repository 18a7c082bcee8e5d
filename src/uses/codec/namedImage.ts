// An image to compress, and checks of what a program passes, which would otherwise be compressed as something else.
import { UserError } from '../../core/errors.ts';
import { countDimensions, type ImageShape, showImageShape } from '../../core/numeric/index.ts';
import { isPlainPath } from '../../data/files/index.ts';

/** An image with its name. */
export interface NamedImage {
  /** A path with `/` inside a folder, without parts that are empty, `.` or `..`; decompression writes to it. */
  readonly name: string;
  /** Height, width and channels, 1 or 3. */
  readonly shape: ImageShape;
  /** `[H, W, C]`, 8 bits per channel. */
  readonly pixels: Uint8Array;
}

/** Throws UserError (`invalid-argument`) unless images can be iterated. */
export function requireImages(images: unknown): void {
  const isList =
    typeof images === 'object' &&
    images !== null &&
    (Symbol.iterator in images || Symbol.asyncIterator in images);
  if (!isList) {
    throw new UserError('invalid-argument', 'compress needs a list of images: [{ name, shape, pixels }, …]');
  }
}

/**
 * Checks an image.
 *
 * @param position its position among the images, from 0
 * @throws UserError (`invalid-argument`) unless it is as `NamedImage` says
 */
export function requireImage(image: NamedImage, position: number): void {
  // A program in JavaScript may pass anything.
  const { name, shape, pixels }: Partial<Record<keyof NamedImage, unknown>> = image ?? {};
  if (typeof name !== 'string' || name === '') {
    throw new UserError('invalid-argument', `image ${position} has no name: set name to a path with /`);
  }
  // As `emerging decompress` requires: it writes files into one folder.
  if (!isPlainPath(name)) {
    throw new UserError(
      'invalid-argument',
      `image ${position} (${name}): name must be a path inside a folder, such as digits/7.png`,
    );
  }
  const isShape =
    Array.isArray(shape) &&
    shape.length === 3 &&
    shape.every((length) => Number.isSafeInteger(length) && length > 0) &&
    (shape[2] === 1 || shape[2] === 3);
  if (!isShape) {
    throw new UserError(
      'invalid-argument',
      `image ${position} (${name}): shape must be [height, width, 1 or 3], not ${JSON.stringify(shape)}`,
    );
  }
  const length = countDimensions(image.shape);
  if (!(pixels instanceof Uint8Array) || pixels.length !== length) {
    const actual = ArrayBuffer.isView(pixels)
      ? `a ${pixels.constructor.name} of ${(pixels as Uint8Array).length}`
      : typeof pixels;
    throw new UserError(
      'invalid-argument',
      `image ${position} (${name}): pixels must be a Uint8Array of ${length} values for ${showImageShape(image.shape)}, not ${actual}`,
    );
  }
}
