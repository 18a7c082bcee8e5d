// Tiny grey images with structure, to train on within a second: a soft round spot somewhere, and a little
// grain.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RandomStream } from '../core/numeric/random.ts';

/** `count` images of `size` x `size` pixels, consecutively. */
export function tinyImages(count: number, size: number, seed: number): Uint8Array {
  const images = new Uint8Array(count * size * size);
  for (let image = 0; image < count; image++) {
    const random = new RandomStream(seed, 'image', image);
    const between = (low: number, high: number): number => low + (high - low) * random.uniform();
    const [row, column] = [between(0.25, 0.75) * size, between(0.25, 0.75) * size];
    const radius = between(0.12, 0.3) * size;
    for (let pixel = 0; pixel < size * size; pixel++) {
      const distance = Math.hypot(Math.floor(pixel / size) - row, (pixel % size) - column) / radius;
      images[image * size * size + pixel] = 235 * Math.exp(-0.5 * distance * distance) + between(0, 15);
    }
  }
  return images;
}

/** An IDX file, written from the format's description; `type` 8 is bytes. */
export function idxBytes(shape: readonly number[], data: ArrayLike<number>, type = 8): Uint8Array {
  const header = shape.flatMap((length) => [length >>> 24, length >>> 16, length >>> 8, length]);
  return Buffer.concat([Uint8Array.of(0, 0, type, shape.length, ...header), Uint8Array.from(data)]);
}

/** Writes a dataset of tiny images as a folder of IDX files: by default 160 training and 48 test images. */
export function writeTinyDataset(folder: string, { size = 8, seed = 0, tests = 48 } = {}): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, count, stream] of [
    ['train', 160, 0],
    ['t10k', tests, 1],
  ] as const) {
    const bytes = idxBytes([count, size, size], tinyImages(count, size, 2 * seed + stream));
    writeFileSync(join(folder, `${name}-images-idx3-ubyte`), bytes);
  }
}

/** Options of `emerging train` for a tiny model on such a dataset. */
export const tinyTraining = [
  '--set=model.levels=2',
  '--set=model.depth=1',
  '--set=model.conditioner.width=8',
  '--set=model.coupling=affine',
  '--set=model.checkerboard=0',
  '--set=training.batchSize=16',
  '--set=data.validation=0.1',
];
