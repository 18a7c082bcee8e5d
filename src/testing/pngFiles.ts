// PNG files for tests: written from arrays, read back as arrays.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { decode, encode } from 'fast-png';
import { countElements } from '../core/numeric/arrays.ts';
import { tinyImages } from './tinyImages.ts';

/** Writes an 8-bit image, HWC, and its parent folders. */
export function writePng(
  path: string,
  pixels: Uint8Array,
  [height, width, channels]: readonly [number, number, number],
): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, encode({ height, width, channels, depth: 8, data: pixels }));
}

/** Writes tiny images of 8 x 8 grey pixels, each to the file of its name in a folder. */
export function writeTinyPngs(folder: string, names: readonly string[], seed: number): void {
  const images = tinyImages(names.length, 8, seed);
  for (const [index, name] of names.entries()) {
    writePng(join(folder, name), images.subarray(64 * index, 64 * (index + 1)), [8, 8, 1]);
  }
}

/** The pixels of an 8-bit image. */
export function readPixels(path: string): Uint8Array {
  return Uint8Array.from(decode(readFileSync(path)).data);
}

/**
 * The images on a contact sheet with one row, enlarged `scale` times, with two grey pixels between images.
 */
export function imagesInRow(
  path: string,
  shape: readonly [height: number, width: number, channels: number],
  scale: number,
): Uint8Array[] {
  const sheet = decode(readFileSync(path));
  const [height, width, channels] = shape;
  const count = (sheet.width + 2) / (width * scale + 2);
  if (!Number.isInteger(count) || sheet.height !== height * scale || sheet.channels !== channels) {
    throw new Error(
      `${sheet.height}x${sheet.width}x${sheet.channels} is not a row of ${shape.join('x')} images`,
    );
  }
  return Array.from({ length: count }, (_, image) =>
    Uint8Array.from({ length: countElements(shape) }, (__, index) => {
      const channel = index % channels;
      const column = Math.floor(index / channels) % width;
      const row = Math.floor(index / (channels * width));
      const x = image * (width * scale + 2) + column * scale;
      return sheet.data[(row * scale * sheet.width + x) * channels + channel]!;
    }),
  );
}
